package webgpu

import (
	"bytes"
	"slices"
	"testing"

	"thaw/kernels"
	"thaw/kernels/program"
)

// A list that was lowered once and refreshed is what it would be if it were lowered anew,
// whatever a step has set, and its submissions take every dispatch once, in order.
func TestLoweredOnce(t *testing.T) {
	p := program.New(unloadable{})
	var rates []*float64
	for range 600 {
		param, gradient := p.Buffer("param", 300, program.Parameter), p.Buffer("gradient", 300, program.Gradient)
		a := &kernels.SGDArgs{}
		rates = append(rates, &a.Rate)
		p.Emit(&program.Op{Name: "update", Phase: program.Update, Args: a, FLOPs: 1, Operands: []program.Operand{{Slice: &a.Param, Ref: param.All()}, {Slice: &a.Grad, Ref: gradient.All()}}})
	}
	p.Finish()
	layout := layOut(nil, []*program.Program{p})
	lower := func() *lowered {
		l, err := newLowered(lowering{locate: layout.locate, windowLen: 1 << 30, regionLen: layout.lens}, p.Ops)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	once := lower()
	for i, rate := range rates {
		*rate = float64(i)
	}
	once.refresh()
	anew := lower()
	if !slices.Equal(once.table, anew.table) || !bytes.Equal(once.rows, anew.rows) {
		t.Error("a refreshed list is not what it would be anew")
	}
	for _, work := range []float64{0, 7, 1e9} {
		first, last := 0, 0
		for first < len(p.Ops) {
			n, flops := once.slice(first, work)
			if from := once.before(first); from != last || n < 1 || flops != int64(n) || once.before(first+n)-from > maxRows {
				t.Fatalf("work %g: after %d of %d ops %d more, dispatches from %d on", work, first, len(p.Ops), n, from)
			}
			first, last = first+n, once.before(first+n)
		}
		if last != once.dispatches() {
			t.Errorf("work %g: %d of %d dispatches", work, last, once.dispatches())
		}
	}
}
