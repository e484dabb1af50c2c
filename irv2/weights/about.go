package weights

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2/internal/unzip"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

// About is what a file of Thaw's own says of the network in it.
type About struct {
	Model       string   // a config's name: full or mini
	Size, Dense int      // of the input and the head; 0: that model's own size, no such layer
	Classes     []string // that the head was trained for; nil: it was not
	From        string   // what training started from

	Preprocessing *Preprocessing // nil: v/127.5 - 1

	Run json.RawMessage // how it was trained, in the words of whoever did; nil: it was not
}

// The keys of a file's metadata.
const (
	keyModel   = "thaw.model"
	keyDense   = "thaw.dense"
	keySize    = "thaw.size"
	keyClasses = "thaw.classes" // JSON
	keyFrom    = "thaw.weights"
	keyPixels  = "thaw.preprocessing" // JSON; none for the usual one
	keyRun     = "thaw.run"           // JSON; none for what was not trained here
)

// Metadata is a as the writers of this package take it; none of a network that is not named.
func (a About) Metadata() map[string]string {
	if a.Model == "" {
		return nil
	}
	classes, err := json.Marshal(a.Classes)
	if err != nil {
		panic(err) // strings always marshal
	}
	m := map[string]string{
		keyModel: a.Model, keyDense: strconv.Itoa(a.Dense), keySize: strconv.Itoa(a.Size),
		keyClasses: string(classes), keyFrom: a.From,
	}
	if a.Preprocessing != nil {
		text, err := json.Marshal(a.Preprocessing)
		if err != nil {
			panic(err) // its numbers are finite
		}
		m[keyPixels] = string(text)
	}
	if a.Run != nil {
		m[keyRun] = string(a.Run)
	}
	return m
}

// AboutMetadata reads what Metadata wrote, or an earlier pretraining command
// (in the mini.safetensors of the page): {format: thaw, model, world, seed,
// classes by line}. It is false for metadata that is not Thaw's.
func AboutMetadata(m map[string]string) (About, bool) {
	if m["format"] == "thaw" {
		return About{Model: m["model"], Classes: strings.Split(m["classes"], "\n")}, true
	}
	if m[keyModel] == "" {
		return About{}, false
	}
	a := About{Model: m[keyModel], From: m[keyFrom]}
	// A number or list that cannot be read is as good as none: the tensors decide.
	a.Dense, _ = strconv.Atoi(m[keyDense])
	a.Size, _ = strconv.Atoi(m[keySize])
	json.Unmarshal([]byte(m[keyClasses]), &a.Classes)
	var p Preprocessing
	if json.Unmarshal([]byte(m[keyPixels]), &p) == nil {
		a.Preprocessing = &p
	}
	if run := m[keyRun]; json.Valid([]byte(run)) {
		a.Run = json.RawMessage(run)
	}
	return a, true
}

// AboutFile reads what the file of size bytes in r says of itself. It is false for a file
// that is not Thaw's, or damaged: Read says how.
func AboutFile(r io.ReaderAt, size int64) (About, bool) { return AboutMetadata(metadataOf(r, size)) }

// metadataOf is what a writer was given, nil of a file that has none.
func metadataOf(r io.ReaderAt, size int64) map[string]string {
	var in struct {
		Thaw                map[string]string
		UserDefinedMetadata struct{ Thaw map[string]string }
	}
	switch k := Recognise("", r, size); k.Name {
	case kindSafetensors:
		if f, err := safetensors.Open(r, size); err == nil {
			return f.Metadata
		}
	case kindHDF5:
		if f, err := hdf5.Open(r, size); err == nil {
			if root, err := f.Root(); err == nil {
				return attributesOf(root)
			}
		}
	case kindKeras:
		if files, err := unzip.Files(r, size); err == nil {
			if f := member(files, "metadata.json"); f != nil {
				text, _ := small(f)
				json.Unmarshal(text, &in)
			}
		}
		return in.Thaw
	case kindTFJS:
		if k.Readable || isFolder(r) {
			text, _, _ := tfjsFiles(r, size)
			json.Unmarshal(text, &in)
		}
		return in.UserDefinedMetadata.Thaw
	case kindONNX:
		return onnxMetadata(r, size)
	case kindPackaged:
		if _, inner, innerSize, err := packaged(r, size); err == nil {
			return metadataOf(inner, innerSize)
		}
	}
	return nil
}

// attributesOf is the metadata that WriteH5 wrote.
func attributesOf(root *hdf5.Group) map[string]string {
	m := map[string]string{}
	for _, key := range []string{keyModel, keyDense, keySize, keyClasses, keyFrom, keyPixels, keyRun} {
		if parts, err := legacyNames(root, key); err == nil {
			m[key] = strings.Join(parts, "")
		}
	}
	return m
}

// Numbered are names for outputs whose file tells none: output 1, output 2, ...
func Numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("output ", i+1)
	}
	return names
}

// Named says whether these are names that someone gave.
func Named(names []string) bool { return !slices.Equal(names, Numbered(len(names))) }

// input says in words, for files that other programs open, what the network is to be given.
func (a About) input() string {
	return fmt.Sprintf("RGB, %d x %d, 0 to 255: the whole picture stretched by a triangle filter as wide as the scale (Pillow's BILINEAR, tf.image.resize with antialias=True), rounded to 8 bits; the network itself makes it %v", a.Size, a.Size, a.pixels())
}

// pixels is what is done to a channel, the usual way written out.
func (a About) pixels() Preprocessing {
	if a.Preprocessing != nil {
		return *a.Preprocessing
	}
	const scale = 1 / 127.5
	return Preprocessing{[3]float32{scale, scale, scale}, [3]float32{-1, -1, -1}}
}
