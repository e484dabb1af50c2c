package project

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"thaw/irv2/images"
	"thaw/irv2/weights"
)

// Recognised says what a file that fell on the page is.
type Recognised struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`               // weights, images, project: a saved one, table, foreign: a network that is not read, other
	Sentence string `json:"sentence,omitempty"` // of what is foreign: what it is and what to do
	Of       string `json:"of,omitempty"`       // the path of the file that this one is a part of
}

// Recognise looks at the first bytes of each file, and at a zip's directory. A model that
// is a folder is known by its files together: each but the first is a part of that.
func (p *Project) Recognise(ctx context.Context, files []PictureFile) ([]Recognised, error) {
	byPath := map[string]PictureFile{}
	var paths []string
	for _, f := range files {
		byPath[f.Path] = f
		paths = append(paths, f.Path)
	}
	found := map[string]Recognised{}
	for {
		k, main, parts := weights.RecogniseFolder(paths, func(path string) []byte { return byPath[path].head() })
		if main == "" {
			break
		}
		kind := "foreign"
		if k.Readable {
			kind = "weights"
		}
		found[main] = Recognised{Path: main, Kind: kind, Sentence: k.Sentence(main)}
		for _, part := range parts {
			found[part] = Recognised{Path: part, Kind: kind, Of: main}
		}
		paths = slices.DeleteFunc(paths, func(path string) bool { return found[path].Path != "" })
	}
	poll := p.poll(ctx)
	list := make([]Recognised, len(files))
	for i, f := range files {
		if err := poll(); err != nil {
			return nil, err
		}
		var known bool
		if list[i], known = found[f.Path]; !known {
			list[i] = f.recognise()
		}
	}
	return list, nil
}

// headBytes are enough to tell formats apart.
const headBytes = 4 << 10

// head is the beginning of a file; none of one that cannot be read: whoever takes it says so.
func (f PictureFile) head() []byte {
	file, err := f.Open()
	if err != nil {
		return nil
	}
	b := make([]byte, min(file.Size(), headBytes))
	n, _ := io.ReadFull(io.NewSectionReader(file, 0, file.Size()), b)
	return b[:n]
}

func (f PictureFile) recognise() Recognised {
	r := Recognised{Path: f.Path, Kind: "other"}
	if images.IsPicture(f.head(), f.Path) {
		r.Kind = "images"
		return r
	}
	file, err := f.Open()
	if err != nil {
		return r
	}
	k := weights.Recognise(f.Path, file, file.Size())
	ext := strings.ToLower(path.Ext(f.Path))
	switch {
	case ext == ".zip" && IsProject(file, file.Size()):
		r.Kind = "project"
	case k.Readable:
		r.Kind = "weights"
	case k.Sentence(f.Path) != "":
		r.Kind, r.Sentence = "foreign", k.Sentence(f.Path)
	case ext == ".csv" || ext == ".tsv":
		r.Kind = "table"
	case ext == ".zip":
		r.Kind = "images"
	}
	return r
}
