package project

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"thaw/irv2/images"
	"thaw/irv2/keep"
	"thaw/irv2/release"
)

// Keeping is how far a project is kept.
type Keeping struct {
	ID       string   `json:"id"` // "": nothing is there to be kept
	Name     string   `json:"name"`
	Images   int      `json:"images"`   // kept, of Of
	Of       int      `json:"of"`       //
	ReadOnly bool     `json:"readOnly"` // it is open in another tab, which writes
	Problem  *string  `json:"problem"`  // why something is not kept, and what to do
	Using    string   `json:"using"`    // ID of the run whose network is in use, "": as loaded
	Networks []string `json:"networks"` // IDs of the runs whose networks are kept
}

// keeper writes an open project down as things happen. A goroutine of its own stores
// pictures, then the document that names them; what has changed meanwhile comes after.
type keeper struct {
	places *places
	tell   func(Keeping)

	mu        sync.Mutex
	doc       keep.Document // all but images, which the snapshot has
	readOnly  bool
	restoring bool   // what changes comes from the disk
	release   func() // of the lock that holds the project
	last      *snapshot
	dirty     bool          // the snapshot or the document is not written
	writing   bool          // a goroutine is at work
	written   chan struct{} // closed with each document written, or given up
	problem   error
	lost      int                  // pictures whose files could not be read
	images    map[int]keep.Image   // stored, by ID, without what may change
	pixels    map[int]*keep.Pixels // of pictures, by ID
	packs     int                  // files of pixels so far
	closed    context.Context
	close     context.CancelFunc
}

// snapshot is what is to be kept of images and network.
type snapshot struct {
	network  keep.Network
	division keep.Division
	nextID   int
	classes  []classSnapshot
}

type classSnapshot struct {
	id      int
	name    string
	samples []images.Sample // copies: pixels change with the size
}

func newKeeper(p *places, tell func(Keeping)) *keeper {
	k := &keeper{places: p, tell: tell, written: make(chan struct{}), images: map[int]keep.Image{}, pixels: map[int]*keep.Pixels{}}
	k.doc = keep.Document{Format: keep.Format, Classes: []keep.Class{}, Runs: []keep.Run{}}
	k.closed, k.close = context.WithCancel(context.Background())
	return k
}

// changed hands on what is there now; the writing happens later.
func (p *Project) changed() {
	k := p.keeper
	if k == nil {
		return
	}
	s := p.snapshot()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.restoring || k.doc.ID == "" && len(s.classes) == 0 {
		return // nothing to lose yet
	}
	k.last = s
	k.touch()
}

// touch has the document written soon. k.mu is held.
func (k *keeper) touch() {
	k.dirty = true
	if !k.writing && !k.readOnly && k.last != nil && k.closed.Err() == nil {
		k.writing, k.problem, k.lost = true, nil, 0
		go k.write()
	}
}

func (p *Project) snapshot() *snapshot {
	s := &snapshot{
		network:  keep.Network{Model: p.choice.Model, Size: p.choice.Size, Dense: p.choice.Dense},
		division: keep.Division{Fraction: p.division.fraction, Seed: p.division.seed},
		nextID:   p.data.set.NextID(),
	}
	if n := p.network; n != nil {
		s.network.Weights, s.network.Title, s.network.Outputs = n.info.ID, n.info.Name, keptOutputs(n.loaded.outputs)
	}
	for _, c := range p.data.set.Classes {
		class := classSnapshot{id: c.ID, name: c.Name}
		for _, sample := range c.Samples {
			class.samples = append(class.samples, *sample)
		}
		s.classes = append(s.classes, class)
	}
	return s
}

// write writes until all is written.
func (k *keeper) write() {
	for {
		k.mu.Lock()
		s := k.last
		if !k.dirty || k.problem != nil || k.closed.Err() != nil {
			k.writing = false
			k.announce()
			k.mu.Unlock()
			return
		}
		k.dirty = false
		k.mu.Unlock()
		err := k.begin()
		if err == nil {
			err = k.store(s)
		}
		if err != nil && k.closed.Err() == nil {
			k.mu.Lock()
			k.problem, k.dirty = err, true
			k.mu.Unlock()
		}
	}
}

// begin makes the project, if it is new.
func (k *keeper) begin() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doc.ID != "" {
		return nil
	}
	id := newID()
	release, ok, err := k.places.try(k.closed, id)
	if err != nil {
		return err
	}
	if !ok {
		return Errorf(Internal, "Another tab holds a project that is new.")
	}
	k.doc.ID, k.doc.Created, k.release = id, time.Now().UnixMilli(), release
	return nil
}

// between is how often the document is written while pictures are stored.
const between = time.Second

// store stores what is new in s, then writes the document.
func (k *keeper) store(s *snapshot) error {
	began := time.Now()
	if err := k.save(s); err != nil {
		return err
	}
	stored := 0
	for _, c := range s.classes {
		for i := range c.samples {
			if _, ok := k.images[c.samples[i].ID]; ok {
				continue
			}
			if err := k.storeImage(&c.samples[i]); err != nil {
				return err
			}
			stored++
			if time.Since(began) > between {
				if err := k.save(s); err != nil {
					return err
				}
				began = time.Now()
				if k.isDirty() {
					return nil // go on with what is there now
				}
			}
		}
	}
	packed, err := k.storePixels(s)
	if err != nil || stored == 0 && packed == 0 {
		return err
	}
	return k.save(s)
}

func (k *keeper) isDirty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dirty
}

// storeImage stores a picture's file. One that can no longer be read is left out.
func (k *keeper) storeImage(s *images.Sample) error {
	kept := keep.Image{Width: s.Width, Height: s.Height, Hash: uint64(s.Hash), Look: s.Look, Depth: s.Depth, Browser: s.Browser, Origin: s.File.Origin}
	if !s.File.Generated() {
		content, err := s.File.Read()
		if err != nil {
			k.lost++
			return k.closed.Err()
		}
		kept.File, kept.Bytes, kept.Sum = fmt.Sprintf("image-%d", s.ID), len(content), keep.Sum(content)
		if err := k.places.store.Files.Put(k.closed, k.doc.ID+"/"+kept.File, content); err != nil {
			return err
		}
	}
	k.mu.Lock()
	k.images[s.ID] = kept
	k.mu.Unlock()
	return k.closed.Err()
}

// packBytes is about how large a file of pixels is.
const packBytes = 4 << 20

// storePixels keeps the pixels of pictures whose kept ones are of another size or range:
// so that they need not be decoded at the next visit.
func (k *keeper) storePixels(s *snapshot) (packed int, err error) {
	var pack, buffer []byte
	var in []*images.Sample
	flush := func() error {
		if len(in) == 0 {
			return nil
		}
		k.packs++
		file := fmt.Sprintf("pixels-%d-%d", time.Now().UnixMilli(), k.packs)
		if err := k.places.store.Files.Put(k.closed, k.doc.ID+"/"+file, pack); err != nil {
			return err
		}
		offset := 0
		k.mu.Lock()
		for _, s := range in {
			values := pack[offset:][:s.Size*s.Size*3]
			k.pixels[s.ID] = &keep.Pixels{File: file, Offset: offset, Size: s.Size, Range: s.Range, Sum: keep.Sum(values)}
			offset += len(values)
		}
		k.mu.Unlock()
		packed += len(in)
		pack, in = pack[:0], nil
		return k.closed.Err()
	}
	for _, c := range s.classes {
		for i := range c.samples {
			sample := &c.samples[i]
			has := k.pixels[sample.ID]
			if _, stored := k.images[sample.ID]; !stored || sample.Pixels == nil || has != nil && has.Size == sample.Size && has.Range == sample.Range {
				continue
			}
			values, err := sample.Pixels.Read(buffer)
			if err != nil { // decoded at the next visit, from the copy of its file
				continue
			}
			pack, in = append(pack, values...), append(in, sample)
			if len(pack) >= packBytes {
				if err := flush(); err != nil {
					return packed, err
				}
			}
		}
	}
	return packed, flush()
}

// save writes the document: what is stored by now of s.
func (k *keeper) save(s *snapshot) error {
	k.mu.Lock()
	doc := k.document(s)
	k.mu.Unlock()
	if err := k.places.store.Save(k.closed, &doc); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.written)
	k.written = make(chan struct{})
	k.announce()
	return k.closed.Err()
}

// document is s with what is stored of it. k.mu is held.
func (k *keeper) document(s *snapshot) keep.Document {
	k.doc.Thaw, k.doc.Changed = release.Version, time.Now().UnixMilli()
	k.doc.Network, k.doc.Division, k.doc.NextID, k.doc.Classes = s.network, s.division, s.nextID, []keep.Class{}
	for _, c := range s.classes {
		class := keep.Class{ID: c.id, Name: c.name, Images: []keep.Image{}}
		for i := range c.samples {
			sample := &c.samples[i]
			image, ok := k.images[sample.ID]
			if !ok {
				continue
			}
			image.ID, image.Name, image.Path, image.Group, image.Side = sample.ID, sample.Name, sample.File.Path, sample.File.Group, int(sample.File.Side)
			image.Excluded = sample.Excluded
			image.Pixels = k.pixels[sample.ID]
			class.Images = append(class.Images, image)
		}
		k.doc.Classes = append(k.doc.Classes, class)
	}
	return k.doc
}

// state says how far the project is kept. k.mu is held.
func (k *keeper) state() Keeping {
	s := Keeping{ID: k.doc.ID, Name: k.doc.Name, ReadOnly: k.readOnly, Using: k.doc.Current, Networks: []string{}}
	for _, r := range k.doc.Runs {
		if r.Values != nil {
			s.Networks = append(s.Networks, r.ID)
		}
	}
	if k.last != nil {
		for _, c := range k.last.classes {
			s.Of += len(c.samples)
			for i := range c.samples {
				if _, ok := k.images[c.samples[i].ID]; ok {
					s.Images++
				}
			}
		}
	}
	switch {
	case k.problem != nil:
		s.Problem = problem(k.problem)
	case k.lost > 0:
		s.Problem = problem(Errorf(Invalid, "%s can no longer be read, because files were moved or changed, and will be missing at the next visit: add them again.", pictures(k.lost)))
	}
	return s
}

func problem(err error) *string {
	text := err.Error()
	return &text
}

// announce tells how far the project is kept. k.mu is held.
func (k *keeper) announce() {
	if k.tell != nil {
		k.tell(k.state())
	}
}

// wait returns when all is written, or cannot be.
func (k *keeper) wait(ctx context.Context) error {
	for {
		k.mu.Lock()
		idle, err, written := !k.writing && !k.dirty, k.problem, k.written
		stuck := k.readOnly || k.last == nil
		k.mu.Unlock()
		switch {
		case idle || stuck:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-written:
		case <-time.After(10 * time.Millisecond): // the goroutine may end without a document
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end gives the project up: another tab may have it then.
func (k *keeper) end() {
	k.close()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.release != nil {
		k.release()
		k.release = nil
	}
}

// kept is the file of a picture: the copy that is kept or, before there is one, the
// user's own, which may be moved or changed.
func (p *Project) keptFile(f images.File, id int) images.File {
	k, own := p.keeper, f.Read
	if k == nil || f.Generated() {
		return f
	}
	f.Read = func() ([]byte, error) {
		content, err := k.content(id)
		if content == nil && own != nil {
			return own()
		}
		return content, err
	}
	return f
}

// content is the kept copy of a picture's file; nil: there is none, or it is damaged.
func (k *keeper) content(id int) ([]byte, error) {
	k.mu.Lock()
	image, ok := k.images[id]
	k.mu.Unlock()
	if !ok {
		return nil, Errorf(Invalid, "is not kept here: add it again.")
	}
	content, err := k.places.store.Files.Get(context.Background(), k.doc.ID+"/"+image.File)
	if err == nil && (len(content) != image.Bytes || keep.Sum(content) != image.Sum) {
		content, err = nil, Errorf(Corrupt, "has a damaged copy here: add it again.")
	}
	return content, err
}

func keptOutputs(outputs []output) []keep.Output {
	var kept []keep.Output
	for _, o := range outputs {
		kept = append(kept, keep.Output{Name: o.name, Class: o.class})
	}
	return kept
}

func outputsKept(kept []keep.Output) []output {
	var outputs []output
	for _, o := range kept {
		outputs = append(outputs, output{o.Name, o.Class})
	}
	return outputs
}

// rawJSON is a value of this package, which always has a form in JSON.
func rawJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
