package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"thaw/irv2/internal/unzip"
)

// A packaged model is a zip with one file of a model in it, beside whatever describes it:
// what Thaw's page gives away, or what a person packed.

// packagedSuffixes are names of models that are one file.
var packagedSuffixes = []string{".keras", ".h5", ".hdf5", ".safetensors", ".pth", ".onnx"}

// pictureSuffixes are names of pictures: where there are some, a model beside them is not
// what the archive is about.
var pictureSuffixes = []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}

// packagedName is the one name of a model among names, "" if there are none or several, or
// pictures.
func packagedName(names []string) (found string) {
	for _, name := range names {
		if slices.Contains(pictureSuffixes, strings.ToLower(path.Ext(name))) {
			return ""
		}
		for _, suffix := range packagedSuffixes {
			if !strings.HasSuffix(strings.ToLower(name), suffix) || strings.HasPrefix(name, "__MACOSX/") {
				continue
			}
			if found != "" {
				return ""
			}
			found = name
		}
	}
	return found
}

// packaged opens the model in a zip.
func packaged(r io.ReaderAt, size int64) (name string, inner io.ReaderAt, innerSize int64, err error) {
	files, err := unzip.Files(r, size)
	if err != nil {
		return "", nil, 0, err
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	name = packagedName(names)
	for _, f := range files {
		if f.Name == name {
			inner, innerSize, err = open(r, size, f, maxUnpacked)
		}
	}
	if err == nil && inner == nil {
		err = errors.New("the archive holds no model, or several: unpack it and choose one")
	}
	if err == nil && Recognise(name, inner, innerSize).Name == kindPackaged {
		err = errors.New("the archive holds an archive: unpack it and choose what is in it")
	}
	return path.Base(name), inner, innerSize, err
}

// open gives random access to a member of a zip: as it stands there where it is stored, as
// Thaw and Keras do, else unpacked into memory, if it is no larger than limit.
func open(r io.ReaderAt, size int64, f *unzip.File, limit uint64) (io.ReaderAt, int64, error) {
	if f.Method == unzip.Store {
		at, err := f.DataOffset()
		length := int64(f.UncompressedSize)
		if err != nil || length < 0 || at > size || length > size-at {
			return nil, 0, io.ErrUnexpectedEOF
		}
		return io.NewSectionReader(r, at, length), length, nil
	}
	if f.UncompressedSize > limit {
		return nil, 0, fmt.Errorf("its %s is compressed and takes %d bytes unpacked: unpack the archive and choose that file", f.Name, f.UncompressedSize)
	}
	c, err := f.Open()
	if err != nil {
		return nil, 0, err
	}
	b, err := io.ReadAll(io.LimitReader(c, int64(limit)))
	if err != nil {
		return nil, 0, io.ErrUnexpectedEOF
	}
	return bytes.NewReader(b), int64(len(b)), nil
}
