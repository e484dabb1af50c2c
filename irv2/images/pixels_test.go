package images

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func values(t testing.TB, s *Sample) []uint8 {
	t.Helper()
	pixels, err := s.Pixels.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}

// memorySlab is a slab that is no file. Its errors are those of a disk that is full, or gone.
type memorySlab struct {
	bytes  []byte
	room   int // 0: any
	gone   error
	closed bool
}

func (s *memorySlab) ReadAt(p []byte, off int64) (int, error) {
	if s.gone != nil {
		return 0, s.gone
	}
	return copy(p, s.bytes[off:]), nil
}

func (s *memorySlab) WriteAt(p []byte, off int64) (int, error) {
	end := int(off) + len(p)
	if s.room > 0 && end > s.room {
		return 0, errors.New("QuotaExceededError")
	}
	s.bytes = append(s.bytes, make([]byte, max(0, end-len(s.bytes)))...)
	return copy(s.bytes[off:], p), nil
}

func (s *memorySlab) Close() error { s.closed = true; return nil }

// onDisk is a data set that keeps two pictures of 16 pixels in memory, and its slabs.
func onDisk(room int) (*Dataset, *[]*memorySlab) {
	d := NewDataset(DefaultResizing(16))
	slabs := &[]*memorySlab{}
	d.Budget = 2 * 16 * 16 * 3
	d.Disk = &Disk{Open: func() (Slab, error) {
		*slabs = append(*slabs, &memorySlab{room: room})
		return (*slabs)[len(*slabs)-1], nil
	}}
	return d, slabs
}

var boats = []string{"boat-1.jpg", "boat-2.jpg", "boat-3.jpg", "boat-4.jpg"}

func addBoats(t testing.TB, d *Dataset) {
	t.Helper()
	for _, name := range boats {
		add(t, d, "boat", name, "photos/boat/"+name)
	}
}

// Pixels beyond the budget go to disk and come back as they would be in memory, at another
// size too.
func TestPixelsOnDisk(t *testing.T) {
	plain := NewDataset(DefaultResizing(16))
	addBoats(t, plain)
	d, slabs := onDisk(0)
	addBoats(t, d)
	same := func() {
		t.Helper()
		for i, s := range d.Classes[0].Samples {
			if want := plain.Classes[0].Samples[i]; !slices.Equal(values(t, s), values(t, want)) || s.Hash != want.Hash || s.Look != want.Look {
				t.Errorf("%s differs", s.Name)
			}
		}
	}
	same()
	if d.Held() != d.Budget || len(*slabs) != 1 || len((*slabs)[0].bytes) != 2*16*16*3 {
		t.Errorf("%d bytes are held, %d slabs", d.Held(), len(*slabs))
	}
	for _, size := range []int{20, 12} {
		for _, set := range []*Dataset{plain, d} {
			if err := set.Resize(DefaultResizing(size), never); err != nil {
				t.Fatal(err)
			}
		}
		same()
		if d.Held() > d.Budget {
			t.Errorf("%d bytes are held at %d pixels", d.Held(), size)
		}
	}
}

// Records that nobody holds are used again, and a slab without any is closed.
func TestSlabsAreReused(t *testing.T) {
	d, slabs := onDisk(0)
	addBoats(t, d)
	until := func(what string, done func() bool) {
		t.Helper()
		for range 200 {
			runtime.GC()
			d.Disk.mu.Lock()
			ok := done()
			d.Disk.mu.Unlock()
			if ok {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%s: never", what)
	}
	length := 16 * 16 * 3
	d.Remove([]int{d.Classes[0].Samples[2].ID})
	until("a record is free", func() bool { return len(d.Disk.slabs[length].free) == 1 })
	add(t, d, "boat", "new", "photos/boat/boat-3.jpg")
	if len((*slabs)[0].bytes) != 2*length {
		t.Errorf("the slab has %d bytes", len((*slabs)[0].bytes))
	}
	d.Clear()
	until("the slab is closed", func() bool { return (*slabs)[0].closed && len(d.Disk.slabs) == 0 })
}

// Where the disk is full, memory takes what it may; then pictures are left out by a
// sentence, and those that came before stay. A later add tries the disk again.
func TestDiskFull(t *testing.T) {
	length := 16 * 16 * 3
	d, slabs := onDisk(length)
	d.Most = 3 * int64(length)
	add(t, d, "boat", "1", "photos/boat/boat-1.jpg")
	add(t, d, "boat", "2", "photos/boat/boat-2.jpg")
	add(t, d, "boat", "3", "photos/boat/boat-3.jpg")
	add(t, d, "boat", "4", "photos/boat/boat-4.jpg")
	_, err := d.Add("boat", inMemory("5.jpg", file(t, "photos/house/house-1.jpg")))
	if err == nil || !strings.Contains(err.Error(), "5.jpg is left out, because the disk has no room left (QuotaExceededError) and only 3 images fit") {
		t.Fatal(err)
	}
	checkSentence(t, err.Error(), "5.jpg")
	if d.Len() != 4 || d.Held() != d.Most {
		t.Errorf("%d pictures, %d bytes held", d.Len(), d.Held())
	}
	if err := d.Resize(DefaultResizing(24), never); err == nil || !strings.HasPrefix(err.Error(), "The size stays as it was, because the disk has no room left") || d.Resizing.Size != 16 || d.Classes[0].Samples[0].Size != 16 {
		t.Errorf("resized without room: %v", err)
	}
	(*slabs)[0].room = 0
	add(t, d, "boat", "5", "photos/house/house-1.jpg")
}

// Without a disk that opens, all stays in memory.
func TestDiskThatDoesNotOpen(t *testing.T) {
	d, _ := onDisk(0)
	d.Disk.Open = func() (Slab, error) { return nil, errors.New("SecurityError") }
	addBoats(t, d)
	if d.Disk.Works() || d.Held() != 4*16*16*3 {
		t.Errorf("%d bytes held", d.Held())
	}
}

// What the disk lost is read from the files again, to the same pixels, and said; where the
// file is another by now, that is an error.
func TestDiskLost(t *testing.T) {
	d, slabs := onDisk(0)
	addBoats(t, d)
	add(t, d, "house", "house", "photos/house/house-1.jpg")
	before := fmt.Sprint(values(t, d.Classes[0].Samples[3]))
	(*slabs)[0].gone = errors.New("NotFoundError")
	if fmt.Sprint(values(t, d.Classes[0].Samples[3])) != before {
		t.Error("other pixels")
	}
	split, err := d.Split(0.2, 1)
	if err != nil || len(split.Warnings) == 0 || !strings.Contains(split.Warnings[0], "cannot be read there any more (NotFoundError)") {
		t.Errorf("%v, %v", split, err)
	}
	add(t, d, "house", "later", "photos/house/house-2.jpg") // memory takes it
	gone, _ := onDisk(0)
	addBoats(t, gone)
	gone.Classes[0].Samples[3].Pixels.disk.slabs[16*16*3].file.(*memorySlab).gone = errors.New("NotFoundError")
	moved := inMemory("boat-9.jpg", nil)
	moved.Read = func() ([]byte, error) { return nil, problemf("can no longer be read") }
	s := *gone.Classes[0].Samples[3]
	s.File = moved
	if _, err := gone.again(&s)(); err == nil || !strings.Contains(err.Error(), "boat-4.jpg can no longer be read") {
		t.Error(err)
	}
}
