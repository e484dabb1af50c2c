package project

import "testing"

// A run tells of each held-back image what its network said: what the confusion counts.
func TestHeldBackAnswers(t *testing.T) {
	p := open(t, 3, 2)
	events := train(t, p, "head-only", DefaultOptions())
	r := events[len(events)-1].(Ended).Result
	h, names := r.HeldBack, map[int]string{}
	for _, c := range p.Images().Classes {
		for _, i := range c.Images {
			if i.Split == "validation" {
				names[i.ID] = c.Name
			}
		}
	}
	if len(h.IDs) != 8 || len(names) != 8 {
		t.Fatalf("%d answers, %d held back", len(h.IDs), len(names))
	}
	for i, id := range h.IDs {
		if names[id] != r.Classes[h.Labels[i]] {
			t.Errorf("image %d is of %q, not of %q", id, names[id], r.Classes[h.Labels[i]])
		}
		if h.Sure[i] < 250 || h.Sure[i] > 1000 { // of four classes
			t.Errorf("the likeliest class has %d thousandths", h.Sure[i])
		}
		r.Confusion[h.Labels[i]][h.Said[i]]--
	}
	for _, row := range r.Confusion {
		for _, n := range row {
			if n != 0 {
				t.Fatalf("answers and confusion differ by %v", r.Confusion)
			}
		}
	}
	if made := p.network.current.made; made.Result.HeldBack != nil {
		t.Error("images are told of in what goes with a network")
	}
}

// Images that are set aside stay, and are on no side until they are taken back; undo knows
// both steps, and a kept project the state.
func TestExclude(t *testing.T) {
	p := open(t, 3, 2)
	first := p.Images().Classes[0].Images[0]
	sides := func(info DataInfo) (n map[string]int) {
		n = map[string]int{}
		for _, c := range info.Classes {
			for _, i := range c.Images {
				n[i.Split]++
				if i.Excluded != (i.ID == first.ID && i.Split == "aside") {
					t.Errorf("%+v", i)
				}
			}
		}
		return n
	}
	before := sides(p.Images())
	info, err := p.ExcludeImages([]int{first.ID})
	if n := sides(info); err != nil || n["aside"] != 1 || n["train"]+n["validation"] != 19 || *info.Undo != "set 1 image aside" {
		t.Errorf("%v, %v", n, err)
	}
	if info, _ := p.ExcludeImages([]int{first.ID}); *info.Undo != "set 1 image aside" || len(p.data.history.past) != 2 {
		t.Error("what changed nothing is a step")
	}
	if info, err = p.IncludeImages([]int{first.ID}); err != nil || sides(info)["train"] != before["train"] || *info.Undo != "took 1 image back" {
		t.Errorf("%+v, %v", info, err)
	}
	if undone, err := p.Undo(t.Context()); err != nil || sides(undone.DataInfo)["aside"] != 1 {
		t.Errorf("%+v, %v", undone, err)
	}
	var all []int
	for _, i := range p.Images().Classes[0].Images {
		all = append(all, i.ID)
	}
	if info, _ = p.ExcludeImages(all); info.Problem == nil {
		t.Error("a class of which all is set aside can be trained")
	}
	if _, err := p.ExcludeImages([]int{-1}); err == nil {
		t.Error("set aside what is not there")
	}
}

// One of two copies under two labels set aside: the other is used.
func TestExcludeResolvesConflict(t *testing.T) {
	p := open(t, 3, 2)
	a, b := p.data.set.Classes[0], p.data.set.Classes[1]
	copied := *a.Samples[0]
	copied.ID = 1 << 20
	b.Samples = append(b.Samples, &copied)
	if d := p.Images().Duplicates; len(d) != 1 || !d[0].Conflict {
		t.Fatalf("%+v", d)
	}
	if info, err := p.ExcludeImages([]int{copied.ID}); err != nil || len(info.Duplicates) != 0 {
		t.Errorf("%+v, %v", info.Duplicates, err)
	}
	split, err := p.data.divide(p.division)
	if err != nil || len(split.Train)+len(split.Validation) != 20 || len(split.LeftOut) != 1 {
		t.Errorf("%+v, %v", split, err)
	}
}
