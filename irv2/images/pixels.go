package images

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
)

// Pixels are a picture's at the size trained, [size, size, 3], in memory or on disk. They
// never change, and stay as long as someone holds them: a run may read those of a picture
// that was removed meanwhile.
type Pixels struct {
	values []uint8 // nil: on disk
	disk   *Disk
	record record
	again  func() ([]uint8, error) // from the picture's file
}

// Bytes of memory that they take.
func (p *Pixels) Bytes() int64 {
	if p == nil {
		return 0
	}
	return int64(len(p.values))
}

// Read gives the values, which are not to be changed. Those on disk overwrite buffer, or
// one that is made where it is too small; where the disk gives them no more, they are made
// from the picture's file again.
func (p *Pixels) Read(buffer []uint8) ([]uint8, error) {
	if p.values != nil {
		return p.values, nil
	}
	defer runtime.KeepAlive(p) // or its record could be written over
	if err := p.disk.read(p.record, &buffer); err == nil {
		return buffer, nil
	}
	return p.again()
}

// Slab is a file of equally long records, one a picture, that nobody else writes to.
type Slab interface {
	io.ReaderAt
	io.WriterAt
	io.Closer // its content is of no use any more
}

// Disk keeps pixels that memory has no room for, in a slab for each size of pictures. The
// record of pixels that nobody holds any more is free for others: the collector says so,
// as pictures are shared by the data set, what undo goes back to, and runs.
type Disk struct {
	// Open makes an empty slab.
	Open func() (Slab, error)

	mu     sync.Mutex
	slabs  map[int]*slab // by the length of their records
	shut   bool          // it cannot be opened here
	failed error         // of reading: what it holds is lost
}

type slab struct {
	file Slab
	free []int // records given back
	end  int   // records are numbered to here
	used int
}

type record struct {
	slab   *slab
	length int
	number int
}

func (r record) at() int64 { return int64(r.number) * int64(r.length) }

// Works says that there is a disk to try.
func (d *Disk) Works() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.shut && d.failed == nil
}

// keep writes values; again makes them from the picture's file.
func (d *Disk) keep(values []uint8, again func() ([]uint8, error)) (*Pixels, error) {
	r, err := d.write(values)
	if err != nil {
		return nil, err
	}
	p := &Pixels{disk: d, record: r, again: again}
	runtime.AddCleanup(p, d.free, r)
	return p, nil
}

func (d *Disk) write(values []uint8) (record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.slabs[len(values)]
	if s == nil {
		file, err := d.Open()
		if err != nil {
			d.shut = true
			return record{}, err
		}
		if d.slabs == nil {
			d.slabs = map[int]*slab{}
		}
		s = &slab{file: file}
		d.slabs[len(values)] = s
	}
	r := record{s, len(values), s.end}
	if n := len(s.free); n > 0 {
		r.number = s.free[n-1]
	}
	if _, err := s.file.WriteAt(values, r.at()); err != nil {
		return record{}, err
	}
	if r.number == s.end {
		s.end++
	} else {
		s.free = s.free[:len(s.free)-1]
	}
	s.used++
	return r, nil
}

// free gives a record back; a slab without any goes.
func (d *Disk) free(r record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := r.slab
	s.free = append(s.free, r.number)
	if s.used--; s.used == 0 {
		delete(d.slabs, r.length)
		s.file.Close()
	}
}

func (d *Disk) read(r record, into *[]uint8) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	*into = slices.Grow((*into)[:0], r.length)[:r.length]
	_, err := r.slab.file.ReadAt(*into, r.at())
	if err != nil && d.failed == nil {
		d.failed = err
	}
	return err
}

// warning says in a sentence that what was kept is lost, "" where it is not.
func (d *Disk) warning() string {
	if d == nil {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		return ""
	}
	return fmt.Sprintf("Images that were kept on disk cannot be read there any more (%v), so their files are read again whenever they are needed, which is slow: reload the page and add them again.", d.failed)
}
