package project

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// open is a project that is ready to train mini at 32 pixels on a generated world.
func open(t testing.TB, perClass, validation int) *Project {
	t.Helper()
	p := New()
	p.Machine = program.OnHost(kernels.NewPortable(2))
	size, dense := 32, 16
	if err := p.Configure(t.Context(), Change{Size: &size, Dense: &dense}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Synthesize(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	if perClass > 0 {
		addWorld(t, p, worlds.Near, perClass, validation)
	}
	return p
}

func addWorld(t testing.TB, p *Project, w *worlds.World, perClass, validation int) *AddResult {
	t.Helper()
	from, err := World(w, perClass, validation, 1)
	if err != nil {
		t.Fatal(err)
	}
	result, err := p.AddImages(t.Context(), from, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// memory is a file in memory.
type memory struct{ *bytes.Reader }

func inMemory(content []byte) File { return memory{bytes.NewReader(content)} }

const testImages = "../../testdata/images/"

// onDisk is a picture file of testdata.
func onDisk(t testing.TB, name string) PictureFile {
	t.Helper()
	content, err := os.ReadFile(testImages + name)
	if err != nil {
		t.Fatal(err)
	}
	return PictureFile{Path: name, Open: func() (File, error) { return inMemory(content), nil }}
}

// check holds an error against a code and a part of its text, which is a sentence.
func check(t testing.TB, err error, code Code, part string) {
	t.Helper()
	checkCode(t, err, code, part)
	if err != nil && !strings.HasSuffix(err.Error(), ".") {
		t.Errorf("%q is no sentence", err)
	}
}

// checkCode is check for errors of other packages, which are no sentences yet.
func checkCode(t testing.TB, err error, code Code, part string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want %s, %q", err, code, part)
	}
}

// The network is used by one at a time; a wait for it can be given up.
func TestTurns(t *testing.T) {
	p := New()
	_, err := p.Begin(t.Context())
	check(t, err, Invalid, "Call open first")
	p.Machine = program.OnHost(kernels.NewPortable(1))
	done, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Reset(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("reset beside another call: %v", err)
	}
	done()
	if err := p.Reset(t.Context()); err != nil {
		t.Error(err)
	}
}

// How many pictures are read again at another size is told, one by one.
func TestConfigureTellsProgress(t *testing.T) {
	p := open(t, 2, 1)
	images := int64(0)
	for _, c := range p.Images().Classes {
		images += int64(len(c.Images))
	}
	var told [][2]int64
	size := 48
	if err := p.Configure(t.Context(), Change{Size: &size, Progress: func(done, total int64) { told = append(told, [2]int64{done, total}) }}); err != nil {
		t.Fatal(err)
	}
	if n := int64(len(told)); n != images || told[0] != [2]int64{0, images} || told[n-1] != [2]int64{n - 1, images} {
		t.Errorf("of %d images: %v", images, told)
	}
}

// Another size of input keeps the weights, another head keeps the backbone, another
// network sets them aside.
func TestConfigure(t *testing.T) {
	p := open(t, 0, 0)
	backbone := p.network.loaded.Data[0]
	configure := func(c Change) *ModelInfo {
		t.Helper()
		if err := p.Configure(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		info, err := p.Describe()
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	size, dense, full, small := 48, 0, "full", 20
	if info := configure(Change{Size: &size}); info.Size != 48 || info.Dense != 16 || info.Weights == nil {
		t.Errorf("%+v", info.Choice)
	}
	// A network that is not in use can be described; nothing changes by that.
	if info, err := p.DescribeOther("full"); err != nil || info.Size != 299 || len(info.Layers) != 783 || info.Weights != nil {
		t.Errorf("%+v, %v", info, err)
	}
	_, err := p.DescribeOther("vgg")
	checkCode(t, err, Invalid, `no model "vgg"`)
	if info := configure(Change{Dense: &dense}); info.Dense != 0 || info.Weights == nil || &p.network.current.Data[0][0] != &backbone[0] {
		t.Errorf("%+v: the backbone was not kept", info.Choice)
	}
	if info := configure(Change{Model: &full}); info.Size != 299 || info.Dense != 1024 || info.Weights != nil || len(info.Layers) != 783 {
		t.Errorf("%+v, %d layers", info.Choice, len(info.Layers))
	}
	checkCode(t, p.Configure(t.Context(), Change{Size: &small}), Invalid, "too small")
	unknown := "vgg"
	check(t, p.Configure(t.Context(), Change{Model: &unknown}), Invalid, `no model "vgg"`)
	info := configure(Change{})
	if info.Model != "full" || info.Size != 299 {
		t.Errorf("a refused choice changed it to %+v", info.Choice)
	}
	sum := 0
	for _, b := range info.Blocks {
		sum += b.Parameters
	}
	if sum != info.Parameters || !slices.Contains(info.Blocks[0].Layers, 1) {
		t.Errorf("blocks have %d of %d parameters", sum, info.Parameters)
	}
}
