package program

import "slices"

// live finds the ops between which each buffer of the arena lives.
func (p *Program) live() {
	for i, op := range p.Ops {
		for _, o := range op.Operands {
			if o.Buffer.first == unused {
				o.Buffer.first = i
			}
			o.Buffer.last = i
		}
	}
	for _, b := range p.Buffers {
		if b.toEnd || b.Kind == Gradient {
			b.last = len(p.Ops)
		}
		if b.first == unused {
			b.first = b.last
		}
		if b.last == unused { // written from outside, read by nobody
			b.last = b.first
		}
	}
}

// place gives the arena's buffers offsets such that no two that live at the same time
// overlap, largest first, each at the lowest gap that holds it (greedy by size,
// arXiv 2001.03288), and returns the arena's length. Constants that Init writes anew
// follow behind.
func (p *Program) place() int {
	var todo []*Buffer
	for _, b := range p.Buffers {
		switch {
		case p.apart && b.Kind == Gradient:
			b.offset = p.GradientLen
			p.GradientLen += aligned(b.Len, p.align)
		case b.InArena() && b.first != unused:
			todo = append(todo, b)
		}
	}
	slices.SortStableFunc(todo, func(a, b *Buffer) int { return b.Len - a.Len })
	arena := 0
	var placed []*Buffer // by offset
	for _, b := range todo {
		need := aligned(b.Len, p.align)
		offset := 0
		for _, q := range placed {
			if q.last < b.first || b.last < q.first {
				continue
			}
			if offset+need <= q.offset {
				break
			}
			offset = max(offset, q.offset+aligned(q.Len, p.align))
		}
		b.offset = offset
		at := len(placed)
		for at > 0 && placed[at-1].offset > offset {
			at--
		}
		placed = slices.Insert(placed, at, b)
		arena = max(arena, offset+need)
	}
	if p.Anew {
		for _, b := range p.Buffers {
			if b.Kind == Constant {
				b.offset = arena
				arena += aligned(b.Len, p.align)
			}
		}
	}
	return arena
}

func aligned(n, align int) int { return (n + align - 1) / align * align }
