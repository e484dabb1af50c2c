package webgpu

import (
	"slices"

	"thaw/kernels"
	"thaw/kernels/program"
)

// lowered is a list of ops as dispatches. That of a phase is kept from one run to the next.
type lowered struct {
	lowering
	ops  []*program.Op
	ends []int // dispatches up to the end of each op; copies that were joined end with the first
}

func newLowered(l lowering, ops []*program.Op) (*lowered, error) {
	list := &lowered{lowering: l, ops: slices.Clone(ops)}
	for _, op := range ops {
		if err := list.lower(op); err != nil {
			return nil, err
		}
		list.ends = append(list.ends, list.dispatches())
	}
	return list, nil
}

// before is the dispatches of the first n ops.
func (l *lowered) before(n int) int {
	if n == 0 {
		return 0
	}
	return l.ends[n-1]
}

// refresh lowers anew, in their place, ops that change from step to step: their rates and
// seeds, which are numbers in rows.
func (l *lowered) refresh() {
	table, rows := l.table, l.rows
	for i, op := range l.ops {
		switch op.Args.(type) {
		case *kernels.AdamArgs, *kernels.SGDArgs, *kernels.DropoutArgs:
			from := l.before(i)
			l.table, l.rows = table[:from*tableLen], rows[:from*rowBytes]
			if err := l.lower(op); err != nil || l.dispatches() != l.ends[i] {
				panic("webgpu: " + op.Name + " has changed its dispatches")
			}
		}
	}
	l.table, l.rows = table, rows
}

// slice is how many ops from the first on make a submission of about so much work.
func (l *lowered) slice(first int, work float64) (n int, flops int64) {
	for _, op := range l.ops[first:] {
		n, flops = n+1, flops+op.FLOPs
		if float64(flops) > work || l.before(first+n)-l.before(first) > maxRows/2 {
			break
		}
	}
	return n, flops
}

// maxRows bounds the dispatches of one submission.
const maxRows = 1024
