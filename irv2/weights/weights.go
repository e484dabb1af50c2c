// Package weights reads and writes files with the weights of an irv2.Model.
//
// Read takes what users have, told apart by content and not by name:
//
//   - Keras HDF5, whole model or weights only, of every Keras version (.h5);
//   - Keras 3 weights (.weights.h5) and archives (.keras);
//   - timm's and Thaw's own safetensors;
//   - PyTorch checkpoints with timm's or Cadene's names (.pth, .pt, .bin);
//   - TensorFlow.js layers models, a zip or a Folder;
//   - Thaw's own ONNX, and a zip that holds one of these beside other files.
//
// Recognise says of all others what they are.
//
// Data enters as an io.ReaderAt and leaves as irv2.Weights, tensor by tensor:
// beside the result, Read holds little more than one tensor. Every tensor is
// matched with a parameter, and every shape compared, before any value is read
// or memory taken for it. WriteSafetensors, WriteH5, WriteKeras, WriteTFJS, WriteTimm and
// WriteONNX go the other way, value by value.
//
// The package knows nothing of pages and networks of computers; irv2/weights/hdf5,
// safetensors, torch and tfjs know nothing of the model, topology nothing of files.
//
// Read weights.go (formats), recognise.go with recognise_zip.go (what a file is), match.go
// (what a matched tensor is), contents.go (what stands around the backbone), pixels.go,
// keras_legacy.go, keras3.go, timm.go, tfjs.go, thaw.go, onnx_read.go (one layout each),
// packaged.go, load.go (values); then describe.go (the network in Keras's words), write.go,
// keras_write.go, tfjs_write.go, timm_write.go, onnx.go; about.go (what Thaw's own files say
// of themselves), fingerprint.go.
package weights

import (
	"errors"
	"fmt"
	"io"

	"thaw/irv2"
	"thaw/irv2/internal/unzip"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
	"thaw/irv2/weights/tfjs"
	"thaw/irv2/weights/torch"
)

// Format says how a file keeps its weights.
type Format string

const (
	KerasLegacy Format = "Keras HDF5"             // .h5: layer_names, by order
	Keras3      Format = "Keras 3 weights"        // .weights.h5
	KerasZip    Format = "Keras 3 archive"        // .keras
	Timm        Format = "timm safetensors"       // PyTorch's names and layouts
	Torch       Format = "PyTorch checkpoint"     // .pth, .pt, .bin: a zip
	TFJS        Format = "TensorFlow.js model"    // model.json with its .bin files
	ONNX        Format = "Thaw ONNX"              // WriteONNX
	Thaw        Format = "Thaw safetensors"       // WriteSafetensors
	thisNetwork        = "InceptionResNetV2 (%s)" // a config's name
)

// Report says what Read found and did.
type Report struct {
	Format Format
	Top    bool     // the file has a classifier, taken over or not
	Set    []string // parameters set from the file ("conv2d/kernel")
	Left   []string // parameters of the head that keep NewWeights' zeros: initialise them
	// Head is the file's classifier where it is of this network's form, taken over or not.
	Head *Head
	// Preprocessing is how the file's own layers feed pixels, nil for the usual way.
	Preprocessing *Preprocessing
	// Outputs are the names of the classifier's outputs, where the file tells them.
	Outputs []string
	// Warnings are sentences for the user.
	Warnings []string
	// Metadata is what a safetensors file says of itself: of Thaw's own, the
	// map that WriteSafetensors was given.
	Metadata map[string]string
}

// Read reads the weights file of size bytes in r for m; name is what its errors
// call it. The whole backbone must be there and fit. The head is taken over
// whole where every layer of it fits and otherwise left (Report.Left): an
// ImageNet top never fits a head for other classes. progress, if not nil, is
// called with the bytes of values read and their total.
//
// An error is one sentence that names the first tensor that is wrong, and what
// to do.
func Read(r io.ReaderAt, size int64, name string, m *irv2.Model, progress func(done, total int64)) (*irv2.Weights, Report, error) {
	found, err := Match(r, size, name, m)
	if err != nil {
		return nil, Report{}, err
	}
	return found.Load(progress)
}

// Match is the first half of Read: it finds the format of the file and a tensor for
// every parameter, and reads no values of weights.
func Match(r io.ReaderAt, size int64, name string, m *irv2.Model) (*Matched, error) {
	found, err := match(r, size, name, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, advise(err))
	}
	found.name = name
	return found, nil
}

// Model is the network that was matched.
func (f *Matched) Model() *irv2.Model { return f.model }

// Report says what was found so far.
func (f *Matched) Report() Report {
	r := f.report
	if f.head.warning != "" {
		r.Warnings = append([]string{f.head.warning}, r.Warnings...)
	}
	return r
}

// Load is the second half: it reads the values.
func (f *Matched) Load(progress func(done, total int64)) (*irv2.Weights, Report, error) {
	w := irv2.NewWeights(f.model)
	report, err := f.load(w, progress)
	if err != nil {
		return nil, report, fmt.Errorf("%s: %w", f.name, advise(err))
	}
	return w, report, nil
}

// match finds a tensor for every parameter.
func match(r io.ReaderAt, size int64, name string, m *irv2.Model) (*Matched, error) {
	if size <= 0 {
		return nil, errors.New("the file is empty: download or copy it again")
	}
	switch k := Recognise(name, r, size); {
	case k.Name == kindHDF5:
		return matchHDF5(r, size, m, nil)
	case k.Name == kindSafetensors:
		return matchSafetensors(r, size, m)
	case k.Name == kindTFJS && (k.Readable || isFolder(r)):
		return matchTFJS(r, size, m)
	case k.Name == kindTorch:
		return matchTorch(r, size, m)
	case k.Name == kindKeras:
		return matchKeras(r, size, m)
	case k.Name == kindONNX && k.Readable:
		return matchONNX(r, size, m)
	case k.Name == kindPackaged:
		name, inner, innerSize, err := packaged(r, size)
		if err != nil {
			return nil, err
		}
		return match(inner, innerSize, name, m)
	case k.Name == kindCut:
		return nil, hdf5.ErrTruncated
	case k.says != "":
		return nil, errors.New(k.says)
	}
	return nil, errors.New("this is no weights file that Thaw knows: choose a Keras .h5, .weights.h5 or .keras file, a .safetensors file, or a PyTorch checkpoint")
}

func matchHDF5(r io.ReaderAt, size int64, m *irv2.Model, config []byte) (*Matched, error) {
	f, err := hdf5.Open(r, size)
	if err != nil {
		return nil, err
	}
	root, err := f.Root()
	if err != nil {
		return nil, err
	}
	if described, ok, _ := root.Strings("model_config"); ok && len(described) == 1 {
		config = []byte(described[0])
	}
	if !isLegacy(root) && root.Has("model_weights") { // a whole model
		if root, err = root.Group("model_weights"); err != nil {
			return nil, err
		}
	}
	if isLegacy(root) {
		found := newMatched(m, KerasLegacy)
		return found, found.legacy(root, config)
	}
	found := newMatched(m, Keras3)
	return found, found.keras3(root, config)
}

// Where a .keras archive keeps its weights and what it says of its layers.
const zipMember, zipConfig = "model.weights.h5", "config.json"

func matchKeras(r io.ReaderAt, size int64, m *irv2.Model) (*Matched, error) {
	files, err := unzip.Files(r, size)
	if err != nil {
		return nil, err
	}
	var weights *unzip.File
	var config []byte
	for _, f := range files {
		switch {
		case f.Name == zipMember:
			weights = f
		case f.Name == zipConfig:
			if config, err = small(f); err != nil {
				return nil, err
			}
		}
	}
	total, _ := m.ParamCount()
	inner, innerSize, err := open(r, size, weights, uint64(4*4*total+64<<20)) // a model with its optimiser
	if err != nil {
		return nil, err
	}
	found, err := matchHDF5(inner, innerSize, m, config)
	if err != nil {
		return nil, err
	}
	found.report.Format = KerasZip
	return found, err
}

// small reads a member that describes something.
func small(f *unzip.File) ([]byte, error) {
	c, err := f.Open()
	if err != nil {
		return nil, hdf5.ErrCorrupt
	}
	b, err := io.ReadAll(io.LimitReader(c, maxDescription))
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", hdf5.ErrCorrupt, err)
	}
	return b, nil
}

// maxDescription is some ten times the full network's in Keras's words.
const maxDescription = 16 << 20

// advise adds what to do to the errors of the two formats.
func advise(err error) error {
	switch {
	case errors.Is(err, hdf5.ErrTruncated), errors.Is(err, safetensors.ErrTruncated), errors.Is(err, torch.ErrTruncated), errors.Is(err, tfjs.ErrTruncated), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: download or copy it again", err)
	case errors.Is(err, hdf5.ErrCorrupt), errors.Is(err, safetensors.ErrCorrupt), errors.Is(err, torch.ErrCorrupt), errors.Is(err, tfjs.ErrCorrupt), errors.Is(err, ErrONNX), errors.Is(err, safetensors.ErrNotSafetensors):
		return fmt.Errorf("%w: download or copy it again", err)
	case errors.Is(err, hdf5.ErrUnsupported):
		return fmt.Errorf("%w: save it again with Keras's save_weights", err)
	}
	return err
}
