package kernels

import "fmt"

func (v View) shape() [5]int { return [5]int{v.N, v.H, v.W, v.C, v.Stride} }

// check panics where v's buffer is too short for v or channels overlap.
func (v View) check(op string) {
	if v.Stride < v.C || len(v.Data) < v.Len() {
		panic(fmt.Sprintf("kernels: %s: view %v of a buffer of %d floats, want stride >= channels and %d floats", op, v.shape(), len(v.Data), v.Len()))
	}
}

// same panics unless a and b have the same N, H, W, C and buffers long enough.
func (v View) same(op string, b View) {
	v.check(op)
	b.check(op)
	if v.N != b.N || v.H != b.H || v.W != b.W || v.C != b.C {
		panic(fmt.Sprintf("kernels: %s: views %v and %v, want one shape", op, v.shape(), b.shape()))
	}
}

// pixel returns the channels of pixel i.
func (v View) pixel(i int) []float32 { return v.Data[i*v.Stride:][:v.C:v.C] }
