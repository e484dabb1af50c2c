package images

import (
	"errors"
	"runtime"
	"sync/atomic"
)

// Decoders decode several files at once, each in a thread of its own.
type Decoders interface {
	// AtOnce is how many jobs they may be given at once.
	AtOnce() int
	// Decode does a job as Job.Decode does, without a browser's help. An error is a *Refusal,
	// ErrDied, ErrAgain, or says that they do not work.
	Decode(*Job) (*Decoded, error)
	Close() // gives them up, with what they do
}

// What a decoder that ended leaves: the job that it did, as often for lack of memory, and
// those that waited behind it.
var (
	ErrDied  = errors.New("the decoder ended")
	ErrAgain = errors.New("the decoder ended before it came to this")
)

// goroutines are decoders where Go has threads.
type goroutines int

func (n goroutines) AtOnce() int                     { return int(n) }
func (n goroutines) Decode(j *Job) (*Decoded, error) { return j.Decode(nil) }
func (n goroutines) Close()                          {}

// decoders starts some, nil where there are none.
func (d *Dataset) decoders() Decoders {
	if d.Threads != nil {
		return d.Threads()
	}
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return goroutines(n)
	}
	return nil
}

const (
	// worthPixels is how many there must be to come before decoders are started: some 0.5 s
	// of work in a page, where a decoder takes 0.2 s to start.
	worthPixels = 30_000_000
	// aheadBytes is what files and pictures may take that are decoded at once. A larger one
	// is decoded alone.
	aheadBytes = 512 << 20
)

// pipeline decodes files in the order of their coming, several at once where that is worth
// it, and has what comes of them taken in that order.
type pipeline struct {
	set    *Dataset
	left   int // files to come, at most
	by     Decoders
	asked  bool // for decoders
	slots  chan struct{}
	queue  []*ahead
	bytes  int64 // of the queue
	closed atomic.Bool
}

// ahead is a file in a pipeline.
type ahead struct {
	job   *Job
	bytes int64
	out   *Decoded
	err   error
	done  chan struct{}
	take  func(*Decoded, error) error
}

func (d *Dataset) pipeline(files int) *pipeline { return &pipeline{set: d, left: files} }

// add has a job done, and what came of it, or of those before it, taken. nil: nothing is to
// be decoded.
func (p *pipeline) add(job *Job, take func(*Decoded, error) error) error {
	a := &ahead{job: job, take: take, done: make(chan struct{})}
	elsewhere := false
	if job != nil {
		h := job.header()
		a.bytes = int64(len(job.Data)) + int64(h.total())
		elsewhere = h.w > 0 && p.worth(h)
	}
	p.left--
	for len(p.queue) > 0 && (p.bytes+a.bytes > aheadBytes || len(p.queue) > p.by.AtOnce()+1) {
		if err := p.first(); err != nil {
			return err
		}
	}
	p.queue, p.bytes = append(p.queue, a), p.bytes+a.bytes
	if elsewhere {
		go p.decode(a)
		runtime.Gosched() // where there is one thread, it begins before the next file is read
	} else {
		if job != nil {
			a.out, a.err = job.Decode(p.set.Foreign)
		}
		close(a.done)
	}
	for len(p.queue) > 0 && p.queue[0].isDone() {
		if err := p.first(); err != nil {
			return err
		}
	}
	return nil
}

// worth says whether a picture goes to decoders, which are started when the first does.
func (p *pipeline) worth(h header) bool {
	if !p.asked && (float64(h.w)*float64(h.h)*float64(p.left) >= worthPixels || h.total() > collectAbove) {
		p.asked = true
		if p.by = p.set.decoders(); p.by != nil {
			p.slots = make(chan struct{}, p.by.AtOnce())
		}
	}
	return p.by != nil
}

// decode has a job done by the decoders, or here where they do not work.
func (p *pipeline) decode(a *ahead) {
	defer close(a.done)
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	if p.closed.Load() {
		return
	}
	for died := 0; ; {
		var refusal *Refusal
		a.out, a.err = p.by.Decode(a.job)
		switch {
		case a.err == nil || errors.As(a.err, &refusal) || p.closed.Load():
			return
		case errors.Is(a.err, ErrAgain):
		case errors.Is(a.err, ErrDied):
			if died++; died == 2 { // the first may have had another cause; here it would end all
				a.err = refuse(a.job.Name, TooLarge, "could not be decoded, most likely for lack of memory: close other tabs, or save it smaller.")
				return
			}
		default:
			a.out, a.err = a.job.Decode(nil)
			return
		}
	}
}

func (a *ahead) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// first waits for the first of the queue, and has it taken.
func (p *pipeline) first() error {
	a := p.queue[0]
	<-a.done
	p.queue[0] = nil
	p.queue, p.bytes = p.queue[1:], p.bytes-a.bytes
	return a.take(a.out, a.err)
}

// finish waits for all; poll is asked before each.
func (p *pipeline) finish(poll func() error) error {
	for len(p.queue) > 0 {
		if err := poll(); err != nil {
			return err
		}
		if err := p.first(); err != nil {
			return err
		}
	}
	return nil
}

// close gives up what is not finished, and the decoders.
func (p *pipeline) close() {
	p.closed.Store(true)
	if p.by != nil {
		p.by.Close()
	}
}

// header is what the file says of its picture; none where it is not decoded here, or says
// nothing that is within the limits.
func (j *Job) header() (h header) {
	f, refusal := sniff(j.Data, j.Name)
	if refusal != nil || j.Limits.checkBytes(j.Data, j.Name) != nil {
		return header{}
	}
	defer func() {
		if recover() != nil { // see Decode
			h = header{}
		}
	}()
	h, err := f.header(j.Data)
	if err != nil || j.Limits.check(h, j.Name) != nil {
		return header{}
	}
	return h
}
