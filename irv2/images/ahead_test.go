package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"
)

// uneven are decoders of which some take longer; where broken, they do not work.
type uneven struct {
	n      int
	broken bool

	mu        sync.Mutex
	asked     int
	now, most int
	closed    bool
}

func (u *uneven) AtOnce() int { return u.n }
func (u *uneven) Close()      { u.mu.Lock(); u.closed = true; u.mu.Unlock() }
func (u *uneven) Decode(j *Job) (*Decoded, error) {
	u.mu.Lock()
	u.asked++
	u.now++
	u.most = max(u.most, u.now)
	wait := time.Duration((u.asked*7)%5) * time.Millisecond
	u.mu.Unlock()
	defer func() { u.mu.Lock(); u.now--; u.mu.Unlock() }()
	time.Sleep(wait)
	if u.broken {
		return nil, errors.New("no worker started")
	}
	return j.Decode(nil)
}

// mixed are files of all sorts: photographs twice, refused ones, 16-bit pictures that grow
// deeper, one without a class, one that cannot be read.
func mixed(t testing.TB) iter.Seq2[string, File] {
	type one struct {
		class string
		f     File
	}
	var all []one
	for range 2 {
		for _, class := range []string{"boat", "house"} {
			for i := range 3 {
				name := fmt.Sprintf("photos/%s/%s-%d.jpg", class, class, i+1)
				all = append(all, one{class, inMemory(name, file(t, name))})
			}
			all = append(all, one{class, inMemory("text.png", file(t, "bad/text-named.png"))}, one{class, inMemory("empty.jpg", nil)})
		}
		for i, most := range []uint16{200, 900, 4000, 60000} {
			all = append(all, one{"grey", inMemory(fmt.Sprintf("grey-%d.png", i), deepGrey(t, most))})
		}
		all = append(all, one{"", inMemory("lone.jpg", file(t, "photos/boat/boat-1.jpg"))})
		all = append(all, one{"boat", File{Path: "gone.jpg", Read: func() ([]byte, error) { return nil, problemf("can no longer be read.") }}})
	}
	return func(yield func(string, File) bool) {
		for _, o := range all {
			if !yield(o.class, o.f) {
				return
			}
		}
	}
}

func deepGrey(t testing.TB, most uint16) []byte {
	m := image.NewGray16(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		m.SetGray16(i%16, i/16, color.Gray16{Y: uint16(int(most) * i / 255)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// told is all that a data set says of its pictures, pixels too.
func told(t testing.TB, d *Dataset) (lines []string) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			lines = append(lines, fmt.Sprintln(c.ID, c.Name, s.ID, s.Name, s.Width, s.Height, s.Size, s.Hash, s.Look, s.Depth, s.Range, s.Lost, values(t, s)))
		}
	}
	for _, r := range d.Refused {
		lines = append(lines, r.Text)
	}
	return lines
}

const many = 1000 // files, said to be worth decoders

func proceed(int) error { return nil }

// What comes in by several decoders is what comes in one by one: pixels, order, numbers,
// refusals; and so it is at another size, and where decoders do not work.
func TestDecodingAhead(t *testing.T) {
	want := NewDataset(DefaultResizing(16))
	for class, f := range mixed(t) {
		want.Add(class, f)
	}
	for _, u := range []*uneven{{n: 1}, {n: 3}, {n: 8}, {n: 3, broken: true}} {
		d := NewDataset(DefaultResizing(16))
		d.Threads = func() Decoders { return u }
		d.Limits = want.Limits
		if err := d.AddAll(mixed(t), many, proceed); err != nil {
			t.Fatal(err)
		}
		if got := told(t, d); !slices.Equal(got, told(t, want)) {
			t.Errorf("%d decoders, broken %t: another data set", u.n, u.broken)
		}
		if u.asked == 0 || u.most > u.n || !u.closed {
			t.Errorf("%d decoders: %d jobs, %d at once, closed %t", u.n, u.asked, u.most, u.closed)
		}
		one := *want
		one.Classes = nil
		one.Arrange(want.Arrangement())
		for i := range one.Classes {
			for k, s := range one.Classes[i].Samples {
				own := *s
				one.Classes[i].Samples = slices.Clone(one.Classes[i].Samples)
				one.Classes[i].Samples[k] = &own
			}
		}
		one.Threads = func() Decoders { return nil }
		for _, set := range []*Dataset{d, &one} {
			if err := set.Resize(DefaultResizing(24), never); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(told(t, d), told(t, &one)) {
			t.Errorf("%d decoders: other pictures at another size", u.n)
		}
	}
}

// mortal are decoders that end over some files, and take those that wait with them.
type mortal struct {
	uneven
	deaths map[string]int // by name
	waits  int            // files that waited behind one
}

func (m *mortal) Decode(j *Job) (*Decoded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.deaths[j.Name] > 0:
		m.deaths[j.Name]--
		m.waits = 2
		return nil, ErrDied
	case m.waits > 0:
		m.waits--
		return nil, ErrAgain
	}
	return j.Decode(nil)
}

// A file over which decoders end is refused, and no other; one that only met with one such
// end comes in.
func TestDecoderDies(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	d.Threads = func() Decoders {
		return &mortal{uneven: uneven{n: 3}, deaths: map[string]int{"boat-2.jpg": 1, "boat-3.jpg": 1000}}
	}
	files := func(yield func(string, File) bool) {
		for _, name := range boats {
			if !yield("boat", inMemory(name, file(t, "photos/boat/"+name))) {
				return
			}
		}
	}
	if err := d.AddAll(files, many, proceed); err != nil || names(d) != "boat: boat-1.jpg boat-2.jpg boat-4.jpg" || len(d.Refused) != 1 {
		t.Fatalf("%v, %s, %v", err, names(d), d.Refused)
	}
	checkSentence(t, d.Refused[0].Text, "boat-3.jpg")
}

// Few small pictures are not worth a decoder; a large one is.
func TestDecodersStartLate(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	started := 0
	d.Threads = func() Decoders { started++; return nil }
	if err := d.AddAll(mixed(t), 20, proceed); err != nil || started != 0 {
		t.Errorf("%d started, %v", started, err)
	}
	if err := d.AddAll(mixed(t), many, proceed); err != nil || started != 1 {
		t.Errorf("%d started, %v", started, err)
	}
	large := header{w: 9000, h: 9000, bytes: 4}
	if p := d.pipeline(1); p.worth(large) || started != 2 {
		t.Errorf("%d started for a large picture", started)
	}
}

// Reading ahead is bounded, and ends where the work is given up; nothing waits for ever.
func TestAheadIsBounded(t *testing.T) {
	for _, stop := range []int{0, 1, 7, 30} {
		d := NewDataset(DefaultResizing(16))
		u := &uneven{n: 2}
		d.Threads = func() Decoders { return u }
		read, ahead := 0, 0
		files := func(yield func(string, File) bool) {
			for class, f := range mixed(t) {
				content := f.Read
				f.Read = func() ([]byte, error) { read++; return content() }
				if !yield(class, f) {
					return
				}
			}
		}
		err := d.AddAll(files, many, func(done int) error {
			ahead = max(ahead, read-done)
			if done >= stop {
				return context.Canceled
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || d.Len() > stop+u.n+2 || ahead > u.n+2 {
			t.Errorf("stopped at %d: %v, %d pictures, %d files ahead", stop, err, d.Len(), ahead)
		}
		if read > stop+ahead {
			t.Errorf("stopped at %d: %d files were read", stop, read)
		}
	}
	d := NewDataset(DefaultResizing(16))
	d.Threads = func() Decoders { return &uneven{n: 4} }
	add(t, d, "boat", "1", "photos/boat/boat-1.jpg")
	before := told(t, d)
	if err := d.Resize(DefaultResizing(20), func() error { return context.Canceled }); !errors.Is(err, context.Canceled) || !slices.Equal(told(t, d), before) {
		t.Errorf("a size that was given up: %v", err)
	}
}

// A picture that takes much is decoded alone: the next waits for its end.
func TestLargeAlone(t *testing.T) {
	d := NewDataset(DefaultResizing(4))
	d.Threads = func() Decoders { return &uneven{n: 4} }
	p := d.pipeline(many)
	defer p.close()
	p.worth(header{w: 1000, h: 1000})
	taken := false
	large := &ahead{bytes: aheadBytes, done: make(chan struct{}), take: func(*Decoded, error) error { taken = true; return nil }}
	p.queue, p.bytes = []*ahead{large}, large.bytes
	time.AfterFunc(10*time.Millisecond, func() { close(large.done) })
	job := d.job(File{}, "grey.png", deepGrey(t, 200))
	if err := p.add(&job, func(*Decoded, error) error { return nil }); err != nil || !taken {
		t.Errorf("the next began beside it: %v", err)
	}
	if err := p.finish(never); err != nil || p.bytes != 0 {
		t.Errorf("%d bytes are left, %v", p.bytes, err)
	}
}
