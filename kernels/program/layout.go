package program

// Region is one of the ranges of memory that programs share.
type Region int

const (
	Arena     Region = iota
	Gradients        // where they stand apart
	State            // constants and moments
	Outside          // kept buffers, each a range of its own
)

// Place is where a buffer begins: floats from the start of its region; of one
// Outside, its number in Layout.Kept.
type Place struct {
	Region Region
	At     int
}

// Layout says where programs that share a memory have their buffers. It is the one
// place that hands out ranges.
type Layout struct {
	Arena     int // floats; programs lie over each other, those Beside behind them
	Gradients int // floats; programs lie over each other
	State     int // floats; constants and moments, each once
	Kept      []*Buffer

	places map[*Buffer]Place
}

// Lay lays out finished programs of one machine, and kept buffers that no program names.
func Lay(kept []*Buffer, programs ...*Program) *Layout {
	l := &Layout{places: map[*Buffer]Place{}}
	for _, b := range kept {
		l.keep(b)
	}
	for _, p := range programs {
		if !p.Beside {
			l.Arena = max(l.Arena, p.ArenaLen)
		}
	}
	for _, p := range programs {
		base := 0
		if p.Beside {
			base = l.Arena
			l.Arena += p.ArenaLen
		}
		l.Gradients = max(l.Gradients, p.GradientLen)
		for _, b := range p.Buffers {
			l.place(b, p, base)
		}
	}
	return l
}

func (l *Layout) place(b *Buffer, p *Program, base int) {
	if _, shared := l.places[b]; shared {
		return
	}
	switch {
	case p.apart && b.Kind == Gradient:
		l.places[b] = Place{Gradients, b.offset}
	case b.InArena(), p.Anew && b.Kind == Constant:
		l.places[b] = Place{Arena, base + b.offset}
	case b.Kind == Kept:
		l.keep(b)
	default:
		l.places[b] = Place{State, l.State}
		l.State += aligned(b.Len, p.align)
	}
}

func (l *Layout) keep(b *Buffer) {
	l.places[b] = Place{Outside, len(l.Kept)}
	l.Kept = append(l.Kept, b)
}

// Of is where b lies, which is no parameter.
func (l *Layout) Of(b *Buffer) Place {
	p, ok := l.places[b]
	if !ok {
		panic("program: " + b.Name + " is not of the programs laid out")
	}
	return p
}

// KeptLen is the floats of all kept buffers.
func (l *Layout) KeptLen() int {
	n := 0
	for _, b := range l.Kept {
		n += b.Len
	}
	return n
}
