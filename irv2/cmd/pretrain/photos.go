package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"thaw/irv2/images"
	"thaw/irv2/internal/unzip"
)

// photos are files in folders of classes, decoded into memory: 12 kB each.
type photos struct {
	source
	names      []string
	training   []photo
	validation []photo

	ordering sync.Mutex
	seed     uint64 // with pass: of order
	pass     int
	order    []int
}

// source is what whoever trains says of the photographs: it cannot be told from a folder.
type source struct{ name, terms string }

type photo struct {
	class  int
	pixels []uint8 // [side, side, 3]
}

func (p *photos) classes() []string { return p.names }

// Variants of a photograph: what stays what it is when it is moved, mirrored, lit
// otherwise. Weak, because so small a network has no room to learn by heart.
var variants = images.Augment{Flip: true, Shift: 0.1, Zoom: 0.15, Brightness: 0.15, Contrast: 0.2}

// colourCast is the most by which a channel is scaled, against the others.
const colourCast = 0.1

// varied says the same for the model card.
func varied() string {
	return fmt.Sprintf("mirrored; moved by up to %g %% of the side, zoomed by %g %%; brightness by %g %%, contrast by %g %%, each colour by %g %%",
		100*variants.Shift, 100*variants.Zoom, 100*variants.Brightness, 100*variants.Contrast, 100*colourCast)
}

// train takes each photograph once a pass, in an order of the pass's own.
func (p *photos) train(dst []float32, r recipe, step, i int) int {
	at := step*r.Batch + i
	pass, place := at/len(p.training), at%len(p.training)
	shown := p.inOrder(r.Seed, pass, place)
	variants.Apply(dst, shown.pixels, side, r.Seed, pass, place)
	random := rand.New(rand.NewPCG(r.Seed, uint64(at)))
	var cast [3]float32
	for c := range cast {
		cast[c] = 1 + colourCast*float32(2*random.Float64()-1)
	}
	for j, v := range dst {
		dst[j] = min((v+1)*cast[j%3]-1, 1)
	}
	return shown.class
}

// inOrder is the photograph at a place of a pass.
func (p *photos) inOrder(seed uint64, pass, place int) photo {
	p.ordering.Lock()
	defer p.ordering.Unlock()
	if p.order == nil || p.seed != seed || p.pass != pass {
		p.seed, p.pass = seed, pass
		p.order = rand.New(rand.NewPCG(seed, uint64(pass))).Perm(len(p.training))
	}
	return p.training[p.order[place]]
}

func (p *photos) fresh() measured {
	return measured{len(p.validation), func(dst []float32, i int) int {
		images.Normalize(dst, p.validation[i].pixels)
		return p.validation[i].class
	}}
}

// watched takes every tenth.
func (p *photos) watched() measured {
	all := p.fresh()
	return measured{all.n / 10, func(dst []float32, i int) int { return all.image(dst, 10*i) }}
}

// file is a photograph on disk.
type file struct {
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
	for _, f := range files {
		p.names = append(p.names, f.class)
	}
	slices.Sort(p.names)
	p.names = slices.Compact(p.names)
	if len(p.names) < 2 {
		return nil, fmt.Errorf("%s holds photographs of %d classes: it needs train and val, as folders or zips, with a folder for each class", dir, len(p.names))
	}
	all := make([]photo, len(files))
	if err := each(len(files), func(i int) error {
		data, err := files[i].read()
		if err != nil {
			return err
		}
		img, err := images.Decode(data, "a photograph of "+files[i].class, images.DefaultLimits)
		if err != nil {
			return err
		}
		class, _ := slices.BinarySearch(p.names, files[i].class)
		all[i] = photo{class, images.DefaultResizing(side).Resize8(img)}
		return nil
	}); err != nil {
		return nil, err
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
		if class != "" && path.Ext(name) != ".txt" && !images.Hidden(name) {
			files = append(files, file{class, strings.HasPrefix(name, "val"), read})
		}
	}
	err = filepath.WalkDir(dir, func(full string, entry fs.DirEntry, err error) error {
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
	return files, err
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
