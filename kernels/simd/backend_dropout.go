package simd

import "thaw/kernels"

// Dropout implements kernels.Backend.
func (b *Backend) Dropout(a *kernels.DropoutArgs) {
	chunks := b.overPixels(a.X)
	b.setView(normX, a.X)
	b.setView(normOut, a.Out)
	b.setU64(dropoutSeed, a.Seed)
	b.setF32(dropoutRate, a.Rate)
	b.setF32(dropoutScale, 1/(1-a.Rate))
	b.run(kernelDropout, chunks, at(a.X.Data) != at(a.Out.Data))
}
