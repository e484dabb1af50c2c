package webgpu

import (
	"context"
	"testing"

	"thaw/kernels"
	"thaw/kernels/program"
)

// A sum of squares is of a tensor wherever it lies: readings sum parameters too.
func TestSumSquaresOfParameters(t *testing.T) {
	m := open(t)
	for _, n := range []int{1, 30, 70001} {
		p := program.New(m)
		values, want := make([]float32, n), 0.0
		for i := range values {
			values[i] = float32(i%7) - 2.5
			want += float64(values[i]) * float64(values[i])
		}
		param, sums := program.NewBuffer("param", n, program.Parameter), p.Buffer("sums", 2, program.Transient)
		sums.ToEnd()
		a := &kernels.SumSquaresArgs{}
		operands := []program.Operand{{Slice: &a.X, Ref: param.All()}, {Slice: &a.Sum, Ref: program.Ref{Buffer: sums, Off: 1, Len: 1}}}
		if length := m.SquaresLen(n); length > 0 {
			operands = append(operands, program.Operand{Slice: &a.Scratch, Ref: p.Scratch(length).All()})
		}
		p.Emit(&program.Op{Name: "squares", Phase: program.Backward, Args: a, Operands: operands})
		p.Finish()
		memory, err := m.Load([][]float32{values}, nil, p)
		if err != nil {
			t.Fatal(err)
		}
		if err := memory.Run(p.Phase(program.Backward), nil); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 1)
		if err := memory.Read(context.Background(), got, sums, 1); err != nil || got[0] != float32(want) {
			t.Errorf("%v: %d squares sum to %g, want %g", err, n, got[0], want)
		}
		memory.Close()
	}
}
