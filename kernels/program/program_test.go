package program_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"thaw/kernels"
	"thaw/kernels/program"
)

const align = 16

var host = program.OnHost(kernels.NewPortable(1)) // which aligns to that

// op is an op of a phase on whole buffers.
func op(phase program.Phase, buffers ...*program.Buffer) *program.Op {
	o := &program.Op{Name: phase.String(), Phase: phase}
	for _, b := range buffers {
		o.Operands = append(o.Operands, program.Operand{Slice: new([]float32), Ref: b.All()})
	}
	return o
}

// copying is an op that copies between parts of buffers.
func copying(phase program.Phase, dst, src program.Ref) *program.Op {
	a := &program.CopyArgs{}
	return &program.Op{Name: "copy", Phase: phase, Args: a, Operands: []program.Operand{{Slice: &a.Dst, Ref: dst}, {Slice: &a.Src, Ref: src}}}
}

// Ops are run phase by phase, each in the order in which it was emitted; no two buffers
// that live at the same time overlap.
func TestFinish(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := program.New(host)
		lives := drawBuffers(t, p)
		emitted := drawOps(t, p)
		p.Finish()
		slices.SortStableFunc(emitted, func(a, b *program.Op) int { return cmp.Compare(a.Phase, b.Phase) })
		if !slices.Equal(p.Ops, emitted) {
			t.Fatal("the ops are not in order")
		}
		listed := 0
		for phase := program.Init; phase <= program.Restore; phase++ {
			for _, op := range p.Phase(phase) {
				if op.Phase != phase {
					t.Fatalf("phase %s lists an op of %s", phase, op.Phase)
				}
				listed++
			}
		}
		if listed != len(emitted) {
			t.Fatalf("phases list %d of %d ops", listed, len(emitted))
		}
		for _, life := range lives {
			life.measure(p)
		}
		checkPlaces(t, p, lives)
	})
}

// life is when a buffer must keep what was written to it: first <= last, or never.
type life struct {
	*program.Buffer
	fromStart, toEnd bool
	first, last      int
}

func drawBuffers(t *rapid.T, p *program.Program) []*life {
	var lives []*life
	for range rapid.IntRange(1, 12).Draw(t, "buffers") {
		kind := rapid.SampledFrom([]program.Kind{program.Transient, program.Transient, program.Gradient, program.Constant}).Draw(t, "kind")
		b := &life{Buffer: p.Buffer("b", rapid.IntRange(1, 5*align).Draw(t, "length"), kind)}
		if b.fromStart = rapid.Bool().Draw(t, "from start"); b.fromStart {
			b.FromStart()
		}
		if b.toEnd = rapid.Bool().Draw(t, "to end"); b.toEnd {
			b.ToEnd()
		}
		lives = append(lives, b)
	}
	return lives
}

func drawOps(t *rapid.T, p *program.Program) []*program.Op {
	for range rapid.IntRange(0, 20).Draw(t, "ops") {
		phase := program.Phase(rapid.IntRange(int(program.Init), int(program.Restore)).Draw(t, "phase"))
		p.Emit(op(phase, rapid.SliceOfN(rapid.SampledFrom(p.Buffers), 1, 3).Draw(t, "operands")...))
	}
	return slices.Clone(p.Ops)
}

// measure finds b's life by its definition.
func (b *life) measure(p *program.Program) {
	b.first, b.last = len(p.Ops), -1
	for i, op := range p.Ops {
		for _, o := range op.Operands {
			if o.Buffer == b.Buffer {
				b.first, b.last = min(b.first, i), i
			}
		}
	}
	if b.fromStart {
		b.first = -1
	}
	if b.toEnd || b.Kind == program.Gradient {
		b.last = len(p.Ops)
	}
}

func checkPlaces(t *rapid.T, p *program.Program, lives []*life) {
	layout := program.Lay(nil, p)
	for i, b := range lives {
		if !b.InArena() || b.first > b.last {
			continue
		}
		at := layout.Of(b.Buffer)
		if at.Region != program.Arena || at.At%align != 0 || at.At+b.Len > layout.Arena {
			t.Fatalf("buffer %d of %d floats lies at %+v, arena %d", i, b.Len, at, layout.Arena)
		}
		for j, c := range lives[:i] {
			if !c.InArena() || c.first > c.last || c.last < b.first || b.last < c.first {
				continue
			}
			if other := layout.Of(c.Buffer); at.At < other.At+c.Len && other.At < at.At+b.Len {
				t.Fatalf("buffers %d and %d live at once and overlap", i, j)
			}
		}
	}
}

// Programs that share a memory lie over each other, those beside behind them; what they
// share stands once.
func TestLayout(t *testing.T) {
	step := program.New(host)
	input, output := step.Buffer("input", 20, program.Transient), step.Buffer("output", 10, program.Transient)
	packed, moment := step.Buffer("packed", 5, program.Constant), step.Buffer("m", 7, program.Moment)
	saved := step.Buffer("saved", 3, program.Kept)
	step.Emit(op(program.Init, packed))
	step.Emit(op(program.Forward, input, packed, output))
	step.Emit(op(program.Update, output, moment))

	rest := program.New(host) // of a smaller batch
	few := rest.Buffer("input", 10, program.Transient)
	for _, b := range []*program.Buffer{packed, moment, saved} {
		rest.Share(b)
	}
	rest.Emit(op(program.Forward, few, packed, moment))

	evaluation := program.New(host)
	evaluation.Anew = true
	evaluated, again := evaluation.Buffer("input", 20, program.Transient), evaluation.Buffer("packed", 40, program.Constant)
	evaluation.Emit(op(program.Init, again))
	evaluation.Emit(op(program.Forward, evaluated, again))

	features := program.New(host)
	features.Beside = true
	image, prefix := features.Buffer("image", 8, program.Transient), features.Buffer("packed", 4, program.Constant)
	features.Emit(op(program.Forward, image, prefix))

	programs := []*program.Program{step, rest, evaluation, features}
	for _, p := range programs {
		p.Finish()
	}
	cache := program.NewBuffer("cache", 100, program.Kept)
	l := program.Lay([]*program.Buffer{cache}, programs...)
	for _, c := range []struct {
		buffer *program.Buffer
		want   program.Place
	}{
		{input, program.Place{Region: program.Arena, At: 0}},
		{output, program.Place{Region: program.Arena, At: 32}},
		{few, program.Place{Region: program.Arena, At: 0}},
		{evaluated, program.Place{Region: program.Arena, At: 0}},
		{again, program.Place{Region: program.Arena, At: 32}},
		{image, program.Place{Region: program.Arena, At: 80}}, // behind evaluation's 32 + 48
		{packed, program.Place{Region: program.State, At: 0}},
		{moment, program.Place{Region: program.State, At: 16}},
		{prefix, program.Place{Region: program.State, At: 32}},
		{cache, program.Place{Region: program.Outside, At: 0}},
		{saved, program.Place{Region: program.Outside, At: 1}},
	} {
		if got := l.Of(c.buffer); got != c.want {
			t.Errorf("%s lies at %+v, want %+v", c.buffer.Name, got, c.want)
		}
	}
	if l.Arena != 96 || l.State != 48 || l.KeptLen() != 103 {
		t.Errorf("arena %d, state %d, kept %d floats, want 96, 48, 103", l.Arena, l.State, l.KeptLen())
	}
	if moments := step.Moments(); !slices.Equal(moments, []*program.Buffer{moment}) {
		t.Errorf("moments %v", moments)
	}
}

// bench is a program that copies its input to its output and that to a parameter.
type bench struct {
	*program.Program
	input, output, param, kept *program.Buffer
	forward                    *program.CopyArgs
}

func newBench() *bench {
	b := &bench{Program: program.New(host), param: program.NewBuffer("param", 4, program.Parameter), kept: program.NewBuffer("kept", 8, program.Kept)}
	b.input, b.output = b.Buffer("input", 4, program.Transient), b.Buffer("output", 4, program.Transient)
	b.input.FromStart()
	b.output.ToEnd()
	op := copying(program.Forward, b.output.All(), b.input.All())
	b.forward = op.Args.(*program.CopyArgs)
	b.Emit(op)
	b.Emit(copying(program.Update, b.param.All(), b.output.All()))
	b.Finish()
	return b
}

func load(t *testing.T, m program.Machine, tensors [][]float32, b *bench) program.Memory {
	t.Helper()
	memory, err := m.Load(tensors, []*program.Buffer{b.kept}, b.Program)
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

func read(t *testing.T, m program.Memory, b *program.Buffer, off, n int) []float32 {
	t.Helper()
	data := make([]float32, n)
	if err := m.Read(t.Context(), data, b, off); err != nil {
		t.Fatal(err)
	}
	return data
}

func run(t *testing.T, m program.Memory, ops []*program.Op) {
	t.Helper()
	if err := m.Run(ops, nil); err != nil {
		t.Fatal(err)
	}
}

// What a host's memory is told happens in that order, on the tensors given; after Close
// the program can be loaded again, into memory that knows nothing of the first.
func TestOnHost(t *testing.T) {
	host, b := program.OnHost(kernels.NewPortable(1)), newBench()
	tensor := make([]float32, 4)
	first := load(t, host, [][]float32{tensor}, b)
	first.Write(b.input, 0, []float32{1, 2, 3, 4})
	first.Write(b.input, 2, []float32{5})
	run(t, first, b.Phase(program.Forward))
	first.Copy(program.Ref{Buffer: b.kept, Off: 5, Len: 2}, program.Ref{Buffer: b.output, Off: 1, Len: 2})
	if got := read(t, first, b.output, 1, 3); !slices.Equal(got, []float32{2, 5, 4}) {
		t.Errorf("output %v", got)
	}
	if got := read(t, first, b.kept, 4, 4); !slices.Equal(got, []float32{0, 2, 5, 0}) {
		t.Errorf("kept %v", got)
	}
	if slices.Max(tensor) != 0 {
		t.Error("a parameter changed before Update")
	}
	run(t, first, b.Phase(program.Update))
	if got := read(t, first, b.param, 0, 4); !slices.Equal(got, tensor) || !slices.Equal(got, []float32{1, 2, 5, 4}) {
		t.Errorf("parameter %v, tensor %v", got, tensor)
	}
	first.Close()
	if b.forward.Dst != nil || b.forward.Src != nil {
		t.Error("arguments hold memory that was given up")
	}

	other := make([]float32, 4)
	second := load(t, host, [][]float32{other}, b)
	if got := read(t, second, b.kept, 0, 8); slices.Max(got) != 0 {
		t.Errorf("kept %v at first", got)
	}
	second.Write(b.input, 0, []float32{6, 7, 8, 9})
	run(t, second, b.Ops)
	if !slices.Equal(other, []float32{6, 7, 8, 9}) || !slices.Equal(tensor, []float32{1, 2, 5, 4}) {
		t.Errorf("second tensor %v, first %v", other, tensor)
	}
}

// Poll comes before every op, and its error ends the run.
func TestPoll(t *testing.T) {
	b, tensor, stop, polls := newBench(), make([]float32, 4), errors.New("stop"), 0
	m := load(t, program.OnHost(kernels.NewPortable(1)), [][]float32{tensor}, b)
	m.Write(b.input, 0, []float32{1, 2, 3, 4})
	err := m.Run(b.Ops, func() error {
		if polls++; polls == 2 {
			return stop
		}
		return nil
	})
	if err != stop || polls != 2 || read(t, m, b.output, 0, 1)[0] != 1 || tensor[0] != 0 {
		t.Errorf("%v after %d polls, tensor %v", err, polls, tensor)
	}
}

// losing loses a thread in every SGD update, after the work.
type losing struct{ kernels.Backend }

func (b losing) SGD(a *kernels.SGDArgs) {
	b.Backend.SGD(a)
	panic(kernels.ErrThreadLost)
}

// An update that loses threads runs to its end and says so; another phase ends there.
func TestLostThread(t *testing.T) {
	for _, c := range []struct {
		phase program.Phase
		want  []float32
	}{{program.Update, []float32{-1, -1}}, {program.Backward, []float32{-1, 0}}} {
		p, tensors := program.New(host), [][]float32{{0}, {0}}
		gradient := p.Buffer("gradient", 1, program.Gradient)
		gradient.FromStart()
		for i := range tensors {
			param := program.NewBuffer("param", 1, program.Parameter)
			param.Tensor = i
			a := &kernels.SGDArgs{Rate: 1}
			p.Emit(&program.Op{Name: "sgd", Phase: c.phase, Args: a, Operands: []program.Operand{
				{Slice: &a.Param, Ref: param.All()}, {Slice: &a.Grad, Ref: gradient.All()}}})
		}
		p.Finish()
		m, err := program.OnHost(losing{kernels.NewPortable(1)}).Load(tensors, nil, p)
		if err != nil {
			t.Fatal(err)
		}
		m.Write(gradient, 0, []float32{1})
		err = m.Run(p.Phase(c.phase), nil)
		if got := slices.Concat(tensors...); !errors.Is(err, kernels.ErrThreadLost) || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, parameters %v, want %v", c.phase, err, got, c.want)
		}
	}
}
