package keep

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Format is the version of documents that this package writes; older ones are read.
const Format = 1

// Document is all of a project but its large files, which it names. It is project.json
// in a project's zip file. Numbers that JavaScript cannot hold are strings.
type Document struct {
	Format  int    `json:"format"`
	Thaw    string `json:"thaw"` // version that wrote it
	ID      string `json:"id"`
	Name    string `json:"name"`    // "": called by its classes
	Created int64  `json:"created"` // Unix milliseconds
	Changed int64  `json:"changed"`

	Network  Network  `json:"network"`
	Division Division `json:"division"`
	Classes  []Class  `json:"classes"`
	NextID   int      `json:"nextID"` // of images and classes
	Runs     []Run    `json:"runs"`   // oldest first
	RunCount int      `json:"runCount"`
	Current  string   `json:"current"` // ID of the run whose network is in use; "": as loaded

	Experiment json.RawMessage `json:"experiment,omitempty"` // of package experiment, if there is one
}

type (
	// Network is which network is in use, and the weights that runs start from.
	Network struct {
		Model   string `json:"model"`
		Size    int    `json:"size"`  // of pictures, pixels
		Dense   int    `json:"dense"` // width of the head's own layer, 0: none
		Weights string `json:"weights"`
		Title   string `json:"title"` // of the weights, in words
		// Outputs are those of a trained head that came with the weights.
		Outputs []Output `json:"outputs,omitempty"`
	}
	// Division says how images are divided for validation.
	Division struct {
		Fraction float64 `json:"fraction"`
		Seed     uint64  `json:"seed,string"`
	}
	// Class is a label with its images.
	Class struct {
		ID     int     `json:"id"`
		Name   string  `json:"name"`
		Images []Image `json:"images"`
	}
	// Image is a picture: its file and what is known of it.
	Image struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		Path  string `json:"path"` // with the folders that it lay in
		Group string `json:"group,omitempty"`
		Side  int    `json:"side,omitempty"` // as images.Side
		// Excluded: set aside by hand.
		Excluded bool   `json:"excluded,omitempty"`
		Origin   string `json:"origin,omitempty"` // of a generated picture, in the place of a file
		File     string `json:"file,omitempty"`
		Bytes    int    `json:"bytes,omitempty"`
		Sum      uint32 `json:"sum,omitempty"` // CRC-32C of the file

		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Hash    uint64 `json:"hash,string"` // as images.Hash
		Look    uint64 `json:"look,string"`
		Depth   int    `json:"depth,omitempty"`
		Browser bool   `json:"browser,omitempty"` // only the browser can decode it

		Pixels *Pixels `json:"pixels,omitempty"` // as trained; nil: to be decoded from the file
	}
	// Pixels are those of one picture, [size, size, 3], in a file with others.
	Pixels struct {
		File   string `json:"file"`
		Offset int    `json:"offset"`
		Size   int    `json:"size"`
		Range  int    `json:"range,omitempty"`
		Sum    uint32 `json:"sum"`
	}
	// Run is a training run that has ended, with its network. What the page and package
	// project know of it beside is theirs.
	Run struct {
		ID      string            `json:"id"`
		Began   int64             `json:"began"`
		Spec    json.RawMessage   `json:"spec"`
		Options json.RawMessage   `json:"options"`
		Status  string            `json:"status"` // done or cancelled
		Epochs  []json.RawMessage `json:"epochs"` // what each showed
		Result  json.RawMessage   `json:"result"`
		Test    json.RawMessage   `json:"test,omitempty"` // how it did on the test set, if that was measured
		Made    json.RawMessage   `json:"made,omitempty"` // for the network's model card
		Outputs []Output          `json:"outputs"`
		Size    int               `json:"size"`  // of pictures, pixels
		Dense   int               `json:"dense"` // width of the head's own layer, 0: none
		Depth   int               `json:"depth,omitempty"`
		Base    string            `json:"base"`   // the weights that it belongs to
		Values  *Values           `json:"values"` // parameters that differ from the base's; nil: not kept
	}
	// Output is what one of a head's outputs answers for.
	Output struct {
		Name  string `json:"name"`
		Class int    `json:"class"` // ID, -1: by name alone
	}
)

// ErrNewer is of a document that a later version wrote.
var ErrNewer = errors.New("keep: written by a later version")

// Parse reads a document, in which nothing is believed but its form.
func Parse(text []byte) (*Document, error) {
	d := &Document{}
	err := json.Unmarshal(text, d)
	switch {
	case d.Format > Format:
		return nil, fmt.Errorf("%w (format %d)", ErrNewer, d.Format)
	case err != nil:
		return nil, fmt.Errorf("keep: project.json: %w", err)
	case d.Format < 1 || d.ID == "":
		return nil, errors.New("keep: no project")
	}
	return d, d.check()
}

// check says what no project of this program has.
func (d *Document) check() error {
	seen := map[int]bool{}
	once := func(id int) bool {
		was := seen[id]
		seen[id] = true
		return id >= 0 && id < d.NextID && !was
	}
	for _, r := range d.Runs {
		if r.Values != nil && !r.Values.sound() {
			return fmt.Errorf("keep: the network of %s contradicts itself", r.ID)
		}
	}
	for _, c := range d.Classes {
		if !once(c.ID) || c.Name == "" {
			return fmt.Errorf("keep: class %d is there twice, or has no name", c.ID)
		}
		for _, i := range c.Images {
			if !once(i.ID) || i.File == "" && i.Origin == "" || i.Side < 0 {
				return fmt.Errorf("keep: image %d is there twice, or has no file", i.ID)
			}
		}
	}
	return nil
}

// Images counts the pictures.
func (d *Document) Images() int {
	n := 0
	for _, c := range d.Classes {
		n += len(c.Images)
	}
	return n
}

// files are the names within the project of all files that the document speaks of.
func (d *Document) files() map[string]bool {
	named := map[string]bool{}
	for _, c := range d.Classes {
		for _, i := range c.Images {
			named[i.File] = true
			if i.Pixels != nil {
				named[i.Pixels.File] = true
			}
		}
	}
	for _, r := range d.Runs {
		if r.Values != nil {
			named[r.Values.File] = true
		}
	}
	return named
}
