package images

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"
	"unicode"

	"thaw/irv2/internal/text"
)

// Hash identifies a picture by its decoded, upright, full-size pixels: the same
// drawing as PNG and as BMP has one Hash, whatever its file's name. Of 10,000
// different pictures two share one by chance once in 10^11 data sets.
type Hash uint64

// File is a picture's file on its way into a data set, with what is known of it
// besides its pixels.
type File struct {
	Path string // with the folders that it lies in
	// Origin says how a generated picture is made again, by whoever made it; "": it was not.
	Origin string
	// Read is its content. It is asked again when the pictures are wanted at another size.
	// Its error goes on where a sentence begins with the file's name; context.Canceled is
	// the user's.
	Read    func() ([]byte, error)
	Head    func(n int) ([]byte, error) // its first n bytes, some more or all; nil: by Read
	Group   string                      // of pictures that belong together, and so to one side; "": alone
	Side    Side
	Browser bool // where only Dataset.Foreign can decode it, it may
}

// name is the file's, without folders.
func (f File) name() string {
	return cmp.Or(cleanName(path.Base(slashed(f.Path))), "A file without a name")
}

// Generated says that a picture was made by a program that can make it again.
func (f File) Generated() bool { return f.Origin != "" }

// Side is a picture's part in every split, for pictures that come with one.
type Side int

const (
	Drawn Side = iota // chance decides, see Split
	Training
	Validating
	Testing // never looked at before the end
)

// Sample is one accepted picture, at the size in which it is trained.
type Sample struct {
	ID            int     // never used again in its Dataset, even after removal
	Name          string  // the file's, without folders; several may have the same
	Width, Height int     // of the original, upright
	Size          int     // of Pixels; another than the data set's: set aside, see Resize
	Pixels        *Pixels // nil: forgotten
	Hash          Hash
	Look          uint64 // see NearDuplicates
	Depth         int    // see Picture
	Range         int    // bits by which Pixels are scaled, where there is a Depth
	Browser       bool   // decoded by Dataset.Foreign
	Lost          bool   // set aside: its file could not be read when Resize wanted it
	Excluded      bool   // set aside by hand: on no side of any split
	File          File
}

// Class is a label and its pictures.
type Class struct {
	ID      int // never used again in its Dataset: stays when the class is renamed
	Name    string
	Samples []*Sample
}

// Dataset collects pictures by class. Labels are positions in Classes. Errors are
// sentences for the user; a call that returns one has changed nothing but Refused.
type Dataset struct {
	Resizing Resizing
	Limits   Limits
	Foreign  Foreign         // or nil
	Threads  func() Decoders // starts them, nil where that cannot be; nil: goroutines
	Classes  []*Class
	Refused  []*Refusal // every file not taken since ClearRefused, in order
	Most     int64      // bytes of memory for pixels, 0: any number
	Disk     *Disk      // or nil; pixels beyond Budget go there
	Budget   int64      // bytes of memory for pixels, where there is a disk
	nextID   int        // of samples and classes
	depth    int        // of the deepest picture added, see Settle
	held     int64      // bytes of memory that pixels take, in the work at hand
	full     error      // of writing to Disk, in the work at hand
}

// NewDataset is empty; every picture added to it is resized by r.
func NewDataset(r Resizing) *Dataset { return &Dataset{Resizing: r, Limits: DefaultLimits} }

func (d *Dataset) newID() int {
	d.nextID++
	return d.nextID - 1
}

func (d *Dataset) newClass(name string) *Class {
	c := &Class{ID: d.newID(), Name: name}
	d.Classes = append(d.Classes, c)
	return c
}

func (d *Dataset) refused(r *Refusal) error {
	d.Refused = append(d.Refused, r)
	return r
}

// ClearRefused forgets the refused files, when the user has read about them.
func (d *Dataset) ClearRefused() { d.Refused = nil }

// Class returns the class of that name, or nil.
func (d *Dataset) Class(name string) *Class {
	for _, c := range d.Classes {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Len is the number of pictures.
func (d *Dataset) Len() int {
	n := 0
	for _, c := range d.Classes {
		n += len(c.Samples)
	}
	return n
}

// AddClass makes an empty class, to be filled.
func (d *Dataset) AddClass(name string) error {
	name, err := d.freeName(name)
	if err == nil {
		d.newClass(name)
	}
	return err
}

// RenameClass keeps the class's place, and with it its label.
func (d *Dataset) RenameClass(from, to string) error {
	c := d.Class(from)
	if c == nil {
		return noClass(from)
	}
	if cleanName(to) == from {
		return nil
	}
	name, err := d.freeName(to)
	if err == nil {
		c.Name = name
	}
	return err
}

// RemoveClass drops a class with its pictures; later classes move up a label.
func (d *Dataset) RemoveClass(name string) error {
	c := d.Class(name)
	if c == nil {
		return noClass(name)
	}
	d.Classes = slices.DeleteFunc(d.Classes, func(o *Class) bool { return o == c })
	return nil
}

// Clear removes all classes with their pictures. No ID is used again.
func (d *Dataset) Clear() { d.Classes = nil }

// SortClasses puts the classes in Keras's order: by code point.
func (d *Dataset) SortClasses() {
	slices.SortStableFunc(d.Classes, func(a, b *Class) int { return strings.Compare(a.Name, b.Name) })
}

// Sample returns the picture with that ID and its class, or nils.
func (d *Dataset) Sample(id int) (*Sample, *Class) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if s.ID == id {
				return s, c
			}
		}
	}
	return nil, nil
}

// ErrExists is what the error of a name that another class has is.
var ErrExists = errors.New("there is already a class of that name")

type existsError string

func (e existsError) Error() string        { return string(e) }
func (e existsError) Is(target error) bool { return target == ErrExists }

func (d *Dataset) freeName(name string) (string, error) {
	name = cleanName(name)
	if name == "" {
		return "", problemf("A class needs a name with at least one visible character.")
	}
	if d.Class(name) != nil {
		return "", existsError(fmt.Sprintf("There is already a class called %.100q: choose another name, or merge the two.", name))
	}
	return name, nil
}

func noClass(name string) error {
	return problemf("There is no class called %.100q: it may have been renamed or removed.", name)
}

func noSample(id int) error {
	return problemf("There is no image number %d: it may have been removed.", id)
}

// ClassOf is the last folder of a file's path, "" where there is none.
func ClassOf(filePath string) string {
	dir := path.Base(path.Dir(path.Clean("/" + slashed(filePath))))
	if dir == "/" {
		return ""
	}
	return cleanName(dir)
}

// Hidden says that a path is an operating system's own: such files are passed over
// without a word, because the user never made them.
func Hidden(filePath string) bool {
	for _, part := range strings.Split(slashed(filePath), "/") {
		hidden := strings.HasPrefix(part, ".") && strings.Trim(part, ".") != ""
		if hidden || slices.Contains(systemNames, strings.ToLower(part)) {
			return true
		}
	}
	return false
}

// systemNames are files and folders that Windows, macOS and Synology's servers make.
var systemNames = []string{"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir"}

// slashed is a path with forward slashes; zip files made on Windows may lack them.
func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// CleanName is a name as a data set writes those of classes and files: see cleanName.
func CleanName(name string) string { return cleanName(name) }

// cleanName makes a foreign name fit to show and to compare: valid UTF-8, composed, one
// line, no control or direction-turning characters, at most 100 characters. Joiners stay:
// they make one character of several, in emoji and in Persian.
func cleanName(name string) string {
	const (
		longest                = 100
		nonJoiner, joiner      = '\u200c', '\u200d'
		firstTag, lastTag rune = 0xe0020, 0xe007f // flags of England, Scotland, Wales
	)
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == nonJoiner || r == joiner || firstTag <= r && r <= lastTag {
			return r
		}
		return ' '
	}, text.NFC(strings.ToValidUTF8(name, "?")))
	runes := []rune(strings.Join(strings.Fields(name), " "))
	if len(runes) > longest { // what differs behind the cut stays different
		sum := fmt.Sprintf("…%04x", uint16(crc32.ChecksumIEEE([]byte(name))))
		runes = append(runes[:longest-len([]rune(sum))], []rune(sum)...)
	}
	return string(runes)
}
