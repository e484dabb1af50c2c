package golden

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"thaw/irv2/compile"
	"thaw/kernels"
	"thaw/kernels/program"
)

// A ReLU whose input lies so close to 0 that rounding decides its side switches a
// path of the gradient on or off. Where maps are 1x1 and batches small, one such
// switch moves every gradient below it by some per cent, and Adam's first step,
// which is nearly the gradient's sign, by more. The golden README allows for that
// where it is shown, so here it is shown: the gradients must match, by the same
// tolerances, with those very ReLUs on the other side.

// nearZero is how close to 0, in rms of its map, a ReLU's input must lie: 1e-5, or
// three times what Keras's own float32 runs are (in rms) apart from float64 in this
// file's activations.
func (r *runner) nearZero() float64 {
	limit := 1e-5
	for _, t := range r.file.ForwardTrain {
		if t.Gap != nil {
			limit = max(limit, 3**t.Gap)
		}
	}
	return limit
}

// mostFlips bounds the search. It begins with inputs nearest to 0 on the smallest
// maps: the larger a map, the less one element of it matters.
const mostFlips = 40

// flipGain is how much a gate's other side must shrink the typical error to be
// the explanation of it.
const flipGain = 0.8

// gate is one ReLU whose side rounding decides.
type gate struct {
	op    string
	at    int     // in the data of the op's output
	of    int     // elements of the map
	input float64 // of the ReLU, in rms of its map
	value float32
}

func (g gate) String() string {
	return fmt.Sprintf("%s[%d], one of %d, whose input is %.1e of their rms", g.op, g.at, g.of, g.input)
}

// gates runs the forward phase and returns the gates near 0 that a gradient
// passes, those first that matter most.
func (r *runner) gates(t *testing.T, p *compile.Loaded) []gate {
	var gates []gate
	lowest := p.Plan.Learning()[0]
	for i, op := range p.Phase(program.Forward) {
		one := p.Phase(program.Forward)[i : i+1]
		relu, x, out := reluOf(op)
		if l := r.model.Layer(op.Name); l == nil || l.Index < lowest || relu == nil || !*relu { // no gradient passes here
			r.runOps(t, p, one)
			continue
		}
		var before []float32 // out may be x
		if x != nil {
			before = fetch(t, p, op, &x.Data)
		}
		*relu = false
		r.runOps(t, p, one)
		*relu = true
		view := *out
		view.Data = fetch(t, p, op, &out.Data)
		gates = append(gates, near(op.Name, view, r.nearZero())...)
		if x != nil {
			put(p, op, &x.Data, 0, before)
		}
		r.runOps(t, p, one)
	}
	slices.SortFunc(gates, func(a, b gate) int { return cmp.Compare(a.input*float64(a.of), b.input*float64(b.of)) })
	return gates
}

// otherwise are the gates that the trusted machine, in the same step, has on the other
// side, nil where the machine on trial is that one.
func (r *runner) otherwise(t *testing.T, p *compile.Loaded, gates []gate) []gate {
	if r.trusted == nil {
		return nil
	}
	same, err := compile.Compile(p.Plan, p.Options, r.trusted)
	if err != nil {
		t.Fatal(err)
	}
	l, err := same.Load(r.trusted, r.weights)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r.fill(l)
	type place struct {
		op string
		at int
	}
	positive := map[place]bool{}
	for _, g := range r.gates(t, l) {
		positive[place{g.op, g.at}] = g.value > 0
	}
	var other []gate
	for _, g := range gates {
		if side, near := positive[place{g.op, g.at}]; near && side != (g.value > 0) {
			other = append(other, g)
		}
	}
	return other
}

// reluOf is the ReLU of an op with its views, nil for an op without; x where the op
// reads a view that it may overwrite.
func reluOf(op *program.Op) (relu *bool, x, out *kernels.View) {
	switch a := op.Args.(type) {
	case *kernels.Conv2DArgs:
		return &a.ReLU, nil, &a.Out
	case *kernels.BatchNormTrainArgs:
		return &a.ReLU, &a.X, &a.Out
	}
	return nil, nil, nil
}

// fetch copies out what a slice of op stands for.
func fetch(t *testing.T, p *compile.Loaded, op *program.Op, slice *[]float32) []float32 {
	ref, _ := op.At(slice)
	data := make([]float32, ref.Len)
	if err := p.Read(t.Context(), data, ref.Buffer, ref.Off); err != nil {
		t.Fatal(err)
	}
	return data
}

// put writes into what a slice of op stands for, from at on.
func put(p *compile.Loaded, op *program.Op, slice *[]float32, at int, data []float32) {
	ref, _ := op.At(slice)
	p.Write(ref.Buffer, ref.Off+at, data)
}

// parts cuts ops behind those that gates follow.
func parts(ops []*program.Op, gates []gate) [][]*program.Op {
	var list [][]*program.Op
	from := 0
	for i, op := range ops {
		if i == len(ops)-1 || slices.ContainsFunc(gates, func(g gate) bool { return g.op == op.Name }) {
			list = append(list, ops[from:i+1])
			from = i + 1
		}
	}
	return list
}

// near lists the elements of v, inputs of a ReLU, within limit of 0.
func near(name string, v kernels.View, limit float64) []gate {
	sum := 0.0
	each := func(f func(at int, x float32)) {
		for p := range v.Pixels() {
			for c := range v.C {
				f(p*v.Stride+c, v.Data[p*v.Stride+c])
			}
		}
	}
	each(func(_ int, x float32) { sum += float64(x) * float64(x) })
	rms := math.Sqrt(sum / float64(v.Pixels()*v.C))
	var gates []gate
	each(func(at int, x float32) {
		if d := math.Abs(float64(x)) / rms; d < limit {
			gates = append(gates, gate{name, at, v.Pixels() * v.C, d, x})
		}
	})
	return gates
}

// flip puts the ReLU on its other side for the backward pass, after its op ran.
func (g gate) flip(t *testing.T, p *compile.Loaded, op *program.Op) {
	switch a := op.Args.(type) {
	case *kernels.Conv2DArgs: // the backward pass asks whether the output is positive
		value := float32(0)
		if g.value <= 0 {
			value = 1e-30
		}
		put(p, op, &a.Out.Data, g.at, []float32{value})
	case *kernels.BatchNormTrainArgs: // it computes the input again from X: move X across
		c := g.at % a.Out.Stride
		at := g.at/a.Out.Stride*a.X.Stride + c
		x := fetch(t, p, op, &a.X.Data)[at] - 2.5*g.value/fetch(t, p, op, &a.InvStd)[c]
		put(p, op, &a.X.Data, at, []float32{x})
	}
}

// settle repeats the first step with gates on their other side, keeps those that
// explain what is off, reports them, and returns the comparison that is left. Gates that
// a machine which passes has on the other side are tried together, before single ones.
func (r *runner) settle(t *testing.T, p *compile.Loaded, rate float64, best Report, compare func() Report) Report {
	step := func(flipped []gate) Report {
		for _, param := range p.Moving() { // the forward phase moved them
			p.Write(p.Param(param), 0, r.initial.Of(param))
		}
		r.step(t, p, 0, rate, flipped)
		return compare()
	}
	r.fill(p)
	gates := r.gates(t, p)
	var tries [][]gate
	if other := r.otherwise(t, p, gates); len(other) > 0 {
		tries = append(tries, other)
	}
	for _, g := range gates[:min(len(gates), mostFlips)] {
		tries = append(tries, []gate{g})
	}
	var flipped []gate
	for _, more := range tries {
		if now := step(append(flipped, more...)); now.Over < best.Over || now.Median < flipGain*best.Median {
			t.Logf("with %v on the other side, median error %.1e instead of %.1e, %d instead of %d tensors off", more, now.Median, best.Median, now.Over, best.Over)
			best, flipped = now, append(flipped, more...)
			if len(best.Failures) == 0 {
				break
			}
		}
	}
	return step(flipped)
}
