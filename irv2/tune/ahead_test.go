package tune

import (
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// watched is a machine that gives what was asked for when it is waited for, as a device
// does, and tells the order of calls.
type watched struct {
	program.Host
	calls *[]string
}

func (m watched) Load(tensors [][]float32, kept []*program.Buffer, programs ...*program.Program) (program.Memory, error) {
	memory, err := m.Host.Load(tensors, kept, programs...)
	return watchedMemory{memory, m.calls}, err
}

type watchedMemory struct {
	program.Memory
	calls *[]string
}

func (m watchedMemory) did(what string) { *m.calls = append(*m.calls, what) }

func (m watchedMemory) Write(b *program.Buffer, off int, data []float32) {
	m.did("write " + b.Name)
	m.Memory.Write(b, off, data)
}

func (m watchedMemory) Run(ops []*program.Op, poll func() error) error {
	if len(ops) > 0 {
		m.did("run " + ops[0].Phase.String())
	}
	return m.Memory.Run(ops, poll)
}

func (m watchedMemory) Ask(parts ...program.Part) func() error {
	m.did("ask")
	own := slices.Clone(parts)
	for i := range own {
		own[i].Dst = make([]float32, len(parts[i].Dst))
	}
	m.Memory.Ask(own...)
	return func() error {
		m.did("wait")
		for i, p := range own {
			copy(parts[i].Dst, p.Dst)
		}
		return nil
	}
}

// Each step asks once for all that it tells, and has the images of the next one written
// before it waits: also where the frozen prefix runs in every step, the next step is a
// smaller one, or it evaluates. Another epoch's are written when the arena is free.
func TestImagesAhead(t *testing.T) {
	data := stripes{train: 5, validation: 3, augmented: true}
	opts := Options{Epochs: 1, Batch: 2, Seed: 1}
	for _, spec := range []freeze.Spec{{Preset: "unfreeze-all"}, {From: "block8_1"}} {
		calm, want := session(t, spec, opts, data)
		run(t, calm)
		var calls []string
		got := irv2.NewWeights(want.Model)
		got.Synthesize(1)
		run(t, sessionOn(t, watched{host(0).(program.Host), &calls}, calm.Plan, got, opts, data))
		equal(t, got, want)

		var ahead []int // images written between ask and wait
		input, waiting := 0, false
		for _, call := range calls {
			switch {
			case call == "ask":
				waiting, input = true, 0
			case call == "wait":
				waiting, ahead = false, append(ahead, input)
			case waiting && call == "write input_layer":
				input++
			case waiting:
				t.Errorf("%s while a step is waited for", call)
			}
		}
		expect := []int{2, 1, 0, 1, 0} // three steps of 5 images, two evaluations of 3
		if calm.Cached[Validation] {
			expect = []int{2, 1, 0, 0, 0}
		}
		if !slices.Equal(ahead, expect) {
			t.Errorf("%s: %v images were written ahead, want %v", calm.Plan.Name, ahead, expect)
		}
	}
}
