package project

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"thaw/irv2/worlds"
)

// addBoats adds photographs to a class.
func addBoats(t testing.TB, p *Project, class string, names ...string) {
	t.Helper()
	var files []PictureFile
	for _, name := range names {
		files = append(files, onDisk(t, "photos/boat/"+name+".jpg"))
	}
	from, err := Files(class, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddImages(t.Context(), from, quiet); err != nil {
		t.Fatal(err)
	}
}

// whole fails unless all pictures of a reopened project can be read from what is kept.
func whole(t testing.TB, d *disk, want int) (*Project, *Opened) {
	t.Helper()
	p, o := d.reopen(t)
	if n := p.data.set.Len(); n != want || o.Problem != nil {
		t.Errorf("%d of %d images are found: %+v", n, want, o.Keeping)
	}
	for _, c := range p.data.set.Classes {
		for _, s := range c.Samples {
			if _, err := s.File.Read(); err != nil || s.Pixels == nil {
				t.Errorf("%s is listed and not there: %v", s.Name, err)
			}
		}
	}
	return p, o
}

// Site data cleared, at rest or at whatever write: all is kept again.
func TestClearedIsKeptAgain(t *testing.T) {
	clear := func(d *disk) {
		clear(d.notes.files)
		clear(d.files.files)
	}
	for at := range 40 {
		d := newDisk()
		p := d.visit(t, open(t, 0, 0))
		writes := 0
		count := func(string) error {
			if writes++; writes == at {
				clear(&disk{notes: d.notes, files: d.files}) // the lock of one is held, the other at rest
			}
			return nil
		}
		d.notes.fail, d.files.fail = count, count
		addBoats(t, p, "boats", "boat-1", "boat-2")
		addWorld(t, p, worlds.Near, 1, 1)
		kept(t, p)
		if at == 0 { // at rest
			p.keeper.look()
			before := writes
			clear(d)
			p.keeper.look()
			kept(t, p)
			if writes == before {
				t.Fatal("it is not noticed")
			}
		} else if writes < at {
			break
		}
		whole(t, d.after(), p.data.set.Len())
	}

	// Networks of runs that had ended are gone, and one sentence says so.
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	train(t, p, "head-only", DefaultOptions())
	kept(t, p)
	clear(d)
	p.keeper.look()
	kept(t, p)
	if k, _ := p.Keeping(); k.Problem == nil || !strings.Contains(*k.Problem, "networks of runs that had ended are not") {
		t.Errorf("%+v", k)
	}
	train(t, p, "head-only", DefaultOptions())
	kept(t, p)
	_, o := whole(t, d.after(), p.data.set.Len())
	if len(o.Runs) != 2 || o.Runs[0].Network || !o.Runs[1].Network || o.Using != "run 2" {
		t.Errorf("%+v", o.Runs)
	}
}

// Two tabs whose locks do not know of each other, as after site data were cleared: the later
// one has the project, the other says so, and nothing that is listed is lost.
func TestTabsApart(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	addBoats(t, p, "boats", "boat-1", "boat-2")
	kept(t, p)
	apart := &disk{d.notes, d.files, &Locks{}}
	d.files.Put(t.Context(), p.keeper.id()+"/image-9", []byte("on its way into the document"))
	q, _ := apart.reopen(t)
	addBoats(t, p, "boats", "boat-3")
	if err := p.Kept(t.Context()); err != nil {
		t.Error(err)
	}
	if k, _ := p.Keeping(); !k.ReadOnly {
		t.Errorf("two tabs write: %+v", k)
	}
	addBoats(t, q, "boats", "boat-4")
	kept(t, q)
	if k, _ := q.Keeping(); k.ReadOnly {
		t.Error("nobody writes")
	}
	whole(t, d.after(), 3)
}

// A disk that was full is tried again by itself.
func TestRoomAgain(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 2, 1))
	kept(t, p)
	d.files.fail = func(string) error { return Errorf("quota", "There is no room.") }
	addBoats(t, p, "boats", "boat-1")
	p.Kept(t.Context())
	p.keeper.look()
	if err := p.Kept(t.Context()); codeOf(err) != "quota" {
		t.Errorf("kept: %v", err)
	}
	d.files.fail = nil
	p.keeper.look()
	kept(t, p)
	whole(t, d.after(), p.data.set.Len())
}

// Equal files are stored once, as long as one of them is there.
func TestEqualFilesOnce(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	addBoats(t, p, "boats", "boat-1", "boat-2", "boat-1")
	addBoats(t, p, "ships", "boat-1")
	kept(t, p)
	names, _ := d.files.Names(t.Context(), p.keeper.id())
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, "/image-") })
	if len(names) != 2 {
		t.Errorf("stored as %v", names)
	}
	if _, err := p.RemoveImages([]int{p.data.set.Classes[0].Samples[0].ID}); err != nil {
		t.Fatal(err)
	}
	kept(t, p)
	d = d.after()
	p, _ = whole(t, d, 3)
	for _, name := range names {
		d.files.files[name] = []byte("damaged")
	}
	addBoats(t, p, "more", "boat-2", "boat-1")
	kept(t, p)
	whole(t, d.after(), 5)
}

// What came in so far is kept while more comes in; given up, nothing of it stays.
func TestIntakeIsKept(t *testing.T) {
	defer func(was time.Duration) { keepIntakeEvery = was }(keepIntakeEvery)
	keepIntakeEvery = 0
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	var files []PictureFile
	for _, name := range []string{"boat-1", "boat-2", "boat-3", "boat-4", "boat-5", "boat-6"} {
		files = append(files, onDisk(t, "photos/boat/"+name+".jpg"))
	}
	from, err := Files("boats", files)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	taken := 0
	_, err = p.AddImages(ctx, from, func(done, _ int64) {
		if p.data.set.Len() > 2 && taken == 0 {
			kept(t, p)
			q, _ := d.after().reopen(t)
			if taken = q.data.set.Len(); taken == 0 {
				taken = -1
			}
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || taken < 2 {
		t.Fatalf("%d images were kept on the way, %v", taken, err)
	}
	addBoats(t, p, "boats", "boat-8")
	kept(t, p)
	whole(t, d.after(), 1)
}
