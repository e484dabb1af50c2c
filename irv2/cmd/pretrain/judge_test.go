package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"thaw/irv2"
	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// worldFolders writes fresh images of a world as PNGs, a folder a class.
func worldFolders(t *testing.T, w *worlds.World, perClass int) string {
	t.Helper()
	dir := t.TempDir()
	for c, class := range w.Classes {
		folder := filepath.Join(dir, class, "images")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range perClass {
			pixels := w.Image(c, worlds.Fresh+uint64(i))
			img := image.NewNRGBA(image.Rect(0, 0, side, side))
			for p := range side * side {
				img.SetNRGBA(p%side, p/side, color.NRGBA{pixels[3*p], pixels[3*p+1], pixels[3*p+2], 255})
			}
			var b bytes.Buffer
			if err := png.Encode(&b, img); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(i, ".png")), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// Mini's features tell apart new shapes of its own world, better than random ones do, and
// judging again gives the same figures.
func TestJudge(t *testing.T) {
	dir := worldFolders(t, worlds.Near, 20)
	if err := os.WriteFile(filepath.Join(dir, worlds.Near.Classes[0], "notes.csv"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	random := filepath.Join(t.TempDir(), "random.safetensors")
	m, err := irv2.New(irv2.Mini(2))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := weights.WriteSafetensors(&file, initial(m, 1), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(random, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	machine := program.OnHost(kernels.NewPortable(2))
	first := map[string]judgement{}
	for _, name := range []string{models + "mini.safetensors", random, models + "mini.safetensors"} {
		j, err := judge(name, dir, machine)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", filepath.Base(name), j)
		if before, ok := first[name]; ok && !slices.Equal(j.accuracy, before.accuracy) {
			t.Errorf("judged again: %v, before %v", j.accuracy, before.accuracy)
		}
		first[name] = j
		if j.images != 20*len(worlds.Near.Classes) || j.classes != len(worlds.Near.Classes) {
			t.Errorf("%+v", j)
		}
	}
	pretrained, drawn := stat.Mean(first[models+"mini.safetensors"].accuracy, nil), stat.Mean(first[random].accuracy, nil)
	if pretrained < 0.85 || drawn > pretrained-0.2 {
		t.Errorf("pretrained features %.3f, random ones %.3f", pretrained, drawn)
	}
	if _, err := judge(random, t.TempDir(), machine); err == nil {
		t.Error("an empty folder is no error")
	}
}

// Folds hold every image once and each class as evenly as can be.
func TestLeaveOut(t *testing.T) {
	labels := []int{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	held := make([]int, len(labels))
	for k := range folds {
		in, out := leaveOut(labels, folds, k)
		if len(in)+len(out) != len(labels) {
			t.Errorf("fold %d: %d and %d of %d", k, len(in), len(out), len(labels))
		}
		each := [2]int{}
		for _, i := range out {
			held[i]++
			each[labels[i]]++
		}
		if each[0] < 1 || each[0] > 2 || each[1] < 2 || each[1] > 3 {
			t.Errorf("fold %d holds %v of the classes", k, each)
		}
	}
	if slices.Min(held) != 1 || slices.Max(held) != 1 {
		t.Errorf("held out so often: %v", held)
	}
}

// Worked by hand: columns 1, 3 (mean 2, deviation 1) and 5, 5.
func TestStandardise(t *testing.T) {
	train, left := mat.NewDense(2, 3, []float64{1, 5, 1, 3, 5, 1}), mat.NewDense(1, 3, []float64{4, 9, 1})
	standardise(train, left)
	if !mat.Equal(train, mat.NewDense(2, 3, []float64{-1, 0, 1, 1, 0, 1})) || !mat.Equal(left, mat.NewDense(1, 3, []float64{2, 0, 1})) {
		t.Errorf("%v, %v", mat.Formatted(train), mat.Formatted(left))
	}
	// Deviation sqrt(0.02), over sqrt(2) folds.
	if s := (judgement{10, 2, []float64{0.5, 0.7}}).String(); !strings.HasPrefix(s, "60.0 +- 10.0 % of 10 images of 2 classes") {
		t.Error(s)
	}
}
