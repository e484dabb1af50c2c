//go:build js && wasm

package simd

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"thaw/kernels"
)

// TestSmallOps: dropout and the fold give kernels.Portable's bits, the loss its
// float32 numbers but for the last bit; threads change nothing.
func TestSmallOps(t *testing.T) {
	want := smallOps(kernels.NewPortable(1))
	one, all := smallOps(newForTest(t, 1)), smallOps(newForTest(t, 0))
	for k, w := range want {
		for i, v := range w.values {
			if got := one[k].values[i]; !near(got, v, w.ulps) {
				t.Errorf("%s: number %d is %g, want %g", w.name, i, got, v)
				break
			}
		}
		if !slices.EqualFunc(one[k].values, all[k].values, sameBits) {
			t.Errorf("%s depends on threads", w.name)
		}
	}
}

// near says whether a and b are both NaN or at most ulps float32 numbers apart.
func near(a, b float32, ulps int) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	d := int64(int32(math.Float32bits(a))) - int64(int32(math.Float32bits(b)))
	return a == b || d <= int64(ulps) && -d <= int64(ulps)
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// result is what an op gave; other backends may differ by some ulps.
type result struct {
	name   string
	ulps   int
	values []float32
}

func smallOps(b kernels.Backend) (results []result) {
	x := image(3, 7, 11, 1537) // many chunks
	for _, rate := range []float32{0, 0.2, 0.999} {
		out := image(3, 7, 11, 1537)
		b.Dropout(&kernels.DropoutArgs{X: x, Out: out, Rate: rate, Seed: 0xFEDCBA9876543210})
		results = append(results, result{fmt.Sprint("dropout of ", rate), 0, out.Data})
	}

	const c = 333
	row := func(i int) []float32 { return x.Data[i*c:][:c] }
	variance := slices.Clone(row(2))
	for i := range variance {
		variance[i] = variance[i]*variance[i]*1e3 + 1e-9
	}
	scale, shift := make([]float32, c), make([]float32, c)
	b.BatchNormFold(&kernels.BatchNormFoldArgs{Beta: row(0), Mean: row(1), Variance: variance, Eps: 1e-3, Scale: scale, Shift: shift})
	results = append(results, result{"scale", 0, scale}, result{"shift", 0, shift})

	// Rows whose logits differ by 1e-3 to 1e4, two of them far from zero, and two
	// of a training that went wrong: their loss must say so.
	const rows, sound = 10, 8
	logits, labels, probs, d := image(rows, 1, 1, c), image(rows, 1, 1, c), image(rows, 1, 1, c), image(rows, 1, 1, c)
	for i := range logits.Data {
		logits.Data[i] *= float32(math.Pow(10, float64(i/c%sound-3)))
		labels.Data[i] = (labels.Data[i] + 0.5) / c
		switch i / c {
		case 6:
			logits.Data[i] += 1e6
		case 7:
			logits.Data[i] -= 1e6
		}
	}
	logits.Data[8*c+5] = float32(math.NaN())
	logits.Data[9*c+5] = float32(math.Inf(1))
	loss := make([]float32, rows)
	b.SoftmaxCrossEntropy(&kernels.SoftmaxCrossEntropyArgs{Logits: logits, Labels: labels, Probs: probs, DLogits: d, Loss: loss})
	return append(results, result{"loss", 1, loss},
		result{"probabilities", 1, probs.Data[:sound*c]}, result{"gradient", 1, d.Data[:sound*c]})
}
