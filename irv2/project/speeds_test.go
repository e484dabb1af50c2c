package project

import (
	"errors"
	"testing"
	"time"

	"thaw/irv2/measure"
)

// Speeds are measured once a month for an adapter and an engine, or when asked, and where
// nothing can be kept each time.
func TestSpeeds(t *testing.T) {
	shelf := newMapShelf()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := Speeds{shelf, func() time.Time { return now }}
	measured := 0
	take := func() (Measured, error) {
		measured++
		return Measured{measure.Speed{FLOPs: float64(measured), Op: 1e-6}, measure.Speed{FLOPs: 1e9}}, nil
	}
	ask := func(adapter, engine string, anew bool, want int) {
		t.Helper()
		m, err := s.Of(t.Context(), adapter, engine, anew, take)
		if err != nil || m.Device.FLOPs != float64(want) || m.Device.Op != 1e-6 || m.Host.FLOPs != 1e9 {
			t.Errorf("%v: %+v, want those of measurement %d", err, m, want)
		}
	}
	ask("a GPU", "0.1 simd 2", false, 1)
	ask("a GPU", "0.1 simd 2", false, 1)
	ask("another", "0.1 simd 2", false, 2)
	ask("a GPU", "0.1 simd 2", false, 1)
	ask("a GPU", "0.1 simd 1", false, 3) // fewer threads beside it
	ask("a GPU", "0.2 simd 2", false, 4)
	ask("a GPU", "0.2 simd 2", true, 5) // when asked
	now = now.Add(29 * 24 * time.Hour)
	ask("a GPU", "0.2 simd 2", false, 5)
	now = now.Add(2 * 24 * time.Hour)
	ask("a GPU", "0.2 simd 2", false, 6)
	now = now.Add(-time.Hour) // a clock that was put right
	ask("a GPU", "0.2 simd 2", false, 7)
	shelf.Put(t.Context(), Measurements, "a GPU", []byte("{"))
	ask("a GPU", "0.2 simd 2", false, 8)
	shelf.fail = func(Box) error { return errors.New("no room") }
	ask("a GPU", "0.2 simd 2", true, 9)
	s.Shelf = nil
	ask("a GPU", "0.2 simd 2", false, 10)
	failed := errors.New("the device is gone")
	if _, err := s.Of(t.Context(), "a GPU", "0.2 simd 2", false, func() (Measured, error) { return Measured{}, failed }); err != failed {
		t.Error(err)
	}
}
