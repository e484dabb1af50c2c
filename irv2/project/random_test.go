package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A person in no order, with values that make no sense, who gives up at any moment: no call
// panics or hangs, each error is a sentence, one that is refused or given up changes
// nothing, and what is there fits together.
func TestRandomCalls(t *testing.T) {
	content, err := os.ReadFile(testImages + "photos/boat/boat-1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHand(t, content)
		defer h.end(rt)
		rt.Repeat(h.calls())
	})
}

// hand is who calls, and what it has heard.
type hand struct {
	p       *Project
	photo   []byte
	polls   atomic.Int64 // until cancel is called; negative: never
	cancel  context.CancelFunc
	run     *Run
	surveys []int
	kept    []string
	memory  int64

	mu     sync.Mutex
	events []Event // of run
}

func newHand(t *testing.T, photo []byte) *hand {
	h := &hand{p: open(t, 1, 0), photo: photo, cancel: func() {}}
	withLibrary(t, h.p)
	h.polls.Store(-1)
	h.p.Poll = func(ctx context.Context) func() error {
		return func() error {
			if h.polls.Add(-1) == 0 {
				h.cancel()
			}
			return ctx.Err()
		}
	}
	return h
}

// end leaves nothing running.
func (h *hand) end(t *rapid.T) {
	if h.run != nil {
		h.run.Cancel()
		h.ended(t)
	}
}

// ended waits for the run and looks at what it said.
func (h *hand) ended(t *rapid.T) {
	stuck := time.AfterFunc(time.Minute, func() { panic("a run does not end") })
	defer stuck.Stop()
	h.run.Wait()
	h.run = nil
	if h.p.Run() != nil {
		t.Fatalf("a run stays behind its end")
	}
	done, err := h.p.Begin(context.Background())
	if err != nil {
		t.Fatalf("nothing may be done behind a run: %v", err)
	}
	done()
	started, finals := false, 0
	for i, e := range h.events {
		if _, err := json.Marshal(e); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		switch e := e.(type) {
		case Started:
			started = true
		case Stepped, EpochDone, Cached:
			if !started {
				t.Fatalf("%+v came before the start", e)
			}
		case Failed:
			finals++
			sentenceOf(t, Errorf(e.Code, "%s", e.Message))
		case Ended:
			finals++
		}
		if finals > 0 && i < len(h.events)-1 {
			t.Fatalf("%+v came behind the end", h.events[i+1])
		}
	}
	if finals != 1 {
		t.Fatalf("%d ends", finals)
	}
}

// state is all that a refused call may not change. What a run changes is left out beside one.
func (h *hand) state(t *rapid.T) string {
	info := h.p.Images()
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatalf("%v", err)
	}
	state := fmt.Sprintf("%s %+v %v", text, h.p.choice, h.p.way)
	if n := h.p.network; h.run == nil && n != nil {
		state += fmt.Sprintf(" %p %p %v %v %+v", n.current.Weights, n.loaded.Weights, n.current.names(), n.loaded.names(), n.info)
	}
	return state
}

// call makes one call, which may be given up at one of its polls.
func (h *hand) call(t *rapid.T, do func(ctx context.Context) error) {
	before, running := h.state(t), h.run != nil
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.cancel = cancel
	if after := rapid.SampledFrom([]int64{-1, -1, -1, 0, 1, 2, 5, 20}).Draw(t, "give up after"); after == 0 {
		cancel()
	} else {
		h.polls.Store(after)
	}
	stuck := time.AfterFunc(time.Minute, func() { panic("a call hangs") })
	start := time.Now()
	err := do(ctx)
	stuck.Stop()
	h.polls.Store(-1)
	if took := time.Since(start); took > 20*time.Second {
		t.Fatalf("took %v", took)
	}
	if err == nil {
		return
	}
	if errors.Is(err, context.Canceled) {
		if ctx.Err() == nil {
			t.Fatalf("nobody gave it up: %v", err)
		}
	} else {
		sentenceOf(t, err)
	}
	if after := h.state(t); after != before && running == (h.run != nil) {
		t.Fatalf("%v, but changed\n%s\nto\n%s", err, before, after)
	}
}

// consistent holds what is there against itself.
func (h *hand) consistent(t *rapid.T) {
	info := h.p.Images()
	ids, names := map[int]bool{}, map[string]bool{}
	for _, c := range info.Classes {
		if c.Name == "" || names[c.Name] || len([]rune(c.Name)) > 100 {
			t.Fatalf("class %q", c.Name)
		}
		names[c.Name] = true
		for _, image := range c.Images {
			if ids[image.ID] || !slices.Contains([]string{"train", "validation", "test", "aside"}, image.Split) {
				t.Fatalf("%+v", image)
			}
			ids[image.ID] = true
		}
	}
	for _, d := range info.Duplicates {
		for _, id := range d.IDs {
			if !ids[id] {
				t.Fatalf("a copy %d that is not there", id)
			}
		}
	}
	for _, s := range h.p.data.set.Classes {
		for _, s := range s.Samples {
			if s.Pixels == nil {
				continue
			}
			if pixels, err := s.Pixels.Read(nil); err != nil || len(pixels) != 3*h.p.choice.Size*h.p.choice.Size {
				t.Fatalf("an image of %d values at %d pixels, %v", len(pixels), h.p.choice.Size, err)
			}
		}
	}
	for _, did := range []*string{info.Undo, info.Redo} {
		if did != nil && len(*did) > 500 {
			t.Fatalf("a step of %d characters", len(*did))
		}
	}
	if _, err := h.p.Describe(); err != nil {
		t.Fatalf("%v", err)
	}
	if n := h.p.network; n != nil && h.run == nil {
		for _, v := range []version{n.loaded, n.current} {
			if v.Model.Config.Name != h.p.choice.Model || v.Model.Config.Dense != h.p.choice.Dense || v.outputs != nil && len(v.outputs) != v.Model.Config.Classes {
				t.Fatalf("weights of %+v with %d outputs, chosen is %+v", v.Model.Config, len(v.outputs), h.p.choice)
			}
		}
	}
}
