package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"thaw/irv2/freeze"
	"thaw/irv2/keep"
	"thaw/irv2/worlds"
)

// folder is a keep.Place in memory; fail may refuse a write.
type place struct {
	mu    sync.Mutex
	files map[string][]byte
	fail  func(name string) error
}

func newPlace() *place { return &place{files: map[string][]byte{}} }

func (p *place) Names(_ context.Context, folder string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := slices.Sorted(maps.Keys(p.files))
	return slices.DeleteFunc(names, func(name string) bool { return folder != "" && !strings.HasPrefix(name, folder+"/") }), nil
}

func (p *place) Get(_ context.Context, name string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.files[name], nil
}

func (p *place) Put(_ context.Context, name string, content []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(name); err != nil {
			return err
		}
	}
	p.files[name] = bytes.Clone(content)
	return nil
}

func (p *place) Delete(_ context.Context, names ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range names {
		delete(p.files, name)
	}
	return nil
}

// snapshotOf is a copy, as a crash leaves it.
func (p *place) copy() *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &place{files: maps.Clone(p.files)}
}

// disk is what outlives a visit.
type disk struct {
	notes, files *place
	locks        *Locks
}

func newDisk() *disk {
	return &disk{newPlace(), newPlace(), &Locks{}}
}

// after is the disk as a crash leaves it now: nobody holds a lock.
func (d *disk) after() *disk {
	notes := d.notes.copy() // before the files that it names
	return &disk{notes, d.files.copy(), &Locks{}}
}

// visit keeps p's projects on the disk.
func (d *disk) visit(t testing.TB, p *Project) *Project {
	t.Helper()
	p.KeepProjects(&keep.Store{Notes: d.notes, Files: d.files}, d.locks, nil)
	if err := p.SweepProjects(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// reopen opens the last project of a disk in a new visit.
func (d *disk) reopen(t testing.TB) (*Project, *Opened) {
	t.Helper()
	p := d.visit(t, open(t, 0, 0))
	list, err := p.Projects(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatalf("%d projects, %v", len(list), err)
	}
	o, err := p.OpenProject(t.Context(), list[0].ID, false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, o
}

func kept(t testing.TB, p *Project) {
	t.Helper()
	if err := p.Kept(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What a person did is there at the next visit: images from files and from worlds, labels,
// split, runs, the trained network.
func TestProjectIsKept(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	if _, err := d.notes.Get(t.Context(), ""); err != nil || len(d.notes.files) != 0 {
		t.Fatal("an empty project was written")
	}
	addWorld(t, p, worlds.Near, 3, 2)
	from, err := Files("boats", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg"), onDisk(t, "photos/boat/boat-2.jpg")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RenameClass("boats", "ships"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ExcludeImages([]int{p.Images().Classes[0].Images[1].ID}); err != nil {
		t.Fatal(err)
	}
	events := train(t, p, "head-only", DefaultOptions())
	kept(t, p)
	if err := p.NotePage(t.Context(), []byte(`{"tab":"runs"}`)); err != nil {
		t.Fatal(err)
	}
	want, wantImages := predict(t, p), p.Images()

	q, o := d.after().reopen(t)
	wantImages.Undo = nil // history is of one visit
	if got := q.Images(); !reflect.DeepEqual(got, wantImages) {
		t.Errorf("images\n%+v, want\n%+v", got, wantImages)
	}
	if got := predict(t, q); !reflect.DeepEqual(got, want) {
		t.Errorf("predicted %v, want %v", got, want)
	}
	kept(t, q)
	if q.keeper.doc.Current != "run 1" {
		t.Errorf("the network in use is of %q", q.keeper.doc.Current)
	}
	if len(o.Runs) != 1 || o.Runs[0].ID != "run 1" || !o.Runs[0].Network || len(o.Runs[0].Epochs) != 1 || len(o.Warnings) > 0 || string(o.Page) != `{"tab":"runs"}` || o.Interrupted != nil {
		t.Errorf("%+v", o)
	}
	var result RunResult
	if err := json.Unmarshal(o.Runs[0].Result, &result); err != nil || !reflect.DeepEqual(&result, events[len(events)-1].(Ended).Result) {
		t.Errorf("%+v, %v", result, err)
	}
	for _, c := range q.data.set.Classes {
		for i, s := range c.Samples {
			mine := p.data.set.Class(c.Name).Samples[i]
			if !bytes.Equal(values(t, s), values(t, mine)) {
				t.Errorf("%s: other pixels", s.Name)
			}
			got, err := s.File.Read()
			file, _ := mine.File.Read()
			if err != nil || !bytes.Equal(got, file) {
				t.Errorf("%s: another file, %v", s.Name, err)
			}
		}
	}
	size := 48 // decoded from the kept files
	if err := q.Configure(t.Context(), Change{Size: &size}); err != nil || len(q.Images().Warnings) > 0 {
		t.Error(err)
	}
}

// A run that was stopped anywhere goes on to the bits of one that was not.
func TestRunGoesOn(t *testing.T) {
	o := DefaultOptions()
	o.Epochs, o.Batch, o.Dropout = 3, 4, 0.2
	o.Augment.Flip = true
	spec := freeze.Spec{From: "block8_1", BatchNorm: freeze.Batch}
	undisturbed := open(t, 3, 2)
	r, err := undisturbed.Train(t.Context(), spec, o, func(Event) {})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	want := undisturbed.network.current

	for _, stop := range []int{1, 3, 4, 8} {
		d := newDisk()
		p := d.visit(t, open(t, 3, 2))
		kept(t, p)
		var crashed *disk
		r, err := p.Train(t.Context(), spec, o, func(e Event) {
			if s, ok := e.(Stepped); ok && s.Step == stop {
				p.Run().keptAt = time.Now().Add(-keepEvery) // the checkpoint comes behind this event
			}
			if s, ok := e.(Stepped); ok && s.Step == stop+1 {
				crashed = d.after()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Wait()
		q, found := crashed.reopen(t)
		if i := found.Interrupted; i == nil || i.Steps < stop || i.Of != 9 || i.Problem != nil {
			t.Fatalf("interrupted: %+v %s", i, *i.Problem)
		}
		var started Started
		again, err := q.GoOn(t.Context(), func(e Event) {
			if s, ok := e.(Started); ok {
				started = s
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		again.Wait()
		if started.Done != found.Interrupted.Steps || started.Run != "run 1" {
			t.Errorf("started %+v", started)
		}
		for i, param := range want.Model.Params {
			if !slices.Equal(q.network.current.Data[i], want.Data[i]) {
				t.Fatalf("stopped at %d: %s has other bits", stop, param.Name())
			}
		}
		if c, err := q.places.store.Checkpoint(t.Context(), q.keeper.id()); c != nil || err != nil {
			t.Errorf("the checkpoint stays: %v, %v", c, err)
		}
	}
}

// At whatever write a crash comes: what is listed is whole.
func TestCrashAtEveryWrite(t *testing.T) {
	for n := range 60 {
		d := newDisk()
		writes := 0
		var crashed *disk
		crash := func(string) error {
			if writes++; writes == n+1 {
				crashed = &disk{&place{files: maps.Clone(d.notes.files)}, &place{files: maps.Clone(d.files.files)}, &Locks{}}
			}
			return nil
		}
		d.notes.fail, d.files.fail = crash, func(name string) error {
			err := crash(name)
			if crashed != nil && writes == n+1 {
				crashed.files.files[name] = []byte("half") // cut short
			}
			return err
		}
		p := d.visit(t, open(t, 0, 0))
		from, err := Files("boats", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg"), onDisk(t, "photos/boat/boat-2.jpg")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil {
			t.Fatal(err)
		}
		addWorld(t, p, worlds.Near, 2, 1)
		train(t, p, "head-only", DefaultOptions())
		kept(t, p)
		if crashed == nil {
			break
		}
		q := crashed.visit(t, open(t, 0, 0))
		list, err := q.Projects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range list {
			if _, err := q.OpenProject(t.Context(), info.ID, false, nil, nil); err != nil || info.Damaged {
				t.Errorf("crash at write %d: %+v, %v", n, info, err)
			}
			for _, c := range q.data.set.Classes {
				for _, s := range c.Samples {
					if _, err := s.File.Read(); err != nil || s.Pixels == nil {
						t.Errorf("crash at write %d: %s is listed and not there: %v", n, s.Name, err)
					}
				}
			}
		}
		if len(list) == 0 && len(crashed.files.files) > 0 {
			t.Errorf("crash at write %d: left behind %v", n, slices.Collect(maps.Keys(crashed.files.files)))
		}
	}
}

// The second tab reads, and says so.
func TestTwoTabs(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	if _, err := p.RemoveImages([]int{p.data.set.Classes[0].Samples[0].ID}); err != nil {
		t.Fatal(err)
	}
	kept(t, p)
	q, o := d.reopen(t)
	if !o.ReadOnly || q.data.set.Len() != p.data.set.Len() {
		t.Errorf("%+v", o.Keeping)
	}
	before := maps.Clone(d.notes.files)
	train(t, q, "head-only", DefaultOptions())
	q.ClearImages()
	time.Sleep(20 * time.Millisecond)
	if !bytes.Equal(d.notes.files[o.ID+"/project.json"], before[o.ID+"/project.json"]) {
		t.Error("the second tab wrote")
	}
	check(t, q.RemoveProject(t.Context(), o.ID), Invalid, "open in another tab")
	p.closeProject()
	if _, o := d.reopen(t); o.ReadOnly {
		t.Error("it is still held")
	}
}

// Where there is no room, one sentence says so, and what was kept stays.
func TestNoRoom(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	kept(t, p)
	full := Errorf("quota", "There is no room.")
	d.files.fail = func(string) error { return full }
	addWorld(t, p, worlds.Shadow, 2, 1)
	from, _ := Files("boats", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg")})
	if _, err := p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	if err := p.Kept(t.Context()); !errors.Is(err, full) {
		t.Errorf("kept: %v", err)
	}
	if k, _ := p.Keeping(); k.Problem == nil || k.Images >= k.Of {
		t.Errorf("%+v", k)
	}
	check(t, p.NewProject(t.Context(), false), "quota", "no room")
	events := train(t, p, "head-only", DefaultOptions()) // goes on
	if _, ok := events[len(events)-1].(Ended); !ok {
		t.Errorf("%+v", events[len(events)-1])
	}
	d.files.fail = nil
	p.RenameProject(t.Context(), p.keeper.id(), "again")
	kept(t, p)
	if _, o := d.after().reopen(t); o.Images != o.Of || o.Name != "again" {
		t.Errorf("%+v", o.Keeping)
	}
}

// Opening a project writes nothing, but for whose it is before it sweeps what a run left
// behind: a crash on the way finds it as it was.
func TestOpeningWritesNothing(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	train(t, p, "head-only", DefaultOptions())
	kept(t, p)
	d = d.after()
	d.files.fail = func(name string) error { t.Errorf("%s was written", name); return nil }
	d.notes.fail = func(name string) error {
		if path.Base(name) == "here.json" {
			return nil
		}
		return d.files.fail(name)
	}
	q, _ := d.reopen(t)
	kept(t, q)
	q, o := d.after().reopen(t)
	if o.Images != o.Of || o.Images == 0 || q.network.current.run != "run 1" {
		t.Errorf("%+v, %q", o.Keeping, q.network.current.run)
	}
}

// While a checkpoint is written, the last whole one stays, whoever wrote that.
func TestCheckpointsTakeTurns(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 3, 2))
	kept(t, p)
	o := DefaultOptions()
	o.Epochs, o.Batch = 3, 4
	halves := 0
	for range 3 {
		var crashed *disk
		steps := 0
		d.files.fail = func(name string) error {
			if steps > 1 && strings.Contains(name, "checkpoint") && crashed == nil {
				crashed = &disk{d.notes.copy(), &place{files: maps.Clone(d.files.files)}, &Locks{}} // d.files is locked
				crashed.files.files[name] = []byte("half")
				halves++
			}
			return nil
		}
		hear := func(e Event) {
			if _, ok := e.(Stepped); ok {
				steps++
				p.Run().keptAt = time.Now().Add(-keepEvery)
			}
		}
		start := func() (*Run, error) { return p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, o, hear) }
		if halves > 0 {
			start = func() (*Run, error) { return p.GoOn(t.Context(), hear) }
		}
		run, err := start()
		if err != nil {
			t.Fatal(err)
		}
		run.Wait()
		if crashed == nil {
			break
		}
		d = crashed
		p, _ = d.reopen(t)
		q, found := d.after().reopen(t)
		if found.Interrupted == nil {
			t.Fatal("the run is gone")
		}
		again, err := q.GoOn(t.Context(), func(e Event) {
			if f, ok := e.(Failed); ok {
				t.Errorf("%+v", f)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		again.Wait()
	}
	if halves < 2 {
		t.Errorf("%d crashes in a checkpoint", halves)
	}
}

// A run's network predicts at the size, and with the head, that it was trained with.
func TestRunsKeepTheirSize(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	train(t, p, "head-only", DefaultOptions())
	want := predict(t, p)
	size, dense := 48, 8
	if err := p.Configure(t.Context(), Change{Size: &size, Dense: &dense}); err != nil {
		t.Fatal(err)
	}
	train(t, p, "head-only", DefaultOptions())
	if err := p.UseRun(t.Context(), "run 1", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := predict(t, p); !reflect.DeepEqual(got, want) {
		t.Errorf("predicted %v, want %v", got, want)
	}
}

// Runs that began from other weights are taken up too: those come into use with them.
func TestUseRunFromOtherWeights(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	train(t, p, "head-only", DefaultOptions())
	first := predict(t, p)
	if _, err := p.Synthesize(t.Context(), "", 2); err != nil {
		t.Fatal(err)
	}
	train(t, p, "head-only", DefaultOptions())
	second := predict(t, p)
	_, err := p.PredictBy(t.Context(), "run 1", nil)
	check(t, err, Mismatch, "other weights than those in use")
	for range 2 {
		for run, want := range map[string][]Probability{"run 1": first, "run 2": second} {
			if err := p.UseRun(t.Context(), run, nil, nil); err != nil {
				t.Fatal(err)
			}
			if got := predict(t, p); !reflect.DeepEqual(got, want) {
				t.Errorf("%s predicts %v, want %v", run, got, want)
			}
		}
	}
	err = p.UseRun(t.Context(), "run 9", nil, nil)
	check(t, err, Invalid, "no kept network of run 9")
}
