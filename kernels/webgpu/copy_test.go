package webgpu

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"thaw/kernels/program"
)

// copies returns a program that copies small tensors, each of another length, into state
// and, where chained, from there on into the arena.
func copies(m program.Machine, n int, chained bool) (p *program.Program, tensors [][]float32, saved []*program.Buffer) {
	p = program.New(m)
	emit := func(dst, src program.Ref) {
		a := &program.CopyArgs{}
		p.Emit(&program.Op{Name: "copy", Phase: program.Save, Args: a,
			Operands: []program.Operand{{Slice: &a.Dst, Ref: dst}, {Slice: &a.Src, Ref: src}}})
	}
	for i := range n {
		length := 1 + 37*i
		tensor := program.NewBuffer(fmt.Sprint("tensor ", i), length, program.Parameter)
		tensor.Tensor = i
		values := make([]float32, length)
		for j := range values {
			values[j] = float32(1000*i + j)
		}
		tensors = append(tensors, values)
		to := p.Buffer(fmt.Sprint("saved ", i), length, program.Constant)
		emit(to.All(), tensor.All())
		if chained {
			further := p.Buffer(fmt.Sprint("further ", i), length, program.Transient)
			further.ToEnd()
			emit(further.All(), to.All())
			to = further
		}
		saved = append(saved, to)
	}
	p.Finish()
	return p, tensors, saved
}

// testCopies runs copies on a device.
func testCopies(t *testing.T, m program.Machine) {
	for _, chained := range []bool{false, true} {
		p, tensors, saved := copies(m, 40, chained)
		memory, err := m.Load(tensors, nil, p)
		if err != nil {
			t.Fatal(err)
		}
		if err := memory.Run(p.Phase(program.Save), nil); err != nil {
			t.Fatal(err)
		}
		for i, b := range saved {
			got := make([]float32, b.Len)
			if err := memory.Read(context.Background(), got, b, 0); err != nil || !slices.Equal(got, tensors[i]) {
				t.Errorf("chained %v, copy %d: %v, %v, want %v", chained, i, err, got, tensors[i])
			}
		}
		memory.Close()
	}
}

// unloadable is a machine to build programs for.
type unloadable struct{ sizes }

func (unloadable) Name() string { return "webgpu" }
func (unloadable) Load([][]float32, []*program.Buffer, ...*program.Program) (program.Memory, error) {
	panic("no device")
}

// Copies that are independent of each other share dispatches; one that reads what another
// writes has one of its own.
func TestCopiesShareDispatches(t *testing.T) {
	for _, c := range []struct {
		chained bool
		want    int
	}{{false, 3}, {true, 41}} {
		p, _, _ := copies(unloadable{}, 40, c.chained)
		l := layOut(nil, []*program.Program{p})
		lowering := lowering{locate: l.locate, windowLen: 1 << 30, regionLen: l.lens}
		for _, op := range p.Ops {
			if err := lowering.lower(op); err != nil {
				t.Fatal(err)
			}
		}
		if got := lowering.dispatches(); got != c.want {
			t.Errorf("chained %v: %d dispatches, want %d", c.chained, got, c.want)
		}
	}
}
