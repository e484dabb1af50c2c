package weights

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"thaw/irv2/weights/safetensors"
)

// About is what a safetensors file of Thaw's own says of the network in it.
type About struct {
	Model       string   // a config's name: full or mini
	Size, Dense int      // of the input and the head; 0: that model's own size, no such layer
	Classes     []string // that the head was trained for; nil: it was not
	From        string   // what training started from
}

// The keys of a file's metadata.
const (
	keyModel   = "thaw.model"
	keyDense   = "thaw.dense"
	keySize    = "thaw.size"
	keyClasses = "thaw.classes" // JSON
	keyFrom    = "thaw.weights"
)

// Metadata is a as the writers of this package take it.
func (a About) Metadata() map[string]string {
	classes, err := json.Marshal(a.Classes)
	if err != nil {
		panic(err) // strings always marshal
	}
	return map[string]string{
		keyModel: a.Model, keyDense: strconv.Itoa(a.Dense), keySize: strconv.Itoa(a.Size),
		keyClasses: string(classes), keyFrom: a.From,
	}
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
	return a, true
}

// AboutFile reads the header of the file of size bytes in r. It is false for a file
// that is not Thaw's, or damaged: Read says how.
func AboutFile(r io.ReaderAt, size int64) (About, bool) {
	f, err := safetensors.Open(r, size)
	if err != nil {
		return About{}, false
	}
	return AboutMetadata(f.Metadata)
}
