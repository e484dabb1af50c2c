package weights

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"thaw/irv2"
)

// thin is the network of testdata/weights/make.py.
func thin(t testing.TB, classes, dense int) *irv2.Model {
	t.Helper()
	m, err := irv2.New(irv2.Config{
		Name: "thin", Size: 75,
		Stem:     [5]int{1, 1, 2, 2, 6},
		Mixed5b:  irv2.Mixed5b{B0: 3, B1: [2]int{1, 2}, B2: [3]int{2, 3, 3}, BPool: 2},
		Block35:  irv2.Block35{B0: 1, B1: [2]int{1, 1}, B2: [3]int{1, 1, 2}},
		Mixed6a:  irv2.Mixed6a{B0: 12, B1: [3]int{8, 8, 12}},
		Block17:  irv2.Block17{B0: 6, B1: [3]int{4, 5, 6}},
		Mixed7a:  irv2.Mixed7a{B0: [2]int{8, 12}, B1: [2]int{8, 9}, B2: [3]int{8, 9, 10}},
		Block8:   irv2.Block8{B0: 6, B1: [3]int{6, 7, 8}},
		Conv7b:   48,
		Repeat35: 1, Repeat17: 1, Repeat8: 2,
		Classes: classes, Dense: dense,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// testdata reads a file made by the real libraries.
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/weights/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

func readBytes(raw []byte, m *irv2.Model) (*irv2.Weights, Report, error) {
	return Read(bytes.NewReader(raw), int64(len(raw)), "file", m, nil)
}

// golden are the values that make.py put into its files.
func golden(m *irv2.Model) *irv2.Weights {
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	return w
}

// largestError is over the parameters named, relative to the largest value.
func largestError(got, want *irv2.Weights, set []string) float64 {
	worst := 0.0
	for _, p := range want.Model.Params {
		if !slices.Contains(set, p.Name()) {
			continue
		}
		for i, v := range want.Of(p) {
			worst = max(worst, math.Abs(float64(got.Of(p)[i]-v))/max(1, math.Abs(float64(v))))
		}
	}
	return worst
}

func TestReadsEveryLayout(t *testing.T) {
	for _, c := range []struct {
		file     string
		format   Format
		top      bool
		headSet  bool
		classes  int
		dense    int
		halfStep float64 // relative rounding of the file's own type
	}{
		{"keras_notop.h5", KerasLegacy, false, false, 3, 4, 0},
		{"keras_model.h5", KerasLegacy, true, true, 3, 4, 0},
		{"keras_model.h5", KerasLegacy, true, false, 5, 4, 0},
		{"old_notop.h5.gz", KerasLegacy, false, false, 3, 4, 0},
		{"keras_top.h5.gz", KerasLegacy, true, false, 3, 4, 0},
		{"keras_top.h5.gz", KerasLegacy, true, true, 10, 0, 0},
		{"nested.h5.gz", KerasLegacy, true, true, 3, 4, 0},
		{"nested.weights.h5.gz", Keras3, true, true, 3, 4, 0},
		{"keras.weights.h5", Keras3, true, true, 3, 4, 0},
		{"keras.keras", KerasZip, true, true, 3, 4, 0},
		{"timm.safetensors", Timm, true, false, 3, 4, 0},
		{"timm_half.safetensors", Timm, false, false, 3, 4, 1.0 / 2048},
	} {
		m := thin(t, c.classes, c.dense)
		w, report, err := readBytes(testdata(t, c.file), m)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if report.Format != c.format || report.Top != c.top || (len(report.Left) == 0) != c.headSet {
			t.Errorf("%s: %q top %v left %q, want %+v", c.file, report.Format, report.Top, report.Left, c)
		}
		if len(report.Set)+len(report.Left) != len(m.Params) {
			t.Errorf("%s: %d set and %d left of %d", c.file, len(report.Set), len(report.Left), len(m.Params))
		}
		if left := c.top && !c.headSet; left != (len(report.Warnings) == 1) {
			t.Errorf("%s: warnings %q", c.file, report.Warnings)
		}
		if e := largestError(w, golden(m), report.Set); e > c.halfStep {
			t.Errorf("%s: values differ by %g", c.file, e)
		}
	}
}

// With the scale folded, a batch norm in inference mode gives what timm's gives.
func TestGammaFold(t *testing.T) {
	m := thin(t, 3, 4)
	w, report, err := readBytes(testdata(t, "timm_gamma.safetensors"), m)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "gamma") {
		t.Errorf("warnings %q", report.Warnings)
	}
	plain := golden(m)
	for _, l := range m.Layers[:m.Backbone] {
		if l.Class != irv2.BatchNormalization {
			continue
		}
		conv := l.Inputs[0]
		for c := range l.C {
			gamma := 0.5 + float64(c)/8 // as in make.py
			// The convolution of some input that sums its whole filter.
			sum := func(w *irv2.Weights) (x float64) {
				k := w.Of(conv.Param("kernel"))
				for i := c; i < len(k); i += conv.C {
					x += float64(k[i])
				}
				return x
			}
			norm := func(w *irv2.Weights, x, gamma float64) float64 {
				at := func(kind string) float64 { return float64(w.Of(l.Param(kind))[c]) }
				return gamma*(x-at("moving_mean"))/math.Sqrt(at("moving_variance")+1e-3) + at("beta")
			}
			want, got := norm(plain, sum(plain), gamma), norm(w, sum(w), 1)
			if math.Abs(got-want) > 1e-5*max(1, math.Abs(want)) { // float32 products of up to 1,000 terms
				t.Fatalf("%s channel %d: %g, want %g", l.Name, c, got, want)
			}
		}
	}
}

// timm's 1001 classes lose the background where the model has 1000.
func TestBackgroundClass(t *testing.T) {
	m := thin(t, 1000, 0)
	w, report, err := readBytes(testdata(t, "timm.safetensors"), m)
	if err != nil || len(report.Left) != 0 || len(report.Warnings) != 1 {
		t.Fatalf("%v, left %q, warnings %q", err, report.Left, report.Warnings)
	}
	weight, bias := make([]float32, 1001*48), make([]float32, 1001)
	irv2.FillUniform(weight, 1, "classif.weight")
	irv2.FillUniform(bias, 1, "classif.bias")
	l := m.Layer("predictions")
	for class := range 1000 {
		if w.Of(l.Param("bias"))[class] != bias[class+1] {
			t.Fatalf("bias of class %d", class)
		}
		for i := range 48 {
			if w.Of(l.Param("kernel"))[i*1000+class] != weight[(class+1)*48+i] {
				t.Fatalf("weight %d of class %d", i, class)
			}
		}
	}
}

func TestProgress(t *testing.T) {
	raw := testdata(t, "keras_model.h5")
	m := thin(t, 3, 4)
	last, total := int64(0), int64(0)
	_, _, err := Read(bytes.NewReader(raw), int64(len(raw)), "file", m, func(done, all int64) {
		if done < last || done > all {
			t.Fatalf("progress went from %d to %d of %d", last, done, all)
		}
		last, total = done, all
	})
	want := int64(0)
	for _, p := range m.Params {
		want += 4 * int64(p.Len())
	}
	if err != nil || last != total || total != want {
		t.Errorf("ended at %d of %d, want %d, %v", last, total, want, err)
	}
}

func TestRoundTrips(t *testing.T) {
	m := thin(t, 3, 4)
	want := golden(m)
	all := func() (names []string) {
		for _, p := range m.Params {
			names = append(names, p.Name())
		}
		return names
	}()
	meta := map[string]string{"classes": `["a","b","c"]`, "seed": "7"}
	for name, c := range map[string]struct {
		write     func(io.Writer) error
		format    Format
		tolerance float64
	}{
		"safetensors": {func(w io.Writer) error { return WriteSafetensors(w, want, meta) }, Thaw, 0},
		"half":        {func(w io.Writer) error { return WriteSafetensorsHalf(w, want, meta) }, Thaw, 1.0 / 2048},
		"h5":          {func(w io.Writer) error { return WriteH5(w, want, About{}) }, KerasLegacy, 0},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(name, err)
		}
		got, report, err := readBytes(b.Bytes(), m)
		if err != nil {
			t.Fatal(name, err)
		}
		if report.Format != c.format || len(report.Left) != 0 || len(report.Warnings) != 0 {
			t.Errorf("%s: %+v", name, report)
		}
		if c.format == Thaw && report.Metadata["classes"] != meta["classes"] {
			t.Errorf("%s: metadata %v", name, report.Metadata)
		}
		if e := largestError(got, want, all); e > c.tolerance {
			t.Errorf("%s: values differ by %g", name, e)
		}
	}
}

func TestFingerprint(t *testing.T) {
	if k := bySum("", "d19885ff4a710c122648d3b5c3b684e4"); k == nil || k.Top {
		t.Errorf("Keras without top: %+v", k)
	}
	if k := bySum("0", "1"); k != nil {
		t.Errorf("unknown sum: %+v", k)
	}
	if k, err := Fingerprint(bytes.NewReader(nil), 0); k != nil || err != nil {
		t.Errorf("empty file: %v %v", k, err)
	}
}

// What the page, serve and the policy are made from.
func TestPublished(t *testing.T) {
	ids := map[string]bool{}
	for _, k := range Published() {
		if ids[k.ID] || k.ID == "" || strings.ContainsAny(k.ID, "/. ") || k.Name == "" || k.About == "" {
			t.Errorf("%+v: an ID of its own, a name and what it is are needed", k)
		}
		ids[k.ID] = true
		if n := len(k.sum); n != 0 && n != 32 && n != 64 {
			t.Errorf("%s: a sum of %d digits", k.ID, n)
		}
		if (k.URL == "") != (k.File != "") || k.URL == "" && k.Page == "" {
			t.Errorf("%s: neither an address nor a page with a file", k.ID)
		}
		if got := PublishedByID(k.ID); got == nil || got.Name != k.Name {
			t.Errorf("%s is found as %+v", k.ID, got)
		}
	}
	if k := PublishedByID("http://example.org"); k != nil {
		t.Errorf("an address is taken for %s", k.ID)
	}
	want := []string{"https://storage.googleapis.com/tensorflow/", "https://huggingface.co/timm/"}
	if got := Origins(); !slices.Equal(got, want) {
		t.Errorf("origins %v", got)
	}
}
