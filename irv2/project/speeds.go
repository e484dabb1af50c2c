package project

import (
	"context"
	"encoding/json"
	"time"

	"thaw/irv2/measure"
)

// Speeds keeps what GPUs and the processor beside them were measured to do, so that a
// later visit does not measure again.
type Speeds struct {
	Shelf Shelf // nil: nothing is kept
	Now   func() time.Time
}

// Measurements is the box of Speeds: adapter -> keptSpeeds as JSON.
const Measurements Box = "measurements"

// Measured is what a device and the host beside it do.
type Measured struct{ Device, Host measure.Speed }

type keptSpeeds struct {
	Engine string // which measured
	At     time.Time
	Measured
}

// speedsLast is how long a measurement counts: drivers change, and what ran beside it ends.
const speedsLast = 30 * 24 * time.Hour

// Of returns what stands there of an adapter, as this engine measured it within a month;
// otherwise, or where it is asked to do so anew, it measures, and keeps that if it can.
func (s Speeds) Of(ctx context.Context, adapter, engine string, anew bool, take func() (Measured, error)) (Measured, error) {
	if kept, ok := s.kept(ctx, adapter); ok && !anew && kept.Engine == engine {
		return kept.Measured, nil
	}
	m, err := take()
	if err != nil || s.Shelf == nil {
		return m, err
	}
	if text, err := json.Marshal(keptSpeeds{engine, s.Now(), m}); err == nil {
		s.Shelf.Put(ctx, Measurements, adapter, text) // else it is measured again
	}
	return m, nil
}

// kept is what stands there and may still count.
func (s Speeds) kept(ctx context.Context, adapter string) (k keptSpeeds, ok bool) {
	if s.Shelf == nil {
		return k, false
	}
	text, err := s.Shelf.Get(ctx, Measurements, adapter)
	if err != nil || text == nil || json.Unmarshal(text, &k) != nil {
		return k, false
	}
	age := s.Now().Sub(k.At)
	return k, 0 <= age && age < speedsLast && k.Device.FLOPs > 0 && k.Host.FLOPs > 0
}
