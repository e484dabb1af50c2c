package project

import (
	"context"
	"errors"
	"fmt"
	"time"

	"thaw/irv2/measure"
	"thaw/irv2/tune"
	"thaw/kernels"
	"thaw/kernels/program"
)

// Device is a machine beside the host's that runs may use, such as a GPU.
type Device struct {
	program.Machine
	Label string // what a person reads: the adapter's name
	// What device and host do; zero where they were not measured.
	Speed, Host measure.Speed
	Close       func() // gives the device back
}

// Ways to choose who computes a run.
const (
	Auto     = "auto"   // the faster one for the plan at hand
	OnHost   = "host"   // the processor
	OnDevice = "device" // the GPU, or an error
)

// Use chooses who computes the next runs.
func (p *Project) Use(way string) error {
	switch {
	case way != Auto && way != OnHost && way != OnDevice:
		return Errorf(Invalid, "There is no way to compute called %.100q: choose auto, host or device.", way)
	case way == OnDevice && p.Device == nil:
		return Errorf(Unsupported, "No GPU can be used in this browser: choose auto.")
	}
	p.way = way
	return nil
}

// Way is how the next runs are computed.
func (p *Project) Way() string { return p.way }

// layout compiles a phase for the machine that will compute it. An error that is a
// *tune.TooLarge comes with the layout that does not fit.
func (p *Project) layout(ph *phases, i int) (*tune.Layout, error) {
	on := func(m program.Machine, budget int64) (*tune.Layout, error) {
		return tune.NewLayout(ph.plans[i], ph.tune(i, budget), ph.counts, ph.augmented, m)
	}
	var device *tune.Layout
	var deviceErr error
	if p.Device != nil && p.way != OnHost {
		if device, deviceErr = on(p.Device.Machine, 0); deviceErr == nil && p.way == OnDevice {
			return device, nil
		}
	}
	host, hostErr := on(p.Machine, p.budget())
	var tooLarge *tune.TooLarge
	wrong := hostErr != nil && !errors.As(hostErr, &tooLarge) // options that no machine takes
	switch {
	case wrong || p.Device == nil || p.way == OnHost:
		return host, hostErr
	case p.way == OnDevice:
		return nil, Errorf(Memory, "%s", sentence(deviceErr))
	case deviceErr == nil && (hostErr != nil || p.Device.faster(host, device)):
		return device, nil
	}
	return host, hostErr
}

// faster says whether the device takes less time for a step.
func (d *Device) faster(host, device *tune.Layout) bool {
	if d.Speed.FLOPs == 0 || d.Host.FLOPs == 0 {
		return false
	}
	return d.Speed.Seconds(device.Cost().StepFLOPs(), device.StepOps()) < d.Host.Seconds(host.Cost().StepFLOPs(), host.StepOps())
}

// computes names the machine of a layout.
func (p *Project) computes(l *tune.Layout) string {
	if p.Device != nil && l.Machine() == p.Device.Machine {
		return p.Device.Label
	}
	return l.Machine().Name()
}

// lost says that err is the loss of the device, after which the host goes on.
func lost(err error) bool {
	var e *kernels.LostError
	return errors.As(err, &e) && e.Gone
}

// LoseDevice forgets a device that is gone, and says whether a person is to be told: a run
// on it tells by itself, when its own work fails.
func (p *Project) LoseDevice(d *Device) (tell bool) {
	if r := p.Run(); d == nil || p.Device != d || r != nil && r.layout.Machine() == d.Machine {
		return false
	}
	p.Device = nil
	return true
}

// checkEvery is the longest that a run on a device goes on without a checkpoint; at the
// end of a pass one is taken where the last is older than checkPass.
const (
	checkEvery = 10 * time.Second
	checkPass  = time.Second
)

// check takes a checkpoint of a run whose machine may be lost.
func (r *Run) check(passEnds bool) {
	age := time.Since(r.checked)
	if r.layout.Machine() == r.project.Machine || age < checkPass || age < checkEvery && !passEnds {
		return
	}
	if c, err := r.session.Checkpoint(context.Background()); err == nil { // else the step says so
		r.checkpoint, r.checked = c, time.Now()
	}
}

// hostLayout is what l is on the host, which has to hold it now.
func (p *Project) hostLayout(l *tune.Layout, data tune.Data) (*tune.Layout, error) {
	host, err := tune.NewLayout(l.Plan, l.Options.With(p.budget()), l.Counts, data.Augmented(), p.Machine)
	if err == nil {
		p.makeRoom(host)
	}
	return host, err
}

// move goes on with the host from the last checkpoint, after the device was lost.
func (r *Run) move() error {
	p := r.project
	label := p.computes(r.layout)
	p.Device = nil
	layout, err := p.hostLayout(r.layout, r.data)
	if err != nil {
		return Errorf(Memory, "%s was lost, and the run cannot go on with the processor: %s", label, sentence(err))
	}
	if r.checkpoint == nil && r.carry == nil { // the device may have brought back a part
		_, head, _ := r.options.seeds()
		r.weights = r.from.startFor(r.phases.whole, r.outputs, head)
	}
	session, err := tune.New(layout, r.weights, r.data)
	if err != nil {
		return Errorf(Memory, "%s", sentence(err))
	}
	step := 0
	switch {
	case r.carry != nil: // lost as a phase began
		session.Follow(r.carry)
		step, r.carry = r.carry.Steps, nil
	case r.checkpoint != nil:
		if err := session.GoOn(r.checkpoint); err != nil {
			return err
		}
		step = r.checkpoint.Steps
	}
	r.session.Close()
	r.session, r.layout, r.flops = session, layout, layout.StepFLOPs()
	r.emit(Moved{"moved", step, p.computes(layout), fmt.Sprintf("%s was lost: the run goes on with the processor from step %d.", label, step)})
	return nil
}
