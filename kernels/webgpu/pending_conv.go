package webgpu

import "thaw/kernels"

// Not yet lowered.

func (l *lowering) conv2D(a *kernels.Conv2DArgs) { panic("webgpu: conv2D") }

func (l *lowering) conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	panic("webgpu: conv2DBackwardInput")
}

func (l *lowering) conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) {
	panic("webgpu: conv2DBackwardFilter")
}

func (sizes) ScratchLen(kernels.ConvShape, kernels.Pass) int { return 0 }
