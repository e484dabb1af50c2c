package project

import (
	"testing"

	"thaw/irv2/freeze"
	"thaw/irv2/weights"
)

// computed is of how many images a run of the head alone computed the features.
func computed(t *testing.T, p *Project, o Options) int {
	t.Helper()
	plan, err := p.Plan(freeze.Spec{Preset: "head-only"}, o)
	if err != nil {
		t.Fatal(err)
	}
	from, last, total := 0, 0, 0
	for _, e := range train(t, p, "head-only", o) {
		switch e := e.(type) {
		case Started:
			from, total = e.Plan.Cost.CachedImages, e.Train+e.Validation
			last = from
		case Cached:
			last = e.Done
		}
	}
	if last != total || plan.Cost.CachedImages != from {
		t.Errorf("features of %d of %d images, the plan knew %d, the run %d", last, total, plan.Cost.CachedImages, from)
	}
	return last - from
}

// A second frozen run on the same images, whatever they are labelled by now, computes no
// features again, and ends at the bits of one that does.
func TestFeaturesAreKept(t *testing.T) {
	p, anew := open(t, 3, 2), open(t, 3, 2)
	o := DefaultOptions()
	o.Batch = 4
	if n := computed(t, p, o); n != 20 {
		t.Errorf("computed %d, want all 20", n)
	}
	train(t, p, "unfreeze-all", o) // what does not look for them leaves them
	o.Rate = 1e-2
	for _, q := range []*Project{p, anew} { // one image is in another class, one set aside
		classes := q.Images().Classes
		q.MoveImages([]int{classes[0].Images[1].ID}, classes[2].Name)
		q.ExcludeImages([]int{classes[1].Images[0].ID})
	}
	before, _ := p.Plan(freeze.Spec{Preset: "head-only"}, o)
	if n := computed(t, p, o); n != 0 {
		t.Errorf("computed %d again", n)
	}
	computed(t, anew, o)
	sameWeights(t, p, anew)
	p.keep(nil)
	if after, _ := p.Plan(freeze.Spec{Preset: "head-only"}, o); *before.Cost.SecondsFirst >= *after.Cost.SecondsFirst {
		t.Errorf("a first pass that computes nothing before it takes %.3g s, one that does %.3g s", *before.Cost.SecondsFirst, *after.Cost.SecondsFirst)
	}
}

// Runs that hold other images back take the same features up, and end at the bits of those
// that compute them.
func TestFeaturesOfAnotherSplit(t *testing.T) {
	p := open(t, 5, 0)
	o := DefaultOptions()
	o.Batch, o.Validation = 4, 0.3
	computed(t, p, o)
	for o.Seed = 2; o.Seed < 5; o.Seed++ {
		if n := computed(t, p, o); n != 0 {
			t.Errorf("seed %d: computed %d again", o.Seed, n)
		}
		anew := open(t, 5, 0)
		if n := computed(t, anew, o); n != 20 {
			t.Errorf("computed %d, want all 20", n)
		}
		sameWeights(t, p, anew)
	}
}

// Features are computed anew where anything is another that they depend on.
func TestFeaturesAreComputedAnew(t *testing.T) {
	o := DefaultOptions()
	o.Batch = 4
	for _, c := range []struct {
		what   string
		change func(*Project, *Options)
		want   int
	}{
		{"a head", func(p *Project, o *Options) { dense := 8; p.Configure(t.Context(), Change{Dense: &dense}) }, 0},
		{"the order of steps", func(p *Project, o *Options) { o.Continue, o.LabelSmoothing = true, 0.1 }, 0},
		{"augmentation, of validation images alone", func(p *Project, o *Options) { o.Augment.Flip = true }, 0},
		{"another batch", func(p *Project, o *Options) { p.features.of.batch = 5 }, 20},
		{"another size", func(p *Project, o *Options) { size := 40; p.Configure(t.Context(), Change{Size: &size}) }, 20},
		{"an image less", func(p *Project, o *Options) {
			for _, c := range p.Images().Classes {
				for _, s := range c.Images {
					if s.Split == "train" {
						p.data.set.Remove([]int{s.ID})
						return
					}
				}
			}
		}, 0},
		{"an image in another class, one set aside", func(p *Project, o *Options) {
			classes := p.Images().Classes
			p.MoveImages([]int{classes[0].Images[1].ID}, classes[2].Name)
			p.ExcludeImages([]int{classes[1].Images[0].ID})
		}, 0},
		{"an image more", func(p *Project, o *Options) {
			classes := p.Images().Classes
			id := classes[0].Images[0].ID
			p.RemoveImages([]int{id})
			train(t, p, "head-only", *o)
			p.keep(nil)
			train(t, p, "head-only", *o)
			p.Undo(t.Context())
		}, 12},
		{"16-bit images that are scaled otherwise", func(p *Project, o *Options) {
			for _, c := range p.data.set.Classes {
				for _, s := range c.Samples {
					s.Range = 12
				}
			}
		}, 20},
		{"other weights", func(p *Project, o *Options) { p.Synthesize(t.Context(), "", 2) }, 20},
		{"trained weights", func(p *Project, o *Options) { train(t, p, "unfreeze-all", *o); o.Continue = true }, 20},
		{"other preprocessing", func(p *Project, o *Options) {
			p.network.info.Preprocessing = &weights.Preprocessing{Scale: [3]float32{1, 1, 1}}
		}, 20},
		{"a thread less", func(p *Project, o *Options) { p.features.of.threads-- }, 20},
		{"no room", func(p *Project, o *Options) {
			ph, _ := p.phases(freeze.Spec{Preset: "head-only"}, *o, 4, [2]int{12, 8})
			l, _ := p.layout(ph, 0)
			p.Memory = 1 << 40
			p.Memory = l.Cost().Peak + p.Memory - p.budget()
		}, 20},
	} {
		p, o := open(t, 3, 2), o
		train(t, p, "head-only", o)
		c.change(p, &o)
		got := 0
		if o.Augment.Flip {
			got = 8 - train(t, p, "head-only", o)[0].(Started).Plan.Cost.CachedImages
		} else {
			got = computed(t, p, o)
		}
		if got != c.want {
			t.Errorf("%s: features of %d images, want %d", c.what, got, c.want)
		}
	}
}
