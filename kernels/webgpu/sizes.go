package webgpu

import "thaw/kernels"

// bindAlign is the floats to which buffers are aligned: WebGPU binds at multiples of 256 bytes.
const bindAlign = 64

// sizes is what programs ask a GPU before they are compiled.
type sizes struct{}

// Align returns the floats to which buffers are aligned.
func (sizes) Align() int { return bindAlign }

// GradientsApart says yes: what learns may be larger than an adapter binds at once.
func (sizes) GradientsApart() bool { return true }

// PackedLen returns 0: a filter as Keras stores it, HWIO, is already the matrix that a
// convolution multiplies by.
func (sizes) PackedLen(kernels.ConvShape, kernels.Pass) int { return 0 }

// InPlace says that every filter is taken where it stands.
func (sizes) InPlace(kernels.ConvShape, kernels.Pass) bool { return true }
