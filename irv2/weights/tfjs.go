package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"thaw/irv2"
	"thaw/irv2/internal/unzip"
	"thaw/irv2/weights/tfjs"
)

// A TensorFlow.js model is several files: a zip of them, or a Folder.

// Folder is a file that others belong to: model.json and its .bin files.
type Folder interface {
	io.ReaderAt
	// Part opens a file beside this one.
	Part(name string) (r io.ReaderAt, size int64, err error)
}

func isFolder(r io.ReaderAt) bool { _, ok := r.(Folder); return ok }

func matchTFJS(r io.ReaderAt, size int64, m *irv2.Model) (*Matched, error) {
	model, part, err := tfjsFiles(r, size)
	if err != nil {
		return nil, err
	}
	found := newMatched(m, TFJS)
	tensors, topology, err := tfjs.Open(model, part)
	if err != nil {
		return nil, err
	}
	var list []tensor
	for _, t := range tensors {
		list = append(list, tensor{name: t.Name, shape: t.Shape, dtype: t.DType, open: t.Reader})
	}
	c := &contents{config: topology, layers: leaves("", list)}
	backbone, err := found.nested(c.layers)
	if err != nil {
		return nil, err
	}
	if err := found.matchBackbone(backbone); err != nil {
		return nil, err
	}
	found.report.Outputs = labels(part)
	return found, found.surroundings(c)
}

// labels are names of outputs in metadata.json beside the model, as Teachable Machine and
// its like write them; nil: there are none.
func labels(part tfjs.Part) []string {
	r, size, err := part("metadata.json")
	if err != nil {
		return nil
	}
	var about struct{ Labels []string }
	if json.NewDecoder(io.NewSectionReader(r, 0, min(size, maxDescription))).Decode(&about) != nil {
		return nil
	}
	return about.Labels
}

// tfjsFiles finds model.json and what stands beside it.
func tfjsFiles(r io.ReaderAt, size int64) (model []byte, part tfjs.Part, err error) {
	if folder, ok := r.(Folder); ok {
		model = make([]byte, min(size, maxDescription))
		_, err := io.ReadFull(io.NewSectionReader(r, 0, size), model)
		return model, folder.Part, err
	}
	files, err := unzip.Files(r, size)
	if err != nil {
		return nil, nil, err
	}
	main := member(files, "model.json")
	if model, err = small(main); err != nil {
		return nil, nil, err
	}
	total := uint64(0)
	return model, func(name string) (io.ReaderAt, int64, error) {
		for _, f := range files {
			if f.Name != path.Dir(main.Name)+"/"+name && strings.TrimPrefix(f.Name, "./") != path.Join(path.Dir(main.Name), name) {
				continue
			}
			if f.Method == unzip.Store {
				at, err := f.DataOffset()
				if err != nil || at > size || int64(f.UncompressedSize) > size-at {
					return nil, 0, tfjs.ErrTruncated
				}
				return io.NewSectionReader(r, at, int64(f.UncompressedSize)), int64(f.UncompressedSize), nil
			}
			if total += f.UncompressedSize; total > maxUnpacked {
				return nil, 0, fmt.Errorf("its .bin files take more than %d MB unpacked", maxUnpacked>>20)
			}
			c, err := f.Open()
			if err != nil {
				return nil, 0, err
			}
			b, err := io.ReadAll(io.LimitReader(c, maxUnpacked))
			return bytes.NewReader(b), int64(len(b)), err
		}
		return nil, 0, errors.New("missing")
	}, nil
}

// maxUnpacked bounds what a compressed archive is unpacked to in memory: the full network
// is 220 MB.
const maxUnpacked = 320 << 20
