package project

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/freeze"
	"thaw/irv2/measure"
	"thaw/kernels"
	"thaw/kernels/program"
)

// device is a machine with memory of its own that is lost when a phase has begun so often.
type device struct {
	program.Host
	phase program.Phase
	left  int
	reads int // after which it is lost, 0: never for that
}

func (d *device) Name() string { return "device" }

func (d *device) Load(tensors [][]float32, kept []*program.Buffer, programs ...*program.Program) (program.Memory, error) {
	own := make([][]float32, len(tensors))
	for i, t := range tensors {
		own[i] = slices.Clone(t)
	}
	m, err := d.Host.Load(own, kept, programs...)
	return &deviceMemory{m, d}, err
}

type deviceMemory struct {
	program.Memory
	of *device
}

var gone = &kernels.LostError{What: "the GPU", Gone: true}

func (m *deviceMemory) Run(ops []*program.Op, poll func() error) error {
	if len(ops) > 0 && ops[0].Phase == m.of.phase {
		m.of.left--
	}
	if m.of.left < 0 {
		m.Memory.Run(ops[:len(ops)/2], nil) // half of the phase is done, and nothing of it can be read
		return gone
	}
	return m.Memory.Run(ops, poll)
}

func (m *deviceMemory) Read(ctx context.Context, dst []float32, b *program.Buffer, off int) error {
	if m.of.reads--; m.of.reads == 0 {
		m.of.left = -1
	}
	if m.of.left < 0 {
		return gone
	}
	return m.Memory.Read(ctx, dst, b, off)
}

func (m *deviceMemory) Ask(parts ...program.Part) func() error {
	if m.of.left < 0 {
		return func() error { return gone }
	}
	return m.Memory.Ask(parts...)
}

func (p *Project) withDevice(phase program.Phase, left int) {
	p.Device = &Device{Machine: &device{Host: program.OnHost(kernels.NewPortable(2)), phase: phase, left: left}, Label: "a GPU"}
	p.way = OnDevice
}

// A run whose device is lost in the middle of any phase goes on with the host from its
// last checkpoint, or from its start, to the bits of a run that was never disturbed.
func TestLostDevice(t *testing.T) {
	calm := open(t, 6, 2)
	train(t, calm, "unfreeze-all", DefaultOptions())
	for _, phase := range []program.Phase{program.Forward, program.Backward, program.Update} {
		p := open(t, 6, 2)
		p.withDevice(phase, 3)
		events := train(t, p, "unfreeze-all", DefaultOptions())
		if started := events[0].(Started); started.Plan.Computes != "a GPU" {
			t.Errorf("%s computes", started.Plan.Computes)
		}
		if list := kinds(t, events); !slices.Contains(list, "moved") || list[len(list)-1] != "done" {
			t.Errorf("lost in %s: events %v", phase, list)
		}
		if p.Device != nil {
			t.Error("the lost device is still there")
		}
		sameWeights(t, p, calm)
	}
}

// A device that is lost while no run is on it is forgotten, and told; one that is found lost
// by a run that begins leaves that to the host.
func TestLostAtRest(t *testing.T) {
	p := open(t, 3, 2)
	p.withDevice(program.Forward, 1<<30)
	d := p.Device
	if p.LoseDevice(&Device{}) || !p.LoseDevice(d) || p.Device != nil || p.LoseDevice(d) {
		t.Error("it is not forgotten, or told of twice")
	}
	if list := kinds(t, train(t, p, "head-only", DefaultOptions())); list[len(list)-1] != "done" {
		t.Errorf("events %v", list)
	}

	p.Device = &Device{Machine: dead{d.Machine}, Label: "a GPU"}
	if list := kinds(t, train(t, p, "head-only", DefaultOptions())); list[len(list)-1] != "done" || p.Device != nil {
		t.Errorf("events %v", list)
	}
}

// dead is a device that was lost.
type dead struct{ program.Machine }

func (dead) Load([][]float32, []*program.Buffer, ...*program.Program) (program.Memory, error) {
	return nil, gone
}

// A device that is lost while it brings back what it learned leaves nothing half done.
func TestLostWhileBringingBack(t *testing.T) {
	calm, p := open(t, 6, 2), open(t, 6, 2)
	train(t, calm, "unfreeze-all", DefaultOptions())
	p.withDevice(program.Forward, 1<<30)
	p.Device.Machine.(*device).reads = 114 // 14 of the steps and the evaluation come before
	if list := kinds(t, train(t, p, "unfreeze-all", DefaultOptions())); !slices.Contains(list, "moved") || list[len(list)-1] != "done" {
		t.Errorf("events %v", list)
	}
	sameWeights(t, p, calm)
}

// A run on a device ends with its weights on the host, and predictions are of them.
func TestDeviceBringsBack(t *testing.T) {
	calm, p := open(t, 3, 2), open(t, 3, 2)
	train(t, calm, "unfreeze-all", DefaultOptions())
	p.withDevice(program.Forward, 1<<30)
	train(t, p, "unfreeze-all", DefaultOptions())
	sameWeights(t, p, calm)
	if !slices.Equal(predict(t, calm), predict(t, p)) {
		t.Error("predictions differ")
	}
}

func sameWeights(t *testing.T, p, want *Project) {
	t.Helper()
	for i, data := range want.network.current.Data {
		if !slices.Equal(p.network.current.Data[i], data) {
			t.Fatalf("%s differs", want.network.current.Model.Params[i].Name())
		}
	}
}

// full is a device that gives no memory.
type full struct{ program.Host }

func (full) Load([][]float32, []*program.Buffer, ...*program.Program) (program.Memory, error) {
	return nil, errors.New("the GPU has no room for this plan")
}

// A device without room: the host computes, unless the person asked for the device.
func TestDeviceWithoutRoom(t *testing.T) {
	p := open(t, 3, 2)
	p.Device = &Device{Machine: full{program.OnHost(kernels.NewPortable(1))}, Label: "a GPU",
		Speed: measure.Speed{FLOPs: 1e15}, Host: measure.Speed{FLOPs: 1e9}}
	events := train(t, p, "unfreeze-all", DefaultOptions())
	if list := kinds(t, events); list[len(list)-1] != "done" || events[0].(Started).Plan.Computes != "portable" {
		t.Errorf("%v, %s computes", list, events[0].(Started).Plan.Computes)
	}
	p.way = OnDevice
	events = train(t, p, "unfreeze-all", DefaultOptions())
	if failed, ok := events[0].(Failed); !ok || failed.Code != Memory || !strings.Contains(failed.Message, "no room") {
		t.Errorf("%+v", events)
	}
}

// Auto takes the machine that is faster for the plan at hand.
func TestAuto(t *testing.T) {
	p := open(t, 3, 2)
	p.withDevice(program.Forward, 1<<30)
	p.Device.Host = measure.Speed{FLOPs: 1e11, Op: 1e-7}
	for _, c := range []struct {
		way   string
		speed measure.Speed
		want  string
	}{
		{Auto, measure.Speed{FLOPs: 1e13, Op: 1e-7, Step: 1e-4}, "a GPU"},
		{Auto, measure.Speed{FLOPs: 1e13, Op: 1e-7, Step: 10}, "portable"}, // waiting costs more
		{Auto, measure.Speed{FLOPs: 1e10, Op: 1e-7, Step: 1e-4}, "portable"},
		{Auto, measure.Speed{}, "portable"}, // not measured
		{OnHost, measure.Speed{FLOPs: 1e13}, "portable"},
		{OnDevice, measure.Speed{FLOPs: 1}, "a GPU"},
	} {
		p.Device.Speed = c.speed
		if err := p.Use(c.way); err != nil {
			t.Fatal(err)
		}
		plan, err := p.Plan(freeze.Spec{Preset: "unfreeze-all"}, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		if plan.Computes != c.want {
			t.Errorf("%s at %+v: %s computes, want %s", c.way, c.speed, plan.Computes, c.want)
		}
	}
	bad := DefaultOptions()
	bad.Rate = -1
	_, err := p.Plan(freeze.Spec{Preset: "unfreeze-all"}, bad)
	checkCode(t, err, Invalid, "learning rate")
	p.Device = nil
	check(t, p.Use(OnDevice), Unsupported, "No GPU")
	check(t, p.Use("both"), Invalid, "choose auto")
}

// counted is a host that knows how often something was compiled for it.
type counted struct {
	program.Host
	compiled int
}

func (m *counted) Align() int {
	m.compiled++
	return m.Host.Align()
}

// What a person wants of the device is compiled for the device alone.
func TestHostIsNotAsked(t *testing.T) {
	p := open(t, 3, 2)
	p.withDevice(program.Forward, 1<<30)
	host := &counted{Host: program.OnHost(kernels.NewPortable(1))}
	p.Machine = host
	for _, c := range []struct {
		way string
		ask bool
	}{{OnDevice, false}, {Auto, true}, {OnHost, true}} {
		host.compiled = 0
		p.Use(c.way)
		if _, err := p.Plan(freeze.Spec{Preset: "unfreeze-all"}, DefaultOptions()); err != nil || (host.compiled > 0) != c.ask {
			t.Errorf("%s: %v, %d programs for the host", c.way, err, host.compiled)
		}
	}
}
