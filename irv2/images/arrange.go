package images

import (
	"fmt"
	"slices"
)

// Arrangement is which pictures a data set holds, in which classes, under which names:
// what undo goes back to. It costs a few words a class: lists of pictures are shared
// with the data set, which never changes one in place.
type Arrangement []Class

// Arrangement is how the pictures are arranged now.
func (d *Dataset) Arrangement() Arrangement {
	a := make(Arrangement, len(d.Classes))
	for i, c := range d.Classes {
		a[i] = *c
		a[i].Samples = slices.Clip(c.Samples) // what is added to it goes elsewhere
	}
	return a
}

// Arrange arranges the pictures as they were. Some may have another size than the data
// set has by now, or no pixels any more (see Sample.Forget): Resize reads those again.
func (d *Dataset) Arrange(a Arrangement) {
	d.Classes = nil
	for _, c := range a {
		d.Classes = append(d.Classes, &c)
	}
	d.depth = d.Depth()
}

// Restore makes a data set hold what was kept of one: pictures in their classes, and the
// ID that comes next.
func (d *Dataset) Restore(next int, a Arrangement) {
	d.nextID = next
	d.Arrange(a)
	d.begin()
}

// Hold gives a picture that is to be restored its pixels, of its Size and Range.
func (d *Dataset) Hold(s *Sample, pixels []uint8) (err error) {
	if s.Pixels, err = d.keep(pixels, d.again(s)); err != nil {
		return problemf("Not all images can be opened, because %s.", d.noRoom())
	}
	return nil
}

// NextID is the ID that the next picture or class gets.
func (d *Dataset) NextID() int { return d.nextID }

// Has says which IDs are pictures of it.
func (a Arrangement) Has() map[int]bool {
	has := map[int]bool{}
	for _, c := range a {
		for _, s := range c.Samples {
			has[s.ID] = true
		}
	}
	return has
}

// Forget gives a picture's pixels up, until Resize reads its file again.
func (s *Sample) Forget() { s.Size, s.Pixels = 0, nil }

// Shelve has a picture that is out of sight take no memory: its pixels go to disk, or
// where there is no room, it forgets them.
func (d *Dataset) Shelve(s *Sample) {
	if s.Pixels.Bytes() == 0 {
		return
	}
	if d.Disk.Works() {
		if kept, err := d.Disk.keep(s.Pixels.values, d.again(s)); err == nil {
			s.Pixels = kept
			return
		}
	}
	s.Forget()
}

// Move puts pictures into another class, made if new, and says how many were elsewhere.
func (d *Dataset) Move(ids []int, class string) (moved int, err error) {
	if err := d.all(ids); err != nil {
		return 0, err
	}
	to := d.Class(cleanName(class))
	if to == nil {
		if class, err = d.freeName(class); err != nil {
			return 0, err
		}
		to = d.newClass(class)
	}
	there := Arrangement{*to}.Has()
	elsewhere := slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return there[id] })
	taken := d.take(elsewhere)
	to.Samples = append(to.Samples, taken...)
	return len(taken), nil
}

// Merge puts all pictures of one class into another; the first is gone then.
func (d *Dataset) Merge(from, into string) error {
	a, b := d.Class(from), d.Class(into)
	switch {
	case a == nil:
		return noClass(from)
	case b == nil:
		return noClass(into)
	case a == b:
		return problemf("%q is merged with another class, not with itself.", from)
	}
	b.Samples = append(b.Samples, a.Samples...)
	return d.RemoveClass(from)
}

// Remove drops pictures; their classes stay, even when empty.
func (d *Dataset) Remove(ids []int) error {
	err := d.all(ids)
	if err == nil {
		d.take(ids)
	}
	return err
}

// Together makes pictures one group, with all that belongs to one of them already: they
// are never divided. Each is a new Sample, so that an Arrangement keeps its own.
func (d *Dataset) Together(ids []int) error {
	if err := d.all(ids); err != nil {
		return err
	}
	groups, name := map[string]bool{}, ""
	chosen := setOf(ids)
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if !chosen[s.ID] {
				continue
			}
			if name == "" {
				name = fmt.Sprintf("%s and %d alike, from image %d", s.Name, len(chosen)-1, s.ID) // no other group is called so
			}
			if s.File.Group != "" {
				groups[s.File.Group] = true
			}
		}
	}
	d.replace(func(s *Sample) bool { return chosen[s.ID] || groups[s.File.Group] }, func(s *Sample) { s.File.Group = name })
	return nil
}

// Exclude sets pictures aside, or takes them back, and says how many were not so before.
// They stay in their classes, but on no side of a split. Each is a new Sample.
func (d *Dataset) Exclude(ids []int, excluded bool) (changed int, err error) {
	if err := d.all(ids); err != nil {
		return 0, err
	}
	chosen := setOf(ids)
	d.replace(func(s *Sample) bool { return chosen[s.ID] && s.Excluded != excluded }, func(s *Sample) {
		s.Excluded = excluded
		changed++
	})
	return changed, nil
}

// replace puts a changed copy in the place of each picture that is wanted, so that an
// Arrangement keeps its own.
func (d *Dataset) replace(wanted func(*Sample) bool, change func(*Sample)) {
	for _, c := range d.Classes {
		c.Samples = slices.Clone(c.Samples)
		for i, s := range c.Samples {
			if wanted(s) {
				now := *s
				change(&now)
				c.Samples[i] = &now
			}
		}
	}
}

// excluded lists the pictures that are set aside by hand and could be used.
func (d *Dataset) excluded() (list []*Sample) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if s.Excluded && !d.aside(s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// all is an error unless every ID is a picture's.
func (d *Dataset) all(ids []int) error {
	has := d.Arrangement().Has()
	for _, id := range ids {
		if !has[id] {
			return noSample(id)
		}
	}
	return nil
}

// take takes pictures out of their classes, in the order of Classes.
func (d *Dataset) take(ids []int) (taken []*Sample) {
	chosen := setOf(ids)
	for _, c := range d.Classes {
		var stay []*Sample
		for _, s := range c.Samples {
			if chosen[s.ID] {
				taken = append(taken, s)
			} else {
				stay = append(stay, s)
			}
		}
		if len(stay) < len(c.Samples) {
			c.Samples = stay
		}
	}
	return taken
}

func setOf(ids []int) map[int]bool {
	set := map[int]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Same says that two arrangements are one.
func (a Arrangement) Same(b Arrangement) bool {
	return slices.EqualFunc(a, b, func(a, b Class) bool {
		return a.ID == b.ID && a.Name == b.Name && slices.Equal(a.Samples, b.Samples)
	})
}
