package project

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// foreign is a trained network as another program leaves it: weights alone.
func foreign(t testing.TB, p *Project) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := weights.WriteH5(&b, p.network.current.Weights, weights.About{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func empty(t testing.TB) (*Project, *mapShelf) {
	t.Helper()
	p := New()
	p.Machine = program.OnHost(kernels.NewPortable(2))
	size := 32
	if err := p.Configure(t.Context(), Change{Size: &size}); err != nil {
		t.Fatal(err)
	}
	return p, withLibrary(t, p)
}

// A head that fits comes with a foreign file: its dense layer is adopted, its outputs are
// numbered until someone names them, and the names are kept.
func TestForeignHeadIsKept(t *testing.T) {
	p := trained(t)
	want := predict(t, p)
	q, shelf := empty(t)
	if info, _ := q.Describe(); info.Outputs != nil {
		t.Fatalf("%+v before anything is loaded", info.Outputs)
	}
	info, err := importBytes(t, q, "keras.h5", foreign(t, p))
	if err != nil || len(info.Warnings) != 0 || info.Description != "Keras HDF5, trained for 4 classes" {
		t.Fatalf("%+v, %v", info, err)
	}
	model, _ := q.Describe()
	if model.Dense != 16 || model.Outputs == nil || model.Outputs.Named || !slices.Equal(model.Outputs.Names, weights.Numbered(4)) {
		t.Fatalf("%+v, %+v", model.Choice, model.Outputs)
	}
	names := p.network.current.names()
	for _, bad := range [][]string{names[:3], {"a", "b", "c", "a"}, {"a", "b", "c", " "}} {
		_, err := q.NameOutputs(t.Context(), bad)
		check(t, err, Invalid, "")
	}
	if model, err = q.NameOutputs(t.Context(), names); err != nil || !model.Outputs.Named {
		t.Fatalf("%+v, %v", model, err)
	}
	if got := predict(t, q); !reflect.DeepEqual(got, want) {
		t.Errorf("predicts %v, before %v", got, want)
	}
	again, _ := empty(t)
	if again.Library, err = OpenLibrary(t.Context(), shelf, &Locks{}); err != nil {
		t.Fatal(err)
	}
	if _, err := again.UseWeights(t.Context(), info.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := again.network.current.names(); !slices.Equal(got, names) {
		t.Errorf("kept names %q", got)
	}
	// Names that were given to outputs are those of classes: training goes on from there.
	// Classes of these names find their outputs: training goes on from there.
	addWorld(t, again, worlds.Near, 3, 1)
	if started := train(t, again, "head-only", DefaultOptions())[0].(Started); started.Plan.Head == nil || started.Plan.Head.Kept != 4 {
		t.Errorf("started with %+v", started.Plan.Head)
	}
	_, err = p.NameOutputs(t.Context(), nil)
	check(t, err, Invalid, "4 outputs")
}

func near(a, b []Probability, tolerance float32) bool {
	return slices.EqualFunc(a, b, func(a, b Probability) bool {
		return a.Name == b.Name && a.Probability-b.Probability < tolerance && b.Probability-a.Probability < tolerance
	})
}

// What a file says of pixels is used and goes on into every export.
func TestPreprocessingTravels(t *testing.T) {
	p := trained(t)
	usual := predict(t, p)
	p.network.info.Preprocessing = &weights.Preprocessing{Scale: [3]float32{1. / 127.5, 1. / 127.5, 1. / 127.5}, Offset: [3]float32{-1, -1, -1}}
	p.dropPredictors()
	if got := predict(t, p); !near(got, usual, 1e-4) {
		t.Errorf("the usual way written out: %v, want %v", got, usual)
	}
	p.network.info.Preprocessing = &weights.Preprocessing{Scale: [3]float32{1. / 255, 1. / 255, 1. / 255}}
	want := predict(t, p)
	if near(want, usual, 1e-4) {
		t.Error("another way of feeding pixels changes nothing")
	}
	for _, format := range []string{"safetensors", "h5"} {
		q, shelf := empty(t)
		info, err := importBytes(t, q, "w."+format, exported(t, p, format))
		if err != nil || !slices.Equal(info.Warnings, []string{"Pixels are fed as v/255, as the file's own layers do."}) {
			t.Errorf("%s: %+v, %v", format, info, err)
			continue
		}
		if got := predict(t, q); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: predicts %v, want %v", format, got, want)
		}
		again, _ := empty(t)
		again.Library, _ = OpenLibrary(t.Context(), shelf, &Locks{})
		if _, err := again.UseWeights(t.Context(), info.ID, nil); err != nil {
			t.Fatal(err)
		}
		if got := predict(t, again); !reflect.DeepEqual(got, want) {
			t.Errorf("%s, kept: predicts %v, want %v", format, got, want)
		}
	}
}
