package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// tab is a project on a shelf that others use too.
func tab(t testing.TB, shelf Shelf, locks Locker) *Project {
	t.Helper()
	p := open(t, 0, 0)
	var err error
	if p.Library, err = OpenLibrary(t.Context(), shelf, locks); err != nil {
		t.Fatal(err)
	}
	return p
}

// A tab that opens while another keeps weights leaves its pieces alone, with locks and
// where there are none; what no writer will finish goes when nobody writes.
func TestSecondTabSweepsNothing(t *testing.T) {
	for name, locks := range map[string]Locker{"locks": &Locks{}, "none": nil} {
		shelf := newMapShelf()
		p := tab(t, shelf, locks)
		file := exported(t, p, "safetensors")
		shelf.boxes[Chunks]["mini-0/000000"] = []byte("left by a crash")
		puts := 0
		shelf.fail = func(Box) error {
			puts++
			tab(t, shelf, locks)
			return nil
		}
		info, err := importBytes(t, p, "w.safetensors", file)
		if err != nil || !info.Stored || puts != 3 {
			t.Fatalf("%s: %+v, %v, %d puts", name, info, err, puts)
		}
		shelf.fail = nil
		second := tab(t, shelf, locks)
		if _, err := second.UseWeights(t.Context(), info.ID, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, left := shelf.boxes[Chunks]["mini-0/000000"]; left != (locks == nil) {
			t.Errorf("%s: what a crash left is there: %t", name, left)
		}
	}
}

// Two tabs that keep at once do so one after the other, and the second tells that it waits.
func TestOneWriterAtATime(t *testing.T) {
	shelf, locks := newMapShelf(), &Locks{}
	first, second := tab(t, shelf, locks), tab(t, shelf, locks)
	file := exported(t, first, "safetensors")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := locks.Lock(t.Context(), libraryLock)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		done := make(chan WeightInfo)
		go func() {
			info, _ := second.Import(t.Context(), "", func() (string, File, error) { return "w", inMemory(file), nil },
				func(what string) Progress { told = append(told, what); return func(_, _ int64) {} })
			done <- info
		}()
		synctest.Wait()
		if len(shelf.boxes[Chunks]) != 0 || !slices.Contains(told, "Waiting for another tab that keeps weights") {
			t.Errorf("%d chunks while another writes; told %q", len(shelf.boxes[Chunks]), told)
		}
		unlock()
		if info := <-done; !info.Stored {
			t.Errorf("%+v", info)
		}
	})
}

// What is missing or damaged is listed as such, is not used, and is mended by the same file.
func TestDamageHeals(t *testing.T) {
	p := open(t, 0, 0)
	shelf := withLibrary(t, p)
	file := exported(t, p, "safetensors")
	info, err := importBytes(t, p, "w.safetensors", file)
	if err != nil {
		t.Fatal(err)
	}
	first, second := info.ID+"/000000", info.ID+"/000001"
	whole := map[Box]map[string][]byte{Manifests: maps.Clone(shelf.boxes[Manifests]), Chunks: maps.Clone(shelf.boxes[Chunks])}
	for name, c := range map[string]struct {
		damage func()
		seen   bool // before it is loaded
		puts   int  // that mend it: a chunk, and the manifest
	}{
		"bit":      {func() { b := bytes.Clone(shelf.boxes[Chunks][first]); b[9] ^= 1; shelf.boxes[Chunks][first] = b }, false, 2},
		"missing":  {func() { delete(shelf.boxes[Chunks], second) }, true, 2},
		"all":      {func() { clear(shelf.boxes[Chunks]) }, true, 3},
		"manifest": {func() { shelf.boxes[Manifests][info.ID] = []byte("{") }, true, 1},
		"nothing":  {func() {}, false, 1},
	} {
		shelf.boxes[Manifests], shelf.boxes[Chunks] = maps.Clone(whole[Manifests]), maps.Clone(whole[Chunks])
		c.damage()
		p := tab(t, shelf, &Locks{})
		damaged := func() bool {
			list, err := p.ListWeights(t.Context())
			if err != nil || len(list) != 3 || !list[1].Builtin || list[2].ID != info.ID {
				t.Fatalf("%s: %+v, %v", name, list, err)
			}
			return list[2].Damaged
		}
		if damaged() != c.seen {
			t.Errorf("%s: damage is seen: %t", name, !c.seen)
		}
		if _, err := p.UseWeights(t.Context(), info.ID, nil); name == "nothing" && err != nil {
			t.Error(err)
		} else if name != "nothing" {
			check(t, err, Corrupt, "damaged: choose the file again")
			if !damaged() {
				t.Errorf("%s: the list does not know", name)
			}
		}
		puts := 0
		shelf.fail = func(Box) error { puts++; return nil }
		again, err := importBytes(t, p, "w.safetensors", file)
		shelf.fail = nil
		if err != nil || !again.Stored || again.ID != info.ID || again.Damaged || puts != c.puts || damaged() {
			t.Errorf("%s: %+v, %v, %d puts", name, again, err, puts)
		}
		if _, err := tab(t, shelf, &Locks{}).UseWeights(t.Context(), info.ID, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Weights are said to be kept only when they were seen to be there: what is cleared while
// it is written is written again, and what never stays is not kept.
func TestKeptIsLookedAt(t *testing.T) {
	for name, times := range map[string]int{"once": 1, "always": 100} {
		p := open(t, 0, 0)
		shelf := withLibrary(t, p)
		shelf.fail = func(box Box) error {
			if box == Manifests && times > 0 {
				times--
				clear(shelf.boxes[Chunks])
			}
			return nil
		}
		info, err := importBytes(t, p, "w.safetensors", exported(t, p, "safetensors"))
		if err != nil || info.Stored != (name == "once") {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if name == "always" && (len(info.Warnings) != 1 || !strings.Contains(info.Warnings[0], "did not stay") || len(shelf.boxes[Manifests]) != 0) {
			t.Errorf("%s: %+v", name, info)
		}
	}
}

// Keeping again what is whole cannot harm it, however it ends.
func TestKeepingAgainHarmsNothing(t *testing.T) {
	p := open(t, 0, 0)
	shelf := withLibrary(t, p)
	file := exported(t, p, "safetensors")
	if _, err := importBytes(t, p, "w", file); err != nil {
		t.Fatal(err)
	}
	whole := maps.Clone(shelf.boxes[Chunks])
	ctx, cancel := context.WithCancel(t.Context())
	_, err := p.Import(ctx, "", func() (string, File, error) { return "w", inMemory(file), nil }, func(what string) Progress {
		return func(_, _ int64) {
			if strings.HasPrefix(what, "Keeping") {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("given up: %v", err)
	}
	shelf.fail = func(Box) error { return Errorf("quota", "There is no room.") }
	info, err := importBytes(t, p, "w", file)
	if err != nil || info.Stored {
		t.Errorf("%+v, %v", info, err)
	}
	if len(shelf.boxes[Manifests]) != 1 || !maps.EqualFunc(shelf.boxes[Chunks], whole, bytes.Equal) {
		t.Error("what was kept is not whole")
	}
}

// brokenShelf is a storage that is gone.
type brokenShelf struct{ *mapShelf }

func (brokenShelf) Keys(context.Context, Box) ([]string, error) {
	return nil, Errorf("storage", "The storage is gone.")
}

// What comes with Thaw is listed whatever happens to the rest.
func TestListWithoutStorage(t *testing.T) {
	p := open(t, 0, 0)
	withLibrary(t, p)
	p.Library.shelf = brokenShelf{newMapShelf()}
	list, err := p.ListWeights(t.Context())
	if len(list) != 2 || !list[0].Builtin || !list[1].Builtin {
		t.Errorf("%+v", list)
	}
	check(t, err, "storage", "gone")
}

func TestLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		locks := &Locks{}
		order := make(chan int, 3)
		unlock, _ := locks.Lock(t.Context(), "a")
		if second, err := locks.TryLock(t.Context(), "a"); second != nil || err != nil {
			t.Errorf("taken twice, %v", err)
		}
		other, err := locks.TryLock(t.Context(), "b")
		if other == nil || err != nil {
			t.Errorf("another lock is not free, %v", err)
		}
		for i := range 2 {
			go func() {
				unlock, err := locks.Lock(t.Context(), "a")
				if err != nil {
					t.Error(err)
				}
				order <- i
				unlock()
			}()
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := locks.Lock(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		synctest.Wait()
		if len(order) != 0 {
			t.Error("two hold one lock")
		}
		unlock()
		if sum := <-order + <-order; sum != 1 {
			t.Error(fmt.Sprint("waiters: ", sum))
		}
	})
}
