package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"thaw/irv2/weights"
)

// besideFolder is where weights lie in the site.
const besideFolder = "weights/"

// besideFile is a file of weights that lies beside the page: for a classroom or an
// intranet without internet. It stays on disk, being hundreds of megabytes.
type besideFile struct {
	Name   string `json:"name"` // in folder weights of the site
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	About  string `json:"about"` // its format, or which published file it is
	at     string
}

// besides looks at files that shall lie beside the page.
func besides(paths []string) ([]besideFile, error) {
	list := []besideFile{}
	taken := map[string]bool{}
	for _, path := range paths {
		b, err := lookAt(path)
		if err != nil {
			return nil, err
		}
		if taken[b.Name] {
			return nil, fmt.Errorf("%s: two files of weights have this name: rename one", b.Name)
		}
		taken[b.Name] = true
		list = append(list, b)
	}
	return list, nil
}

func lookAt(path string) (besideFile, error) {
	b := besideFile{Name: filepath.Base(path), at: path}
	f, err := os.Open(path)
	if err != nil {
		return b, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return b, err
	case info.IsDir():
		return b, fmt.Errorf("%s is a folder: zip it, or name the file in it", path)
	}
	b.Bytes = info.Size()
	kind := weights.Recognise(b.Name, f, b.Bytes)
	if !kind.Readable {
		if says := kind.Sentence(path); says != "" {
			return b, errors.New(says)
		}
		return b, fmt.Errorf("%s is no weights file that Thaw reads: README.md lists the formats", path)
	}
	b.About = kind.Name
	known, err := weights.Fingerprint(f, b.Bytes)
	if err != nil {
		return b, err
	}
	if known != nil {
		b.About = known.Name
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, b.Bytes)); err != nil {
		return b, err
	}
	b.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return b, nil
}

// write copies the file into the site in dir.
func (b besideFile) write(dir string) error {
	from, err := os.Open(b.at)
	if err != nil {
		return err
	}
	defer from.Close()
	at := filepath.Join(dir, filepath.FromSlash(besideFolder), b.Name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	if here, err := os.Stat(b.at); err == nil {
		if there, err := os.Stat(at); err == nil && os.SameFile(here, there) {
			return nil // it lies there already
		}
	}
	to, err := os.Create(at)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if closed := to.Close(); err == nil {
		err = closed
	}
	return err
}

// serveWeights answers with a file of weights, or a range of it.
func serveWeights(w http.ResponseWriter, r *http.Request, at, sum string) {
	f, err := os.Open(at)
	if err != nil {
		http.Error(w, "The file is no longer there: start serve again.", http.StatusNotFound)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", `"`+sum+`"`)
	http.ServeContent(patient{w}, r, "", time.Time{}, f)
}
