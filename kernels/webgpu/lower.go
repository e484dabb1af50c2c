package webgpu

import (
	"fmt"
	"slices"
	"unsafe"

	"thaw/kernels"
	"thaw/kernels/program"
)

// region is one of the buffers that every shader has bound.
type region uint32

const (
	inArena region = iota
	inTensors
	inGradients
	inState
	regions
)

func (r region) String() string { return [...]string{"arena", "tensors", "gradients", "state"}[r] }

// place is where an operand begins: floats from the start of what is bound of its region.
type place struct {
	region region
	at     uint32
}

// rowBytes is the length of a row of the uniform buffer: WebGPU's alignment of dynamic offsets.
const rowBytes = 256

// tableLen is the numbers of a dispatch in the table that JavaScript records: the
// pipeline, workgroups in three dimensions, and the byte at which each region is bound.
const tableLen = 4 + int(regions)

// lowering turns one op after the other into dispatches.
type lowering struct {
	locate    func(program.Ref) (r region, at int) // floats from the start of the region
	windowLen int                                  // floats of a region that are bound at once
	regionLen [regions]int

	table []uint32 // tableLen numbers a dispatch
	rows  []byte   // rowBytes a dispatch

	op      *program.Op
	windows [regions]int // where the bound parts begin, floats
}

// lower appends the dispatches of op.
func (l *lowering) lower(op *program.Op) error {
	l.op = op
	if err := l.window(); err != nil {
		return err
	}
	switch a := op.Args.(type) {
	case *kernels.Conv2DArgs:
		l.conv2D(a)
	case *kernels.Conv2DBackwardInputArgs:
		l.conv2DBackwardInput(a)
	case *kernels.Conv2DBackwardFilterArgs:
		l.conv2DBackwardFilter(a)
	case *kernels.BatchNormFoldArgs:
		l.batchNormFold(a)
	case *kernels.BatchNormTrainArgs:
		l.batchNormTrain(a)
	case *kernels.BatchNormApplyArgs:
		l.batchNormApply(a)
	case *kernels.BatchNormBackwardArgs:
		l.batchNormBackward(a)
	case *kernels.ReLUBiasBackwardArgs:
		l.reluBiasBackward(a)
	case *program.MaxPool:
		l.maxPool(&a.PoolArgs)
	case *program.AvgPool:
		l.avgPool(&a.PoolArgs)
	case *program.MaxPoolBackward:
		l.maxPoolBackward(&a.PoolBackwardArgs)
	case *program.AvgPoolBackward:
		l.avgPoolBackward(&a.PoolBackwardArgs)
	case *program.GlobalAvgPool:
		l.globalAvgPool(&a.GlobalAvgPoolArgs)
	case *program.GlobalAvgPoolBackward:
		l.globalAvgPoolBackward(&a.GlobalAvgPoolArgs)
	case *kernels.DropoutArgs:
		l.dropout(a)
	case *kernels.SoftmaxCrossEntropyArgs:
		l.softmaxCrossEntropy(a)
	case *kernels.SumSquaresArgs:
		l.sumSquares(a)
	case *kernels.ClipByNormArgs:
		l.clipByNorm(a)
	case *kernels.AdamArgs:
		l.adam(a)
	case *kernels.SGDArgs:
		l.sgd(a)
	case *program.CopyArgs:
		l.copy(a)
	default:
		panic(fmt.Sprintf("webgpu: no kernel for %T", op.Args))
	}
	return nil
}

// window chooses what of each region is bound: all of it, or, where the adapter binds no
// more than a window, one around the op's operands.
func (l *lowering) window() error {
	var from, to [regions]int
	for _, o := range l.op.Operands {
		r, at := l.locate(o.Ref)
		if to[r] == 0 {
			from[r] = at
		}
		from[r], to[r] = min(from[r], at), max(to[r], at+o.Len)
	}
	for r := range regions {
		l.windows[r] = 0
		if l.regionLen[r] <= l.windowLen {
			continue
		}
		start := min(from[r]/bindAlign*bindAlign, l.regionLen[r]-l.windowLen)
		if to[r] > start+l.windowLen {
			return fmt.Errorf("%s needs %d MB of the GPU's %s at once, and this adapter binds %d MB: choose a smaller batch or smaller images",
				l.op.Name, 4*(to[r]-start)>>20, r, 4*l.windowLen>>20)
		}
		l.windows[r] = start
	}
	return nil
}

// at is where a slice of the op's arguments lies; false where the op goes without it.
func (l *lowering) at(slice *[]float32) (place, bool) {
	ref, ok := l.op.At(slice)
	if !ok {
		return place{}, false
	}
	r, at := l.locate(ref)
	return place{r, uint32(at - l.windows[r])}, true
}

// in is where a slice begins in the region in which it must lie: an operand elsewhere is
// a bug of the compiler. 0 where the op goes without it.
func (l *lowering) in(r region, slice *[]float32) uint32 {
	p, ok := l.at(slice)
	if ok && p.region != r {
		panic(fmt.Sprintf("webgpu: %s: an operand of %s in the %s, want the %s", l.op.Name, l.op.Kind(), p.region, r))
	}
	return p.at
}

// dispatchRow appends a dispatch of x by y by z workgroups; row is a pointer to a struct of
// uint32 and float32 laid out as the shader's Row.
func dispatchRow[Row any](l *lowering, p pipeline, row *Row, x, y, z int) {
	size := unsafe.Sizeof(*row)
	if size > rowBytes || x > maxGroups || y > maxGroups || z > maxGroups {
		panic(fmt.Sprintf("webgpu: %s: a row of %d bytes, %d x %d x %d workgroups", l.op.Name, size, x, y, z))
	}
	l.table = append(l.table, uint32(p), uint32(x), uint32(y), uint32(z))
	for _, at := range l.windows {
		l.table = append(l.table, uint32(4*at))
	}
	n := len(l.rows)
	l.rows = slices.Grow(l.rows, rowBytes)[:n+rowBytes]
	clear(l.rows[n:])
	copy(l.rows[n:], unsafe.Slice((*byte)(unsafe.Pointer(row)), size))
}

// dispatches is how many there are.
func (l *lowering) dispatches() int { return len(l.rows) / rowBytes }

// maxGroups is how many workgroups every adapter takes in one dimension.
const maxGroups = 65535

// grid cuts n workgroups into two dimensions where they are too many for one: shaders
// that use it count i = y*x-dimension + x and stop at their own end.
func grid(n int) (x, y int) {
	if n <= maxGroups {
		return n, 1
	}
	y = ceilDiv(n, maxGroups)
	return ceilDiv(n, y), y
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// flag is 1 for true, as shaders read it.
func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
