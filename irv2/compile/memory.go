package compile

import "sort"

// align keeps every buffer on its own cache line (64 bytes).
const align = 16

// finish orders the ops by phase, measures lifetimes and places the buffers.
func (p *Program) finish() {
	sort.SliceStable(p.Ops, func(i, j int) bool { return p.Ops[i].Phase < p.Ops[j].Phase })
	for phase := range phases {
		p.starts[phase] = sort.Search(len(p.Ops), func(i int) bool { return p.Ops[i].Phase >= phase })
	}
	p.starts[phases] = len(p.Ops)
	for i, op := range p.Ops {
		for _, o := range op.operands {
			if o.buffer.first == unused {
				o.buffer.first = i
			}
			o.buffer.last = i
		}
	}
	for _, b := range p.Buffers {
		switch {
		case b.Kind == State:
			b.Offset = p.StateLen
			p.StateLen += (b.Len + align - 1) / align * align
		case b.keep:
			b.last = len(p.Ops)
		}
	}
	p.ArenaLen = place(p.Buffers)
}

// place gives transient buffers offsets such that no two that live at the same time
// overlap, largest first, each at the lowest gap that holds it (greedy by size,
// arXiv 2001.03288), and returns the arena's length.
func place(buffers []*Buffer) int {
	var todo []*Buffer
	for _, b := range buffers {
		if b.Kind == Transient && (b.first != unused || b.last != unused) {
			if b.first == unused {
				b.first = b.last
			}
			todo = append(todo, b)
		}
	}
	sort.SliceStable(todo, func(i, j int) bool { return todo[i].Len > todo[j].Len })
	arena := 0
	var placed []*Buffer // by offset
	for _, b := range todo {
		need := (b.Len + align - 1) / align * align
		offset := 0
		for _, q := range placed {
			if q.last < b.first || b.last < q.first {
				continue
			}
			if offset+need <= q.Offset {
				break
			}
			offset = max(offset, q.Offset+(q.Len+align-1)/align*align)
		}
		b.Offset = offset
		at := sort.Search(len(placed), func(i int) bool { return placed[i].Offset > offset })
		placed = append(placed, nil)
		copy(placed[at+1:], placed[at:])
		placed[at] = b
		arena = max(arena, offset+need)
	}
	return arena
}
