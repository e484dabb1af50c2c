package compile

import (
	"fmt"
	"io"

	"thaw/kernels/program"
)

// Dump prints the program: what the plan made of each unit, every op with its
// buffers and their places, and the cost.
func (p *Program) Dump(w io.Writer) {
	layout := program.Lay(nil, p.Program)
	fmt.Fprintf(w, "plan %s, batch %d, input %s\n", p.Plan.Name, p.Options.Batch, p.Input.Name)
	phase := program.Phase(-1)
	for i, op := range p.Ops {
		if op.Phase != phase {
			phase = op.Phase
			fmt.Fprintf(w, "\n%s:\n", phase)
		}
		fmt.Fprintf(w, "%5d %-40s %-24s", i, op.Name, op.Kind())
		for _, o := range op.Operands {
			fmt.Fprint(w, " ", place(layout, o.Ref))
		}
		fmt.Fprintln(w)
	}
	c := p.Cost()
	fmt.Fprintf(w, "\n%d parameters, %d trained; GFLOP forward %.2f, input gradient %.2f, filter gradient %.2f; %.1f MB arena, %.1f MB state, %.1f MB weights\n",
		c.Parameters, c.Trained, float64(c.Forward)/1e9, float64(c.InputGradient)/1e9, float64(c.FilterGradient)/1e9,
		float64(c.ArenaBytes)/1e6, float64(c.StateBytes)/1e6, float64(c.ParameterBytes)/1e6)
}

// place is where an operand lies: a for arena, s for state, k for kept, or a parameter.
func place(layout *program.Layout, r program.Ref) string {
	if r.Buffer.Kind == program.Parameter {
		return "<" + r.Buffer.Name + ">"
	}
	at := layout.Of(r.Buffer)
	switch at.Region {
	case program.Arena:
		return fmt.Sprintf("a%d:%d", at.At+r.Off, r.Len)
	case program.State:
		return fmt.Sprintf("s%d:%d", at.At+r.Off, r.Len)
	}
	return fmt.Sprintf("k%d:%d", at.At, r.Len)
}
