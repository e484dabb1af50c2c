package project

import (
	"context"
	"fmt"

	"thaw/irv2/images"
)

// RenameClass gives a class another name; its images and its label stay, and the output
// that answers for it in a trained network is called so too. A name that another class
// has is an error with the code Exists: the two can be merged.
func (p *Project) RenameClass(name, to string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		c := d.Class(name)
		if err := d.RenameClass(name, to); err != nil || c.Name == name {
			return "", err
		}
		p.renameOutputs(c.ID, name, c.Name)
		return fmt.Sprintf("renamed %s to %s", name, c.Name), nil
	})
}

// renameOutputs renames what answers for a class, in all that is trained.
func (p *Project) renameOutputs(class int, from, to string) {
	if n := p.network; n != nil {
		n.loaded.rename(class, from, to)
		n.current.rename(class, from, to)
	}
	if r := p.Run(); r != nil {
		version{outputs: r.outputs}.rename(class, from, to)
	}
}

// MergeClasses puts the images of one class into another; the first is gone then.
func (p *Project) MergeClasses(from, into string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		return fmt.Sprintf("merged %s into %s", from, into), d.Merge(from, into)
	})
}

// RemoveClass removes a class with its images.
func (p *Project) RemoveClass(name string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		return "removed class " + name, d.RemoveClass(name)
	})
}

// MoveImages puts images into another class, made if new.
func (p *Project) MoveImages(ids []int, class string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		moved, err := d.Move(ids, class)
		if moved == 0 {
			return "", err
		}
		return fmt.Sprintf("moved %s to %s", pictures(moved), images.CleanName(class)), err
	})
}

// RemoveImages removes images; their classes stay.
func (p *Project) RemoveImages(ids []int) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		before := d.Len()
		err := d.Remove(ids)
		return "removed " + pictures(before-d.Len()), err
	})
}

// ExcludeImages sets images aside: they stay, but no run trains on them or measures with
// them until IncludeImages takes them back.
func (p *Project) ExcludeImages(ids []int) (DataInfo, error) {
	return p.exclude(ids, true, "set %s aside")
}

// IncludeImages takes images back that were set aside.
func (p *Project) IncludeImages(ids []int) (DataInfo, error) {
	return p.exclude(ids, false, "took %s back")
}

func (p *Project) exclude(ids []int, excluded bool, did string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		changed, err := d.Exclude(ids, excluded)
		return fmt.Sprintf(did, pictures(changed)), err
	})
}

// Alike lists images that look the same, in groups of IDs; see images.Dataset.Alike. Only
// asked for is it computed.
func (p *Project) Alike(ctx context.Context) ([][]int, error) {
	groups, err := p.data.set.Alike(p.poll(ctx))
	ids := make([][]int, len(groups))
	for i, g := range groups {
		for _, s := range g {
			ids[i] = append(ids[i], s.ID)
		}
	}
	return ids, err
}

// KeepTogether makes images one group, which is never divided between training and
// validation.
func (p *Project) KeepTogether(ids []int) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) (string, error) {
		return fmt.Sprintf("kept %s together", pictures(len(ids))), d.Together(ids)
	})
}

// ClearImages removes all images and classes, and ends what is adding some.
func (p *Project) ClearImages() DataInfo {
	p.data.stopAdding()
	info, _ := p.edit(func(d *images.Dataset) (string, error) {
		n := d.Len()
		d.Clear()
		return "removed all " + pictures(n), nil
	})
	return info
}

// edit changes the images by one step of the history, which change tells in words.
func (p *Project) edit(change func(*images.Dataset) (did string, err error)) (DataInfo, error) {
	d := p.data
	d.Lock()
	defer d.Unlock()
	before := d.set.Arrangement()
	did, err := change(d.set)
	if err != nil {
		return DataInfo{}, WithCode(Invalid, err)
	}
	if err := d.set.Settle(p.poll(context.Background())); err != nil {
		d.set.Arrange(before)
		return DataInfo{}, err
	}
	d.remember(did, before)
	p.changed()
	return p.Images(), nil
}

// remember makes what was done a step of the history, unless nothing changed.
func (d *data) remember(did string, before images.Arrangement) {
	if !d.set.Arrangement().Same(before) {
		d.history.push(did, before)
		d.history.trim(d.set, keptBytes)
	}
}

// Undone is what the images are after a step back or forward, and that step in words.
type Undone struct {
	DataInfo
	Did string `json:"did"` // "Undid: moved 3 images to roses."
}

// Undo takes the last change of the images back: what was added goes, what was removed
// comes back, and what answers for a class in a trained network is called as it was.
func (p *Project) Undo(ctx context.Context) (*Undone, error) {
	h := &p.data.history
	return p.step(ctx, "undo", "Undid", &h.past, &h.future)
}

// Redo makes the change again that Undo took back last.
func (p *Project) Redo(ctx context.Context) (*Undone, error) {
	h := &p.data.history
	return p.step(ctx, "redo", "Did again", &h.future, &h.past)
}

// step goes over the last change of from, which becomes the last of to.
func (p *Project) step(ctx context.Context, verb, done string, from, to *[]change) (*Undone, error) {
	d := p.data
	d.Lock()
	defer d.Unlock()
	last := len(*from) - 1
	if last < 0 {
		return nil, Errorf(Invalid, "There is nothing to %s.", verb)
	}
	c, here := (*from)[last], d.set.Arrangement()
	d.set.Arrange(c.other)
	if err := d.set.Resize(d.set.Resizing, p.poll(ctx)); err != nil {
		d.set.Arrange(here)
		return nil, err
	}
	*from, *to = (*from)[:last], append(*to, change{c.did, here})
	d.history.trim(d.set, keptBytes)
	names := map[int]string{}
	for _, class := range here {
		names[class.ID] = class.Name
	}
	for _, class := range c.other {
		if name, ok := names[class.ID]; ok && name != class.Name {
			p.renameOutputs(class.ID, name, class.Name)
		}
	}
	p.changed()
	return &Undone{p.Images(), fmt.Sprintf("%s: %s.", done, c.did)}, nil
}

// added says in words what came in.
func added(before, now images.Arrangement) string {
	had := map[int]int{}
	for _, c := range before {
		had[c.ID] = len(c.Samples)
	}
	var names []string
	n := 0
	for _, c := range now {
		if old, ok := had[c.ID]; !ok || len(c.Samples) > old {
			names = append(names, c.Name)
			n += len(c.Samples) - old
		}
	}
	switch {
	case len(names) == 1 && n == 0:
		return "added class " + names[0]
	case len(names) == 1:
		return fmt.Sprintf("added %s to %s", pictures(n), names[0])
	}
	return "added " + pictures(n)
}

func pictures(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}
