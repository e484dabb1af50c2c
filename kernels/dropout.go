package kernels

import "thaw/kernels/splitmix"

// Uniform is number i of the stream named seed, in [0, 1): the top 24 bits of
// splitmix.At(seed, i) times 2^-24, which is exact in float32.
func Uniform(seed, i uint64) float32 {
	return float32(splitmix.At(seed, i)>>40) * (1.0 / (1 << 24))
}

// DropoutKeep says whether element i survives dropout: Uniform(seed, i) >= rate.
func DropoutKeep(seed, i uint64, rate float32) bool { return Uniform(seed, i) >= rate }

// Dropout implements Backend: kept elements are multiplied by float32(1/(1-Rate)),
// computed in float32.
func (p *Portable) Dropout(a *DropoutArgs) {
	a.X.same("Dropout", a.Out)
	scale := 1 / (1 - a.Rate)
	for i := range a.X.Pixels() {
		x, out := a.X.pixel(i), a.Out.pixel(i)
		for c, v := range x {
			if DropoutKeep(a.Seed, uint64(i*a.X.C+c), a.Rate) {
				out[c] = v * scale
			} else {
				out[c] = 0
			}
		}
	}
}
