package weights

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"thaw/irv2/internal/unzip"
)

// recogniseZip goes by the names in the directory.
func recogniseZip(r io.ReaderAt, size int64) Kind {
	files, err := unzip.Files(r, size)
	if err != nil {
		return Kind{Name: kindCut, says: "this zip archive is cut short or damaged: download or copy it again"} // its directory stands at the end
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if m := member(files, "metadata.json"); m != nil && member(files, "model.json") != nil {
		if text, err := small(m); err == nil && isTeachable(text) {
			return teachableMachine
		}
	}
	return recogniseNames(names)
}

// RecogniseFolder says what files that came together are, by their paths: a model that is
// a folder. main is the path of the file that stands for it, parts those of the others.
// head gives the first bytes of a file.
func RecogniseFolder(paths []string, head func(path string) []byte) (k Kind, main string, parts []string) {
	for _, p := range paths {
		dir, base := path.Split(p)
		switch {
		case base == "saved_model.pb":
			k = savedModel
		case strings.HasSuffix(base, ".mlmodel") && strings.Contains(p, ".mlpackage/"):
			k, dir = coreML, p[:strings.Index(p, ".mlpackage/")+len(".mlpackage/")]
		case base == "model.json":
			k = Kind{Name: kindTFJS, Readable: true}
		default:
			continue
		}
		for _, other := range paths {
			inside, below := strings.CutPrefix(other, dir)
			if below && other != p && (k.Name != kindTFJS || strings.HasSuffix(other, ".bin") || inside == "metadata.json") {
				parts = append(parts, other)
			}
		}
		if k.Name == kindTFJS && len(parts) == 0 {
			k = Kind{}
			continue
		}
		if about := dir + "metadata.json"; k.Name == kindTFJS && slices.Contains(parts, about) && isTeachable(head(about)) {
			k = teachableMachine
		}
		return k, p, parts
	}
	return Kind{}, "", nil
}

// recogniseNames says what files of these names are together, in a zip.
func recogniseNames(names []string) Kind {
	has := func(match func(name string) bool) string {
		for _, name := range names {
			if match(name) {
				return name
			}
		}
		return ""
	}
	ends := func(suffixes ...string) string {
		return has(func(name string) bool {
			for _, suffix := range suffixes {
				if strings.HasSuffix(strings.ToLower(name), suffix) && !strings.HasPrefix(name, "__MACOSX/") {
					return true
				}
			}
			return false
		})
	}
	is := func(base string) string { return has(func(name string) bool { return path.Base(name) == base }) }
	switch {
	case has(func(name string) bool { return name == zipMember }) != "":
		return Kind{Name: kindKeras, Readable: true}
	case ends("/data.pkl") != "" && has(func(name string) bool { return strings.Contains(name, "/code/") }) != "":
		return Kind{Name: "TorchScript", says: "this is a TorchScript model, a program: " + saveState}
	case ends("/data.pkl") != "":
		return Kind{Name: kindTorch, Readable: true}
	case is("model.json") != "" && ends(".bin") != "":
		return Kind{Name: kindTFJS, Readable: true}
	case is("saved_model.pb") != "":
		return savedModel
	case ends(".mlmodel", ".mlmodelc") != "":
		return coreML
	case len(names) > 0 && countEnding(names, ".npy") == len(names):
		return Kind{Name: "NumPy archive", says: "this is an archive of NumPy arrays (.npz), which does not say what layers they belong to: save the model's weights with Keras's save_weights"}
	case ends(".ckpt.index", ".data-00000-of-00001") != "":
		return tensorflowCheckpoint
	}
	if packagedName(names) != "" {
		return Kind{Name: kindPackaged, Readable: true}
	}
	for _, suffix := range append(packagedSuffixes, ".tflite") {
		if name := ends(suffix); name != "" {
			return Kind{Name: "zip of a model", says: fmt.Sprintf("this zip archive holds %s: unpack it and choose that file", strings.Trim(fmt.Sprintf("%.100q", path.Base(name)), `"`))}
		}
	}
	return Kind{}
}

func countEnding(names []string, suffix string) (n int) {
	for _, name := range names {
		if strings.HasSuffix(name, suffix) {
			n++
		}
	}
	return n
}

// member is the file of that name, in whatever folder of the archive.
func member(files []*unzip.File, base string) *unzip.File {
	for _, f := range files {
		if path.Base(f.Name) == base {
			return f
		}
	}
	return nil
}

var teachableMachine = Kind{Name: "Teachable Machine model", says: "this is a model of Teachable Machine, whose network is MobileNet: train InceptionResNetV2 here with the same pictures (in Teachable Machine: Download Samples of each class)"}

// isTeachable looks into metadata.json.
func isTeachable(text []byte) bool { return bytes.Contains(text, []byte("teachablemachine")) }
