package program

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"thaw/kernels"
)

// Calls makes a machine a kernels.Backend: each call is a program of one op, whose
// slices are written before and read back after. It is how one conformance suite
// holds every machine; nothing trains through it.
func Calls(m Machine) kernels.Backend { return calls{m} }

type calls struct{ Machine }

func (calls) Threads() int { return 1 }

func (c calls) PackFilter(a *kernels.PackFilterArgs)                     { c.run(a) }
func (c calls) Conv2D(a *kernels.Conv2DArgs)                             { c.run(a) }
func (c calls) Conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs)   { c.run(a) }
func (c calls) Conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) { c.run(a) }
func (c calls) BatchNormFold(a *kernels.BatchNormFoldArgs)               { c.run(a) }
func (c calls) BatchNormTrain(a *kernels.BatchNormTrainArgs)             { c.run(a) }
func (c calls) BatchNormApply(a *kernels.BatchNormApplyArgs)             { c.run(a) }
func (c calls) BatchNormBackward(a *kernels.BatchNormBackwardArgs)       { c.run(a) }
func (c calls) ReLUBiasBackward(a *kernels.ReLUBiasBackwardArgs)         { c.run(a) }
func (c calls) Dropout(a *kernels.DropoutArgs)                           { c.run(a) }
func (c calls) SoftmaxCrossEntropy(a *kernels.SoftmaxCrossEntropyArgs)   { c.run(a) }
func (c calls) SumSquares(a *kernels.SumSquaresArgs)                     { c.run(a) }
func (c calls) ClipByNorm(a *kernels.ClipByNormArgs)                     { c.run(a) }
func (c calls) Adam(a *kernels.AdamArgs)                                 { c.run(a) }
func (c calls) SGD(a *kernels.SGDArgs)                                   { c.run(a) }

// Arguments that two kernels share; the copies hold the same slices.
func (c calls) MaxPool(a *kernels.PoolArgs)                 { c.run(&MaxPool{*a}) }
func (c calls) AvgPool(a *kernels.PoolArgs)                 { c.run(&AvgPool{*a}) }
func (c calls) MaxPoolBackward(a *kernels.PoolBackwardArgs) { c.run(&MaxPoolBackward{*a}) }
func (c calls) AvgPoolBackward(a *kernels.PoolBackwardArgs) { c.run(&AvgPoolBackward{*a}) }
func (c calls) GlobalAvgPool(a *kernels.GlobalAvgPoolArgs)  { c.run(&GlobalAvgPool{*a}) }
func (c calls) GlobalAvgPoolBackward(a *kernels.GlobalAvgPoolArgs) {
	c.run(&GlobalAvgPoolBackward{*a})
}

// run runs one op on the slices that args holds.
func (c calls) run(args any) {
	p := New(c.Machine)
	op := &Op{Name: fmt.Sprintf("%T", args), Phase: Forward, Args: args}
	var tensors [][]float32
	ranges := rangesOf(slicesIn(reflect.ValueOf(args).Elem(), "", nil))
	// What is no parameter, state or gradient stands in one buffer, to be read at once.
	transient := p.Buffer("operands", 0, Transient)
	transient.FromStart()
	transient.ToEnd()
	for i := range ranges {
		r := &ranges[i]
		r.at = Ref{Buffer: transient, Off: transient.Len, Len: len(r.data)}
		switch kind := r.kind(); kind {
		case Transient:
			transient.Len += aligned(len(r.data), c.Align())
		case Parameter:
			r.at = NewBuffer(r.slices[0].name, len(r.data), kind).All()
			r.at.Buffer.Tensor = len(tensors)
			tensors = append(tensors, slices.Clone(r.data))
		default:
			r.at = p.Buffer(r.slices[0].name, len(r.data), kind).All()
		}
		for _, s := range r.slices {
			op.Operands = append(op.Operands, Operand{s.at, Ref{r.at.Buffer, r.at.Off + s.offset(r.data), len(s.data)}})
		}
	}
	defer func() { // a host bound the slices to memory of its own
		for _, r := range ranges {
			for _, s := range r.slices {
				*s.at = s.data
			}
		}
	}()
	p.Emit(op)
	p.Finish()
	memory, err := c.Load(tensors, nil, p)
	if err != nil {
		panic(fmt.Errorf("program: %s: %w", op.Name, err))
	}
	defer memory.Close()
	for _, r := range ranges {
		memory.Write(r.at.Buffer, r.at.Off, r.data)
	}
	err = memory.Run(p.Phase(Forward), nil)
	all := make([]float32, transient.Len)
	if err == nil {
		err = memory.Read(context.Background(), all, transient, 0)
	}
	for _, r := range ranges {
		switch {
		case r.at.Buffer == transient:
			copy(r.data, all[r.at.Off:])
		case err == nil && r.written():
			err = memory.Read(context.Background(), r.data, r.at.Buffer, 0)
		}
	}
	if err != nil {
		panic(fmt.Errorf("program: %s: %w", op.Name, err))
	}
}

// named is one slice of an op's arguments.
type named struct {
	name string
	at   *[]float32
	data []float32
}

// offset is where s begins in whole, in floats.
func (s named) offset(whole []float32) int {
	return int(address(s.data)-address(whole)) / 4
}

func address(s []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s))) }

// slicesIn lists the slices that v, a struct of arguments, holds, its views' too.
func slicesIn(v reflect.Value, name string, list []named) []named {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			list = slicesIn(v.Field(i), v.Type().Field(i).Name, list)
		}
	case reflect.Slice:
		if at := v.Addr().Interface().(*[]float32); len(*at) > 0 {
			list = append(list, named{name, at, *at})
		}
	}
	return list
}

// memoryRange is a range of memory and the slices in it, which overlap.
type memoryRange struct {
	data   []float32
	slices []named
	at     Ref
}

// written says that an op may write a range that is no transient one.
func (r memoryRange) written() bool {
	name := r.slices[0].name
	return name != "Filter" && name != "Beta"
}

// rangesOf joins slices that share memory.
func rangesOf(list []named) []memoryRange {
	slices.SortStableFunc(list, func(a, b named) int { return cmp.Compare(address(a.data), address(b.data)) })
	var ranges []memoryRange
	for _, s := range list {
		if n := len(ranges); n > 0 {
			r := &ranges[n-1]
			if at := s.offset(r.data); at < len(r.data) {
				if end := at + len(s.data); end > len(r.data) {
					r.data = unsafe.Slice(unsafe.SliceData(r.data), end)
				}
				r.slices = append(r.slices, s)
				continue
			}
		}
		ranges = append(ranges, memoryRange{data: s.data, slices: []named{s}})
	}
	return ranges
}

// kind is the kind of buffer that stands there in a compiled program.
func (r memoryRange) kind() Kind {
	if len(r.slices) > 1 {
		return Transient
	}
	switch r.slices[0].name {
	case "Filter", "Param", "Beta", "RunningMean", "RunningVariance":
		return Parameter
	case "M", "V":
		return Moment
	case "Scale":
		return Constant
	case "DFilter", "DBeta", "DBias", "Grad":
		return Gradient
	}
	return Transient
}
