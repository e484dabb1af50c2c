package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"thaw/irv2/images"
	"thaw/irv2/internal/unzip"
)

// file is a photograph on disk.
type file struct {
	name       string // its path below the folder
	class      string
	validation bool
	read       func() ([]byte, error)
}

// readPhotos reads folders of classes below dir/train and dir/val, or the archives
// train*.zip and val*.zip in it with a folder for each class. It knows the layout of
// tiny-imagenet-200 too: train/WNID/images, val/images with val_annotations.txt, and
// words.txt for names.
func readPhotos(dir string) (*photos, error) {
	files, err := listFiles(dir)
	if err != nil {
		return nil, err
	}
	p := &photos{}
	var all []photo
	if p.names, all, err = decode(files); err != nil {
		return nil, err
	}
	if len(p.names) < 2 {
		return nil, fmt.Errorf("%s holds photographs of %d classes: it needs train and val, as folders or zips, with a folder for each class", dir, len(p.names))
	}
	for i, f := range files {
		if f.validation {
			p.validation = append(p.validation, all[i])
		} else {
			p.training = append(p.training, all[i])
		}
	}
	if len(p.training) == 0 || len(p.validation) == 0 {
		return nil, fmt.Errorf("%s holds %d photographs to train on and %d to validate with: both are needed", dir, len(p.training), len(p.validation))
	}
	return p, nil
}

// decode reads the pixels of files; classes are in the order of their names.
func decode(files []file) (classes []string, all []photo, err error) {
	for _, f := range files {
		classes = append(classes, f.class)
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	all = make([]photo, len(files))
	return classes, all, each(len(files), func(i int) error {
		data, err := files[i].read()
		if err != nil {
			return err
		}
		img, err := images.Decode(data, files[i].name, images.DefaultLimits)
		if err != nil {
			return err
		}
		class, _ := slices.BinarySearch(classes, files[i].class)
		all[i] = photo{class, images.DefaultResizing(side).Resize8(img)}
		return nil
	})
}

// each does work for 0 to n-1 on all cores and returns the first error.
func each(n int, work func(i int) error) error {
	workers := runtime.GOMAXPROCS(0)
	failed := make(chan error, workers)
	for w := range workers {
		go func() {
			for i := w; i < n; i += workers {
				if err := work(i); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range workers {
		err = errors.Join(err, <-failed)
	}
	return err
}

// listFiles lists the photographs below dir, in the order of their paths.
func listFiles(dir string) ([]file, error) {
	var files []file
	words, err := lines(filepath.Join(dir, "words.txt"), func(fields []string) (key, value string) {
		return fields[0], strings.Split(fields[1], ",")[0]
	})
	if err != nil {
		return nil, err
	}
	labels, err := lines(filepath.Join(dir, "val", "val_annotations.txt"), func(fields []string) (key, value string) { return fields[0], fields[1] })
	if err != nil {
		return nil, err
	}
	add := func(name string, read func() ([]byte, error)) {
		parts := strings.Split(name, "/")
		folders := slices.DeleteFunc(parts[1:len(parts)-1], func(part string) bool { return part == "images" })
		class := labels[path.Base(name)]
		if len(folders) > 0 {
			class = folders[0]
		}
		if word := words[class]; word != "" {
			class += " " + word
		}
		if class != "" && isPhotograph(name) {
			files = append(files, file{name, class, strings.HasPrefix(name, "val"), read})
		}
	}
	err = walk(dir, add)
	return files, err
}

// isPhotograph says no to what lies beside photographs: annotations, system files.
func isPhotograph(name string) bool {
	beside := []string{".txt", ".csv", ".tsv", ".json", ".xml", ".md"}
	return !slices.Contains(beside, strings.ToLower(path.Ext(name))) && !images.Hidden(name)
}

// walk calls add for every file in folders or zips below dir, in the order of their paths.
func walk(dir string, add func(name string, read func() ([]byte, error))) error {
	return filepath.WalkDir(dir, func(full string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if path.Ext(name) == ".zip" {
			return listZip(full, name, add)
		}
		if strings.Contains(name, "/") {
			add(name, func() ([]byte, error) { return os.ReadFile(full) })
		}
		return nil
	})
}

// listZip lists the files of an archive below its own name: val.zip/boat/1.jpg.
func listZip(full, name string, add func(name string, read func() ([]byte, error))) error {
	f, err := os.Open(full) // stays open: its files are read later
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	entries, err := unzip.Files(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		add(name+"/"+entry.Name, func() ([]byte, error) {
			r, err := entry.Open()
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		})
	}
	return nil
}

// lines reads a file of lines of fields that tabs divide; none if there is no file.
func lines(name string, pair func(fields []string) (key, value string)) (map[string]string, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pairs := map[string]string{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		if fields := strings.Split(s.Text(), "\t"); len(fields) > 1 {
			key, value := pair(fields)
			pairs[key] = value
		}
	}
	return pairs, s.Err()
}
