package simd

import "thaw/kernels"

// MaxPool implements kernels.Backend.
func (b *Backend) MaxPool(a *kernels.PoolArgs) { b.pool(kernelMaxPool, a) }

// AvgPool implements kernels.Backend.
func (b *Backend) AvgPool(a *kernels.PoolArgs) { b.pool(kernelAvgPool, a) }

func (b *Backend) pool(k kernel, a *kernels.PoolArgs) {
	b.runPool(k, a.Out.N*a.Out.H, true, a.In, a.Out, poolJob{
		in: pixelsOf(a.In), out: pixelsOf(a.Out),
		k: a.K, stride: a.Stride, padTop: a.PadTop, padLeft: a.PadLeft,
	})
}

// MaxPoolBackward implements kernels.Backend.
func (b *Backend) MaxPoolBackward(a *kernels.PoolBackwardArgs) {
	b.poolBackward(kernelMaxPoolBackward, a, a.DIn.N*ceilDiv(a.DIn.C, poolBlock))
}

// AvgPoolBackward implements kernels.Backend.
func (b *Backend) AvgPoolBackward(a *kernels.PoolBackwardArgs) {
	b.poolBackward(kernelAvgPoolBackward, a, a.DIn.N*a.DIn.H)
}

func (b *Backend) poolBackward(k kernel, a *kernels.PoolBackwardArgs, tiles int) {
	j := poolJob{
		in: pixelsOf(a.In), dIn: pixelsOf(a.DIn), out: pixelsOf(a.Out), dOut: pixelsOf(a.DOut),
		k: a.K, stride: a.Stride, padTop: a.PadTop, padLeft: a.PadLeft,
	}
	if a.Accumulate {
		j.accumulate = 1
	}
	b.runPool(k, tiles, !a.Accumulate, a.DIn, a.DOut, j)
}

// GlobalAvgPool implements kernels.Backend.
func (b *Backend) GlobalAvgPool(a *kernels.GlobalAvgPoolArgs) { b.globalPool(kernelGlobalAvgPool, a) }

// GlobalAvgPoolBackward implements kernels.Backend.
func (b *Backend) GlobalAvgPoolBackward(a *kernels.GlobalAvgPoolArgs) {
	b.globalPool(kernelGlobalAvgPoolBackward, a)
}

func (b *Backend) globalPool(k kernel, a *kernels.GlobalAvgPoolArgs) {
	b.runPool(k, a.Map.N*ceilDiv(a.Map.C, poolBlock), true, a.Map, a.Vec, poolJob{
		in: pixelsOf(a.Map), out: pixelsOf(a.Vec), scale: 1 / float32(a.Map.H*a.Map.W),
	})
}

// runPool adds the sizes of the input and output maps to a job and runs it.
func (b *Backend) runPool(k kernel, tiles int, repeatable bool, in, out kernels.View, j poolJob) {
	j.h, j.w, j.c, j.oh, j.ow, j.blocks = in.H, in.W, in.C, out.H, out.W, ceilDiv(in.C, poolBlock)
	*(*poolJob)(b.record()) = j
	b.run(k, tiles, repeatable)
}
