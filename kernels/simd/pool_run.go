package simd

import "thaw/kernels"

// setPool writes the fields of a pooling job; views without data stay 0.
func (b *Backend) setPool(in, dIn, out, dOut kernels.View, k, stride, padTop, padLeft int) {
	for _, v := range [...]struct {
		kernels.View
		field int
	}{{in, poolIn}, {dIn, poolDIn}, {out, poolOut}, {dOut, poolDOut}} {
		b.setAt(v.field, at(v.Data))
		b.set(v.field+4, 4*v.Stride)
	}
	b.setFields(poolK, k, poolStride, stride, poolPadTop, padTop, poolPadLeft, padLeft)
}

// setPoolSize writes the sizes of the input and output maps.
func (b *Backend) setPoolSize(in, out kernels.View) {
	b.setFields(poolH, in.H, poolW, in.W, poolC, in.C, poolOH, out.H, poolOW, out.W,
		poolBlocks, ceilDiv(in.C, poolBlock))
}

// MaxPool implements kernels.Backend.
func (b *Backend) MaxPool(a *kernels.PoolArgs) { b.pool(kernelMaxPool, a) }

// AvgPool implements kernels.Backend.
func (b *Backend) AvgPool(a *kernels.PoolArgs) { b.pool(kernelAvgPool, a) }

func (b *Backend) pool(k kernel, a *kernels.PoolArgs) {
	b.setPool(a.In, kernels.View{}, a.Out, kernels.View{}, a.K, a.Stride, a.PadTop, a.PadLeft)
	b.setPoolSize(a.In, a.Out)
	b.run(k, a.Out.N*a.Out.H, true)
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
	b.setPool(a.In, a.DIn, a.Out, a.DOut, a.K, a.Stride, a.PadTop, a.PadLeft)
	b.setPoolSize(a.DIn, a.DOut)
	b.set(poolAccumulate, 0)
	if a.Accumulate {
		b.set(poolAccumulate, 1)
	}
	b.run(k, tiles, !a.Accumulate)
}

// GlobalAvgPool implements kernels.Backend.
func (b *Backend) GlobalAvgPool(a *kernels.GlobalAvgPoolArgs) { b.globalPool(kernelGlobalAvgPool, a) }

// GlobalAvgPoolBackward implements kernels.Backend.
func (b *Backend) GlobalAvgPoolBackward(a *kernels.GlobalAvgPoolArgs) {
	b.globalPool(kernelGlobalAvgPoolBackward, a)
}

func (b *Backend) globalPool(k kernel, a *kernels.GlobalAvgPoolArgs) {
	b.setPool(a.Map, kernels.View{}, a.Vec, kernels.View{}, 0, 0, 0, 0)
	b.setPoolSize(a.Map, a.Vec)
	b.setF32(poolScale, 1/float32(a.Map.H*a.Map.W))
	b.run(k, a.Map.N*ceilDiv(a.Map.C, poolBlock), true)
}
