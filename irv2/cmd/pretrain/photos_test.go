package main

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// picture is a PNG of one colour.
func picture(t *testing.T, level uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	img.SetGray(0, 0, color.Gray{Y: 255 - level})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Folders, zips and tiny-imagenet-200's layout give the same photographs.
func TestReadPhotos(t *testing.T) {
	content := map[string][]byte{}
	for i, name := range []string{"train/n1 cat/1.png", "train/n1 cat/2.png", "train/n2 dog/1.png", "val/n1 cat/3.png", "val/n2 dog/3.png"} {
		content[name] = picture(t, uint8(40*i))
	}
	write := func(dir, name string, data []byte) {
		t.Helper()
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folders, zips, published := t.TempDir(), t.TempDir(), t.TempDir()
	packed := map[string]*bytes.Buffer{"train-0.zip": {}, "val.zip": {}}
	for side, archive := range packed {
		z := zip.NewWriter(archive)
		for name, data := range content {
			part, rest := filepath.Split(name)
			if top := name[:len("val")]; top != side[:len("val")] {
				continue
			}
			w, err := z.Create(filepath.Base(filepath.Dir(part+"x")) + "/" + rest)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		write(zips, side, archive.Bytes())
	}
	for name, data := range content {
		write(folders, name, data)
	}
	write(published, "words.txt", []byte("n1\tcat, true cat\nn2\tdog\n"))
	write(published, "val/val_annotations.txt", []byte("v1.png\tn1\t0\nv2.png\tn2\t0\n"))
	for to, from := range map[string]string{"train/n1/images/1.png": "train/n1 cat/1.png", "train/n1/images/2.png": "train/n1 cat/2.png",
		"train/n2/images/1.png": "train/n2 dog/1.png", "val/images/v1.png": "val/n1 cat/3.png", "val/images/v2.png": "val/n2 dog/3.png"} {
		write(published, to, content[from])
	}
	for _, dir := range []string{folders, zips, published} {
		p, err := readPhotos(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.names, []string{"n1 cat", "n2 dog"}) || len(p.training) != 3 || len(p.validation) != 2 {
			t.Errorf("%q, %d to train on, %d to validate with", p.names, len(p.training), len(p.validation))
		}
		// Each once a pass, and the same one for the same place.
		seen := map[int]int{}
		image, again := make([]float32, pixels), make([]float32, pixels)
		for i := range 3 {
			seen[p.train(image, recipe{Seed: 1, Batch: 3}, 4, i)]++
			p.train(again, recipe{Seed: 1, Batch: 3}, 4, i)
			if !slices.Equal(image, again) {
				t.Error("an image differs when asked for again")
			}
		}
		if seen[0] != 2 || seen[1] != 1 {
			t.Errorf("a pass showed %v", seen)
		}
	}
	if _, err := readPhotos(t.TempDir()); err == nil {
		t.Error("an empty folder is no error")
	}
}
