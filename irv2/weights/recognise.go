package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"strings"

	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

// Kind is what a file is, by its content.
type Kind struct {
	Name     string // for users; "": nothing that has to do with networks
	Readable bool   // Match reads it, if the network in it is InceptionResNetV2
	says     string // of what is not read: what it is and what to do
}

// Sentence says of a file that is not read what it is and what to do; "" if there is
// nothing to say.
func (k Kind) Sentence(name string) string {
	if k.says == "" {
		return ""
	}
	return fmt.Sprintf("%s: %s.", name, k.says)
}

// Names of the kinds that Match tells apart.
const (
	kindHDF5        = "HDF5"
	kindKeras       = "Keras archive"
	kindSafetensors = "safetensors"
	kindTorch       = "PyTorch checkpoint"
	kindTFJS        = "TensorFlow.js model"
	kindONNX        = "ONNX model"
	kindPackaged    = "packaged model"
	kindCut         = "zip archive without its end"
)

// headLength is what is read of a file to recognise it, and of a text to look into it.
const headLength = 4 << 10

// Recognise says what the file of size bytes in r is: by its first bytes, a zip's
// directory and, where a format has no mark of its own, by name.
func Recognise(name string, r io.ReaderAt, size int64) Kind {
	head := make([]byte, min(headLength, max(size, 0)))
	n, _ := io.ReadFull(io.NewSectionReader(r, 0, size), head)
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte(hdf5.Signature)):
		return Kind{Name: kindHDF5, Readable: true}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return recogniseZip(r, size)
	case bytes.HasPrefix(head, onnxStart):
		return Kind{Name: kindONNX, Readable: true}
	case safetensors.IsHeader(head):
		return Kind{Name: kindSafetensors, Readable: true}
	}
	for _, k := range marks {
		if len(head) >= k.at && bytes.HasPrefix(head[k.at:], []byte(k.mark)) {
			return Kind{Name: k.name, says: k.says}
		}
	}
	if k := recogniseText(head); k.Name != "" {
		return k
	}
	if k := recogniseName(name); k.Name != "" {
		return k
	}
	switch {
	case bytes.Equal(tail(r, size, 8), []byte("\x57\xfb\x80\x8b\x24\x75\x47\xdb")): // a table of LevelDB's form
		return tensorflowCheckpoint
	case userBlock(r, size):
		return Kind{Name: kindHDF5, Readable: true}
	}
	return recogniseMessage(r, size)
}

// userBlock says whether HDF5 begins behind a block of 512 x 2^n bytes.
func userBlock(r io.ReaderAt, size int64) bool {
	var sig [8]byte
	for base := int64(512); base+8 <= size; base *= 2 {
		if n, _ := r.ReadAt(sig[:], base); n == 8 && string(sig[:]) == hdf5.Signature {
			return true
		}
	}
	return false
}

func tail(r io.ReaderAt, size, n int64) []byte {
	b := make([]byte, n)
	if size < n {
		return nil
	}
	if m, _ := r.ReadAt(b, size-n); int64(m) < n {
		return nil
	}
	return b
}

const (
	unpack    = "unpack it first and choose what is in it"
	saveState = "load it in Python and save its weights with torch.save(model.state_dict(), 'weights.pth') of a current PyTorch"
	fromKeras = "load it in Python and save the model with model.save('model.keras')"
)

// marks are the first bytes of files that are not read here.
var marks = []struct {
	at         int
	mark       string
	name, says string
}{
	{0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", "old PyTorch checkpoint", "this is a PyTorch checkpoint of the old form: load it in Python and save it again with torch.save(..., _use_new_zipfile_serialization=True)"},
	{0, "\x80\x02", "pickle", pickled},
	{0, "\x80\x03", "pickle", pickled},
	{0, "\x80\x04", "pickle", pickled},
	{0, "\x80\x05", "pickle", pickled},
	{4, "TFL3", "TensorFlow Lite model", "this is a TensorFlow Lite model, which is made for running only: bring the Keras model that it was converted from"},
	{0, "GGUF", "GGUF model", "this is a GGUF file, a language model as a rule: bring an InceptionResNetV2 from Keras or PyTorch"},
	{0, "\x93NUMPY", "NumPy array", "this is a NumPy array, which does not say what layer it belongs to: save the model's weights with Keras's save_weights"},
	{0, "RDX2\n", "R data", rData},
	{0, "RDX3\n", "R data", rData},
	{0, "X\n\x00\x00\x00", "R data", rData},
	{0, "MATLAB 5.0 MAT-file", "MATLAB data", "this is a MATLAB file: save the weights from Keras or PyTorch instead"},
	{0, "\x1f\x8b", "gzip", "this file is compressed with gzip: unpack it first and choose what is in it"},
	{0, "BZh", "bzip2", "this file is compressed with bzip2: " + unpack},
	{0, "\xfd7zXZ\x00", "xz", "this file is compressed with xz: " + unpack},
	{0, "\x28\xb5\x2f\xfd", "zstd", "this file is compressed with zstd: " + unpack},
	{0, "7z\xbc\xaf\x27\x1c", "7z archive", "this is a 7z archive: " + unpack},
	{0, "Rar!\x1a\x07", "RAR archive", "this is a RAR archive: " + unpack},
	{257, "ustar", "tar archive", "this is a tar archive: " + unpack},
	{0, "\x89PNG", "", picture},
	{0, "\xff\xd8\xff", "", picture},
	{0, "GIF8", "", picture},
}

const (
	pickled = "this is a Python pickle, which can hold programs and is not read: if it is a PyTorch model, " + saveState
	rData   = "this is a file of R: save the model from R's keras with save_model(model, \"model.keras\")"
	picture = "this is a picture, not a weights file"
)

var (
	savedModel           = Kind{Name: "TensorFlow SavedModel", says: "this is a TensorFlow SavedModel, which keeps a program beside its weights: " + fromKeras}
	tensorflowCheckpoint = Kind{Name: "TensorFlow checkpoint", says: "this is a TensorFlow checkpoint: load its weights into the model in Python and save that with model.save('model.keras')"}
	onnxModel            = Kind{Name: kindONNX, says: "this is an ONNX model that Thaw did not write, and it reads no other: bring the Keras or PyTorch file that it was made from"}
	coreML               = Kind{Name: "Core ML model", says: "this is a Core ML model, which is made for running only: bring the Keras or PyTorch file that it was converted from"}
	tfjsAlone            = Kind{Name: kindTFJS, says: "this is model.json of a TensorFlow.js model, whose weights stand in .bin files: drop the whole folder, or a zip of it"}
)

// recogniseText looks into what is text.
func recogniseText(head []byte) Kind {
	text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head), "\ufeff")))
	switch {
	case strings.HasPrefix(text, "version https://git-lfs"):
		return Kind{Name: "Git LFS pointer", says: "this is a Git LFS pointer, not the weights: download the file itself (git lfs pull)"}
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "<net "):
		return Kind{Name: "OpenVINO model", says: "this is an OpenVINO model, which is made for running only: bring the Keras or PyTorch file that it was converted from"}
	case strings.HasPrefix(text, "<") && isHTML(text):
		return Kind{Name: "web page", says: "this is a web page, not a weights file: open the link in a browser and save the file itself"}
	case strings.HasPrefix(text, "model_checkpoint_path:"):
		return tensorflowCheckpoint
	case !strings.HasPrefix(text, "{"):
	case strings.Contains(text, `"modeltopology"`), strings.Contains(text, `"weightsmanifest"`):
		return tfjsAlone
	case strings.Contains(text, `"class_name"`) && strings.Contains(text, `"config"`):
		return Kind{Name: "Keras description", says: "this describes a Keras model without its weights: choose the .keras or .h5 file beside it"}
	}
	return Kind{}
}

func isHTML(text string) bool {
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if strings.Contains(text, tag) {
			return true
		}
	}
	return false
}

// recogniseName knows files that nothing but their name tells.
func recogniseName(name string) Kind {
	base := strings.ToLower(path.Base(name))
	switch {
	case base == "saved_model.pb", base == "keras_metadata.pb", base == "fingerprint.pb":
		return savedModel
	case strings.Contains(base, ".data-0000"), strings.HasSuffix(base, ".ckpt.meta"):
		return tensorflowCheckpoint
	}
	return Kind{}
}

// recogniseMessage knows protocol buffers by the fields at their top.
func recogniseMessage(r io.ReaderAt, size int64) Kind {
	fields := topFields(r, size)
	switch {
	case fields == nil:
	case fields[7] && (fields[8] || fields[1]): // graph; opset_import, ir_version
		return onnxModel
	case fields[1] && fields[2] && len(fields) == 2 && !fields[7]:
		return savedModel
	case fields[100] && fields[1]: // layer, name
		return Kind{Name: "Caffe model", says: "this is a Caffe model: bring an InceptionResNetV2 from Keras or PyTorch"}
	case fields[1] && fields[2] && fields.beyond(200): // specificationVersion, description, a model
		return coreML
	case fields[1] && fields[4]: // node, versions
		return Kind{Name: "TensorFlow graph", says: "this is a frozen TensorFlow graph, which is made for running only: bring the Keras model that it was frozen from"}
	}
	return Kind{}
}

type fieldSet map[uint64]bool

func (f fieldSet) beyond(n uint64) bool {
	for number := range f {
		if number >= n {
			return true
		}
	}
	return false
}

// topFields are the numbers of a protocol buffer's fields, nil if the file is none: all of
// it must be fields.
func topFields(r io.ReaderAt, size int64) fieldSet {
	fields := fieldSet{}
	at := int64(0)
	for n := 0; at < size; n++ {
		if n == maxFields {
			return fields
		}
		var b [20]byte
		k, _ := r.ReadAt(b[:min(20, size-at)], at)
		tag, used := binary.Uvarint(b[:k])
		if used <= 0 || tag>>3 == 0 || tag>>3 > 10_000 {
			return nil
		}
		at += int64(used)
		switch value, length := binary.Uvarint(b[used:k]); {
		case tag&7 == 0 && length > 0:
			at += int64(length)
		case tag&7 == 1:
			at += 8
		case tag&7 == 5:
			at += 4
		case tag&7 == 2 && length > 0 && value <= uint64(size-at-int64(length)):
			at += int64(length) + int64(value)
		default:
			return nil
		}
		fields[tag>>3] = true
	}
	if at != size {
		return nil
	}
	return fields
}

// maxFields is enough to know a message: graphs of TensorFlow list each node.
const maxFields = 4000
