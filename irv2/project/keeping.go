package project

import (
	"cmp"
	"context"
	"encoding/json"
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
	name   string // among those who write
	tell   func(Keeping)

	mu        sync.Mutex
	doc       keep.Document // all but images, which the snapshot has
	readOnly  bool
	restoring bool   // what changes comes from the disk
	release   func() // of the lock that holds the project
	last      *snapshot
	dirty     bool          // the snapshot or the document is not written
	writing   bool          // a goroutine is at work
	rests     chan struct{} // closed when that ends
	problem   error         // of the last writing that ended
	lost      int           // pictures whose files could not be read
	saved     bool          // the document was written, or read
	marked    bool          // see stand
	cleared   bool          // networks of runs went with the site's data
	stored
	closed context.Context
	close  context.CancelFunc
}

// stored is what of the pictures is on the disk.
type stored struct {
	images map[int]keep.Image    // by ID, without what may change
	sums   map[uint32]keep.Image // one of those, by their files' sums
	pixels map[int]*keep.Pixels  // by the picture's ID
	packs  int                   // files of pixels so far
}

func nothingStored() stored {
	return stored{images: map[int]keep.Image{}, sums: map[uint32]keep.Image{}, pixels: map[int]*keep.Pixels{}}
}

// has notes that a picture is stored.
func (s *stored) has(id int, image keep.Image) {
	s.images[id] = image
	if image.File != "" {
		s.sums[image.Sum] = image
	}
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
	k := &keeper{places: p, name: newID(), tell: tell, stored: nothingStored()}
	k.doc = keep.Document{Format: keep.Format, Classes: []keep.Class{}, Runs: []keep.Run{}}
	k.closed, k.close = context.WithCancel(context.Background())
	go k.watch()
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
	if !k.writing && !k.stuck() {
		k.writing, k.rests = true, make(chan struct{})
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

// stuck says that nothing is to be written. k.mu is held.
func (k *keeper) stuck() bool { return k.readOnly || k.last == nil || k.closed.Err() != nil }

// write writes until all is written, or cannot be.
func (k *keeper) write() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	for k.dirty && err == nil && !k.stuck() {
		s := k.last
		k.dirty, k.lost = false, 0
		k.mu.Unlock()
		if err = k.begin(); err == nil {
			err = k.store(s)
		}
		k.mu.Lock()
	}
	k.dirty = k.dirty || err != nil
	if k.closed.Err() == nil {
		k.problem = err
	}
	k.writing = false
	close(k.rests)
	k.announce()
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
	if ok, err := k.stand(); !ok {
		return err
	}
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
	if err == nil && stored+packed > 0 {
		err = k.save(s)
	}
	if err == nil && k.gone() {
		k.renew()
	}
	return err
}

func (k *keeper) isDirty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dirty
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
	k.saved = true
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
	case k.cleared:
		s.Problem = problem(Errorf(Invalid, "This site's data were cleared: images are kept again, networks of runs that had ended are not: download the one in use, or train again."))
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
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.writing {
		rests := k.rests
		k.mu.Unlock()
		select {
		case <-rests:
		case <-ctx.Done():
		}
		k.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if k.dirty && !k.readOnly && k.last != nil {
		return cmp.Or(k.problem, k.closed.Err())
	}
	return nil
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
