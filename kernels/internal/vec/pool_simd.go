//go:build goexperiment.simd

package vec

import "simd"

// The pools work on one window: inside lists where in data its pixels begin.

func MaxWindow(out, data []float32, inside []int) {
	for c := 0; c < len(out); c += Lanes() {
		n := min(Lanes(), len(out)-c)
		top := loadPart(data[inside[0]+c:], n)
		for _, at := range inside[1:] {
			top = top.Max(loadPart(data[at+c:], n))
		}
		storePart(top, out[c:], n)
	}
}

// MaxWindowBackward adds d to the first pixel of in that equals out; its gradient
// stands at the same place of the list insideD of dIn.
func MaxWindowBackward(d, out, in []float32, inside []int, dIn []float32, insideD []int) {
	for c := 0; c < len(d); c += Lanes() {
		n := min(Lanes(), len(d)-c)
		left, top := loadPart(d[c:], n), loadPart(out[c:], n)
		for i, at := range inside {
			// What this pixel takes is left for no later one: left - left is 0.
			taken := left.Masked(loadPart(in[at+c:], n).Equal(top))
			left = left.Sub(taken)
			to := dIn[insideD[i]+c:]
			storePart(loadPart(to, n).Add(taken), to, n)
		}
	}
}

func AvgWindow(out, data []float32, inside []int) {
	count := splat(float32(len(inside)))
	for c := 0; c < len(out); c += Lanes() {
		n := min(Lanes(), len(out)-c)
		var sum simd.Float32s
		for _, at := range inside {
			sum = sum.Add(loadPart(data[at+c:], n))
		}
		storePart(sum.Div(count), out[c:], n)
	}
}

func AvgWindowBackward(d, dIn []float32, insideD []int) {
	count := splat(float32(len(insideD)))
	for c := 0; c < len(d); c += Lanes() {
		n := min(Lanes(), len(d)-c)
		share := loadPart(d[c:], n).Div(count)
		for _, at := range insideD {
			to := dIn[at+c:]
			storePart(loadPart(to, n).Add(share), to, n)
		}
	}
}
