package project

import (
	"thaw/irv2/images"
)

// history is what undo goes back over, and redo forward: changes of the images, oldest
// first. Pictures that only it holds keep their pixels in memory, up to keptBytes; those of
// more, removed first, go to disk, or where there is none are read from their files when undo
// brings them back.
type history struct {
	past, future []change
	bytes        int64 // of pixels that only the history holds
}

// change is what was done, in words, and how the images were arranged on its other side.
type change struct {
	did   string // "moved 3 images to roses"
	other images.Arrangement
}

const (
	maxChanges = 64
	// Some 500 pictures of the full network's size, 10,000 of mini's. Beside them a change
	// holds 8 bytes a picture of the classes that it changed.
	keptBytes = 128 << 20
)

// push remembers a change that was made to before.
func (h *history) push(did string, before images.Arrangement) {
	h.past, h.future = append(h.past, change{did, before}), nil
	if n := len(h.past) - maxChanges; n > 0 {
		h.past = append([]change(nil), h.past[n:]...)
	}
}

// trim keeps to limit the memory of what is in no arrangement but the history's.
func (h *history) trim(set *images.Dataset, limit int64) {
	seen, counted := map[*images.Sample]bool{}, map[*images.Pixels]bool{}
	lists := map[**images.Sample]int{} // a list is shared by the changes that left its class alone
	each := func(a images.Arrangement, do func(*images.Sample)) {
		for _, c := range a {
			if len(c.Samples) == 0 || lists[&c.Samples[0]] >= len(c.Samples) {
				continue
			}
			lists[&c.Samples[0]] = len(c.Samples)
			for _, s := range c.Samples {
				if !seen[s] {
					seen[s] = true
					do(s)
				}
			}
		}
	}
	each(set.Arrangement(), func(s *images.Sample) { counted[s.Pixels] = true })
	h.bytes = 0
	keep := func(s *images.Sample) {
		bytes := s.Pixels.Bytes()
		switch {
		case counted[s.Pixels]:
		case h.bytes+bytes > limit:
			set.Shelve(s)
		default:
			counted[s.Pixels] = true
			h.bytes += bytes
		}
	}
	for _, of := range [][]change{h.past, h.future} { // the latest first
		for i := range of {
			each(of[len(of)-1-i].other, keep)
		}
	}
}
