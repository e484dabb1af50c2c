// Package kerneltest holds every kernels.Backend to the contract in kernels.go.
//
// Run compares a backend with the float64 textbook definitions in reference.go,
// one table a kind of op; a new shape or option costs one line. It needs no files
// and no network, so it runs natively and compiled to js/wasm alike. The
// definitions themselves are checked by finite differences in reference_test.go.
//
// All tensors lie between guard words, at an odd offset, and are wider than their
// channels: a kernel that writes outside its view is caught by the guard, and one
// that reads there by the NaN it finds.
package kerneltest

import (
	"testing"

	"thaw/kernels"
)

// Run tests every op of b.
func Run(t *testing.T, b kernels.Backend) {
	t.Run("Conv2D", func(t *testing.T) { testConv2D(t, b) })
	t.Run("Conv2DEdges", func(t *testing.T) { testConv2DEdges(t, b) })
	t.Run("BatchNorm", func(t *testing.T) { testBatchNorm(t, b) })
	t.Run("BatchNormFold", func(t *testing.T) { testBatchNormFold(t, b) })
	t.Run("ReLUBiasBackward", func(t *testing.T) { testReLUBiasBackward(t, b) })
	t.Run("Pool", func(t *testing.T) { testPool(t, b) })
	t.Run("GlobalAvgPool", func(t *testing.T) { testGlobalAvgPool(t, b) })
	t.Run("Dropout", func(t *testing.T) { testDropout(t, b) })
	t.Run("SoftmaxCrossEntropy", func(t *testing.T) { testSoftmaxCrossEntropy(t, b) })
	t.Run("ClipByNorm", func(t *testing.T) { testClipByNorm(t, b) })
	t.Run("Adam", func(t *testing.T) { testAdam(t, b) })
	t.Run("SGD", func(t *testing.T) { testSGD(t, b) })
}
