package webgpu

import (
	"errors"
	"slices"
	"testing"

	"thaw/kernels"
	"thaw/kernels/program"
)

// empty loads a program without ops that has one buffer, beside a kept one.
func empty(t *testing.T, m *Machine) (program.Memory, *program.Buffer, *program.Buffer) {
	p := program.New(m)
	b := p.Buffer("numbers", 1000, program.Constant)
	kept := program.NewBuffer("kept", 500, program.Kept)
	p.Finish()
	memory, err := m.Load(nil, []*program.Buffer{kept}, p)
	if err != nil {
		t.Fatal(err)
	}
	return memory, b, kept
}

// What is written, copied and read follows in the order of the calls.
func TestOrder(t *testing.T) {
	memory, b, kept := empty(t, open(t))
	defer memory.Close()
	numbers := make([]float32, 1000)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	memory.Write(b, 0, numbers)
	memory.Copy(program.Ref{Buffer: kept, Off: 100, Len: 300}, program.Ref{Buffer: b, Off: 7, Len: 300})
	memory.Write(b, 7, []float32{-1}) // after the copy
	got := make([]float32, 500)
	if err := memory.Read(t.Context(), got, kept, 0); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 500)
	copy(want[100:], numbers[7:307])
	if !slices.Equal(got, want) {
		t.Errorf("kept holds %v", got)
	}
	if err := memory.Read(t.Context(), got[:2], b, 6); err != nil || got[0] != 6 || got[1] != -1 {
		t.Errorf("%v: %v, want 6 and -1", err, got[:2])
	}
}

// A device that is gone is a loss that is told, at the latest by the next Read.
func TestLostDevice(t *testing.T) {
	m := open(t)
	memory, b, _ := empty(t, m)
	memory.Write(b, 0, []float32{1})
	m.Close()
	err := memory.Read(t.Context(), make([]float32, 1), b, 0)
	var lost *kernels.LostError
	if !errors.As(err, &lost) || !lost.Gone {
		t.Errorf("after the loss of the device Read says %v", err)
	}
	if _, err := m.Load(nil, nil); !errors.As(err, &lost) {
		t.Errorf("after the loss of the device Load says %v", err)
	}
}

// A device with an error that nobody asked about gives up itself and its memory.
func TestUnreportedError(t *testing.T) {
	m := open(t)
	memory, b, _ := empty(t, m)
	m.gpu.Get("device").Call("createBuffer", map[string]any{"size": 4, "usage": 0})
	var err error
	for i := 0; err == nil && i < 100; i++ { // the error comes with what is asked for next
		err = memory.Read(t.Context(), make([]float32, 1), b, 0)
	}
	var lost *kernels.LostError
	if !errors.As(err, &lost) || !lost.Gone {
		t.Errorf("after an error Read says %v", err)
	}
	if _, err := await(m.gpu.Get("lost")); err == nil {
		t.Error("the device lives on")
	}
}

// A plan that is too large is refused in a sentence, and the device lives on.
func TestTooLarge(t *testing.T) {
	m := open(t)
	kept := program.NewBuffer("features", m.maxBuffer/4+64, program.Kept)
	_, err := m.Load(nil, []*program.Buffer{kept})
	if err == nil {
		t.Fatal("a buffer beyond the limit was given")
	}
	t.Log(err)
	memory, _, _ := empty(t, m)
	memory.Close()
}

// What is asked for is as it stood then, whatever is written before it is waited for.
func TestAsk(t *testing.T) {
	memory, b, kept := empty(t, open(t))
	defer memory.Close()
	memory.Write(b, 0, []float32{1, 2, 3})
	memory.Write(kept, 9, []float32{4})
	got, other := make([]float32, 3), make([]float32, 1)
	wait := memory.Ask(program.Part{Dst: got, Buffer: b}, program.Part{Dst: other, Buffer: kept, Off: 9})
	memory.Write(b, 0, []float32{5, 6, 7})
	memory.Write(kept, 9, []float32{8})
	if err := wait(); err != nil || !slices.Equal(got, []float32{1, 2, 3}) || other[0] != 4 {
		t.Errorf("%v: %v and %v, want 1 2 3 and 4", err, got, other)
	}
}
