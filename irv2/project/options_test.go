package project

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"thaw/irv2/freeze"
	"thaw/irv2/worlds"
)

// An option is taken as it was given, or refused by name; never replaced in silence.
func TestOptions(t *testing.T) {
	p := open(t, 3, 1)
	for given, want := range map[string]string{
		`{"rate":0}`: "learning rate must be above 0", `{"rate":null}`: `"rate" is no number`, `{"epochs":0}`: "must be 1 to 100,000, not 0", `{"epochs":1.5}`: `"epochs" takes a whole number, not 1.5`,
		`{"batch":0}`: "must be 1 to 4,096", `{"seed":-1}`: "whole number of at least 0", `{"seed":9007199254740992}`: "seed must be at most 9007199254740991", `{"seed":9007199254740991}`: "", `{"ratez":{}}`: `no option "ratez"`, `{"rates":{"blok8_1":0.1}}`: `named "blok8_1"`,
		`{"seeds":{"head":2,"split":0}}`: "", `{"seeds":{"order":9007199254740992}}`: "seed must be at most", `{"seeds":{"dropout":1}}`: `no option "dropout"`,
		`{"rates":{"head":null}}`: "no number", `{"rates":{"backbone":-1}}`: "0 to 1,000,000", `{"optimizer":"adamw"}`: `no optimizer "adamw"`, `{"momentum":1}`: "Momentum must be", `{"dropout":1}`: "Dropout 1 cannot be",
		`{"labelSmoothing":"a"}`: `"labelSmoothing" takes a number`, `{"validation":1}`: "held back", `{"augment":{"shift":2}}`: "Shift", `{"augment":{"turn":2}}`: `no option "turn"`,
		`{}`: "", `{"rate":0.01,"rates":{"backbone":0.1,"block8_*":0,"head":1},"augment":{"flip":true}}`: "",
	} {
		o := DefaultOptions()
		err := Decode([]byte(given), &o)
		if err == nil {
			_, err = p.Plan(freeze.Spec{Preset: "head-only"}, o)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", given, err, want)
		}
	}
	o := DefaultOptions()
	if err := Decode([]byte(`{"epochs":7}`), &o); err != nil || o.Epochs != 7 || o.Rate != 1e-3 {
		t.Errorf("%+v, %v", o, err)
	}
}

// Each seed draws its own part and no other.
func TestSeeds(t *testing.T) {
	seven := uint64(7)
	trained := func(o Options) (split string, order *float64, p *Project) {
		p = open(t, 4, 0)
		o.Augment.Flip = true
		for _, e := range train(t, p, "head-only", o) {
			if e, ok := e.(Stepped); ok && order == nil {
				order = e.Loss
			}
		}
		s, err := p.data.divide(o.division())
		if err != nil {
			t.Fatal(err)
		}
		return p.examples(s, o).sum(), order, p
	}
	o := DefaultOptions()
	split, order, p := trained(o)
	all := o
	all.Seed, all.Seeds = 3, Seeds{&o.Seed, &o.Seed, &o.Seed}
	_, _, same := trained(all)
	sameWeights(t, same, p)
	for name, seeds := range map[string]Seeds{"split": {Split: &seven}, "head": {Head: &seven}, "order": {Order: &seven}} {
		o.Seeds = seeds
		s, first, _ := trained(o)
		if (s != split) != (name == "split") || *first == *order {
			t.Errorf("%s: split %s and first loss %g, with one seed %s and %g", name, s, *first, split, *order)
		}
	}
}

// A hole in a list is not image 0.
func TestIDs(t *testing.T) {
	for given, want := range map[string]string{`{"ids":[2,1]}`: "", `{"ids":[]}`: "", `{"ids":[null]}`: "whole", `{"ids":["NaN"]}`: "whole", `{"ids":[1.5]}`: "whole", `{"ids":{}}`: "list"} {
		var args struct{ IDs IDs }
		err := Decode([]byte(given), &args)
		if want == "" && err != nil {
			t.Error(err)
		} else if want != "" {
			check(t, err, Invalid, want)
		}
	}
}

// Where nothing was held back, there is no figure.
func TestNothingHeldBack(t *testing.T) {
	p := open(t, 3, 0)
	o := DefaultOptions()
	o.Validation = 0
	events := train(t, p, "head-only", o)
	text, err := json.Marshal(events[len(events)-1].(Ended).Result)
	if err != nil || !strings.Contains(string(text), `"validationAccuracy":null,"balancedAccuracy":null,"validationLoss":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

// Numbers and lists are bounded, and what is beyond is refused at once.
func TestBounds(t *testing.T) {
	p := open(t, 0, 0)
	for _, dense := range []int{2_000_000, 5_000_000} {
		check(t, p.Configure(t.Context(), Change{Dense: &dense}), Invalid, "choose 0 (none) to 10000")
	}
	spec := freeze.Spec{Thaw: make([]freeze.Selector, 10_000)}
	for i := range spec.Thaw {
		spec.Thaw[i].Pattern = strings.Repeat("*a", 40)
	}
	_, err := p.Plan(spec, DefaultOptions())
	check(t, err, Invalid, "more than the 1000")
	start := time.Now()
	check(t, Decode([]byte(`{"thaw":[null`+strings.Repeat(",null", 1_000_000)+`]}`), &spec), Invalid, "more than the 1000")
	if took := time.Since(start); took > 5*time.Second { // 0.3 s on a core of its own
		t.Errorf("a long list took %v", took)
	}
}

// What is refused changes nothing: neither what was trained, nor how images are divided.
func TestRefusedChangesNothing(t *testing.T) {
	p := trained(t)
	before, network := p.Images(), *p.network
	for _, change := range []func(*Options){
		func(o *Options) { o.Epochs = 0 }, func(o *Options) { o.Validation = 0.5; o.Rate = math.NaN() },
		func(o *Options) { o.Rates = map[string]float64{"blok8_1": 1} }, func(o *Options) { o.ClassWeight.Of = map[string]float64{"no class": 1} },
	} {
		o := DefaultOptions()
		change(&o)
		_, planned := p.Plan(freeze.Spec{Preset: "head-only"}, o)
		_, trained := p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, o, nil)
		if planned == nil || trained == nil || !reflect.DeepEqual(p.Images(), before) || !reflect.DeepEqual(*p.network, network) {
			t.Errorf("%v, %v, and something changed", planned, trained)
		}
	}
}

// Generated images of any seed are none of pretraining.
func TestWorldSeeds(t *testing.T) {
	for seed, fine := range map[uint64]bool{0: true, 1: true, worldSeedMost: true, worldSeedMost + 1: false, 1<<44 - 1<<21: false, math.MaxUint64: false} {
		if _, err := World(worlds.Near, 1, 0, seed); (err == nil) != fine {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
