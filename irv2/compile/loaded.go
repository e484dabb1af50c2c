package compile

import (
	"context"

	"thaw/irv2"
	"thaw/kernels/program"
)

// Loaded is a program with a memory to itself: for predictions, probes and measurements.
type Loaded struct {
	*Program
	program.Memory
}

// Load gives p a memory of its own on machine, with weights, and runs Init.
func (p *Program) Load(machine program.Machine, weights *irv2.Weights) (*Loaded, error) {
	memory, err := machine.Load(weights.Data, nil, p.Program)
	if err != nil {
		return nil, err
	}
	l := &Loaded{p, memory}
	if err := l.Do(program.Init); err != nil {
		memory.Close()
		return nil, err
	}
	return l, nil
}

// Do runs phases, in order, to their end.
func (l *Loaded) Do(list ...program.Phase) error {
	for _, phase := range list {
		if err := l.Run(l.Phase(phase), nil); err != nil {
			return err
		}
	}
	return nil
}

// Fetch copies a buffer out.
func (l *Loaded) Fetch(b *program.Buffer) ([]float32, error) {
	data := make([]float32, b.Len)
	return data, l.Read(context.Background(), data, b, 0)
}

// Value copies the output [Batch, H, W, C] of a layer that ends a unit and was kept
// (Options.Keep) or ends the program; nil where there is none.
func (l *Loaded) Value(layer *irv2.Layer) ([]float32, error) {
	v := l.values[layer]
	if v == nil {
		return nil, nil
	}
	data, err := l.Fetch(v.buffer)
	pixels := l.Options.Batch * layer.H * layer.W
	out := make([]float32, 0, pixels*layer.C)
	for i := range pixels {
		out = append(out, data[i*v.stride+v.off:][:layer.C]...)
	}
	return out, err
}
