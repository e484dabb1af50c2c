package project

import (
	"errors"
	"io"
	"path"
)

// folder is a file with those that belong to it: model.json of TensorFlow.js.
type folder struct {
	File
	dir   string
	files []PictureFile
}

// Folder is the file among files that stands for all: the one of them, or a model.json.
func Folder(files []PictureFile) (name string, file File, err error) {
	if len(files) == 0 {
		return "", nil, Errorf(Invalid, "A file is missing: give a Blob or File.")
	}
	main := files[0]
	for _, f := range files {
		if path.Base(f.Path) == "model.json" {
			main = f
			break
		}
	}
	if file, err = main.Open(); err != nil || len(files) == 1 {
		return main.Path, file, err
	}
	return main.Path, folder{file, path.Dir(main.Path), files}, nil
}

// Part opens a file beside the first (weights.Folder).
func (f folder) Part(name string) (io.ReaderAt, int64, error) {
	for _, other := range f.files {
		if other.Path == path.Join(f.dir, name) {
			file, err := other.Open()
			if err != nil {
				return nil, 0, err
			}
			return file, file.Size(), nil
		}
	}
	return nil, 0, errors.New("there is no such file")
}
