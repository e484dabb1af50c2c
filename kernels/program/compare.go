package program

import (
	"context"
	"fmt"
	"math"

	"thaw/kernels"
)

// Compare runs p, compiled for the machine on trial, op by op there and on a backend that
// is trusted, and gives both the same inputs before each op, so that an error names the
// op that is wrong and not one that follows. perKind bounds how many ops of one kind and
// variant are looked at, 0: all. given is what some buffers hold at first.
//
// Outputs agree where their difference is at most tolerance of the larger one's norm.
func Compare(trusted kernels.Backend, trial Machine, tensors [][]float32, p *Program, given map[*Buffer][]float32, phases []Phase, perKind int, tolerance float64) error {
	c := comparison{tolerance: tolerance}
	var err error
	own := make([][]float32, len(tensors)) // the trusted machine may work in place
	for i, t := range tensors {
		own[i] = append([]float32(nil), t...)
	}
	if c.trial, err = trial.Load(own, nil, p); err != nil {
		return err
	}
	defer c.trial.Close()
	if c.trusted, err = OnHost(elsewhere{trusted}).Load(own, nil, p); err != nil {
		return err
	}
	defer c.trusted.Close()
	for b, data := range given {
		c.trusted.Write(b, 0, data)
	}
	seen := map[string]int{}
	for _, phase := range phases {
		for _, op := range p.Phase(phase) {
			kind := fmt.Sprint(op.Kind(), op.variant())
			if seen[kind]++; perKind > 0 && seen[kind] > perKind {
				if err := c.trusted.Run([]*Op{op}, nil); err != nil {
					return err
				}
				continue
			}
			if err := c.op(op); err != nil {
				return err
			}
		}
	}
	return nil
}

type comparison struct {
	trusted, trial Memory
	tolerance      float64
}

// op gives both the operands as the trusted machine has them, runs op, and compares all
// operands afterwards: what it should not write, too.
func (c *comparison) op(op *Op) error {
	for _, o := range op.Operands {
		data, err := read(c.trusted, o.Ref)
		if err != nil {
			return err
		}
		c.trial.Write(o.Buffer, o.Off, data)
	}
	for _, m := range []Memory{c.trusted, c.trial} {
		if err := m.Run([]*Op{op}, nil); err != nil {
			return err
		}
	}
	for _, o := range op.Operands {
		if o.Buffer.Name == scratch {
			continue
		}
		want, err := read(c.trusted, o.Ref)
		if err != nil {
			return err
		}
		got, err := read(c.trial, o.Ref)
		if err != nil {
			return err
		}
		if off := apart(want, got); !(off <= c.tolerance) {
			return fmt.Errorf("%s (%s) is wrong: %s is off by %.1e of its size", op.Kind(), op.Name, o.Buffer.Name, off)
		}
	}
	return nil
}

func read(m Memory, r Ref) ([]float32, error) {
	data := make([]float32, r.Len)
	return data, m.Read(context.Background(), data, r.Buffer, r.Off)
}

// apart is the norm of the difference as a share of the larger norm; NaN where either is
// not a number.
func apart(a, b []float32) float64 {
	var difference, sizeA, sizeB float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		difference += (x - y) * (x - y)
		sizeA += x * x
		sizeB += y * y
	}
	if difference == 0 {
		return 0
	}
	return math.Sqrt(difference / max(sizeA, sizeB))
}

// variant tells ops of one kind apart that a machine may compute in different ways.
func (op *Op) variant() string {
	if shape := op.Shape(); shape != "" {
		return shape[:min(len(shape), len("3x3/2"))] // filter and stride
	}
	return ""
}

// elsewhere is a backend that runs programs compiled for another machine: what that
// takes in place it packs, and scratch it brings itself.
type elsewhere struct{ kernels.Backend }

func (b elsewhere) packed(s kernels.ConvShape, pass kernels.Pass, filter, scale []float32, alpha float32) []float32 {
	dst := make([]float32, b.PackedLen(s, pass))
	b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Scale: scale, Alpha: alpha, Dst: dst})
	return dst
}

func (b elsewhere) Conv2D(a *kernels.Conv2DArgs) {
	own := *a
	own.Scratch = make([]float32, b.ScratchLen(a.Shape, kernels.Forward))
	if a.InPlace {
		own.InPlace, own.Filter, own.Scale = false, b.packed(a.Shape, kernels.Forward, a.Filter, a.Scale, 1), nil
	}
	b.Backend.Conv2D(&own)
}

func (b elsewhere) Conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	own := *a
	own.Scratch = make([]float32, b.ScratchLen(a.Shape, kernels.BackwardInput))
	if a.InPlace {
		own.InPlace, own.Filter, own.Scale = false, b.packed(a.Shape, kernels.BackwardInput, a.Filter, a.Scale, a.Alpha), nil
	}
	b.Backend.Conv2DBackwardInput(&own)
}

func (b elsewhere) Conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) {
	own := *a
	own.Scratch = make([]float32, b.ScratchLen(a.Shape, kernels.BackwardFilter))
	b.Backend.Conv2DBackwardFilter(&own)
}

func (b elsewhere) sums(v kernels.View) []float32 { return make([]float32, b.SumsLen(v.Pixels(), v.C)) }

func (b elsewhere) BatchNormTrain(a *kernels.BatchNormTrainArgs) {
	own := *a
	own.Scratch = b.sums(a.X)
	b.Backend.BatchNormTrain(&own)
}

func (b elsewhere) BatchNormBackward(a *kernels.BatchNormBackwardArgs) {
	own := *a
	own.Scratch = b.sums(a.X)
	b.Backend.BatchNormBackward(&own)
}

func (b elsewhere) ReLUBiasBackward(a *kernels.ReLUBiasBackwardArgs) {
	own := *a
	own.Scratch = b.sums(a.D)
	b.Backend.ReLUBiasBackward(&own)
}
