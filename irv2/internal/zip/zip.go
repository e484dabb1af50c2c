// Package zip writes zip archives of stored files into a stream. It is archive/zip without
// its other half, as package unzip is, and with lengths and sums in front of the files:
// archive/zip writes them behind, where programs that read from front to back miss them.
//
// Source: PKWARE's APPNOTE.TXT, version 6.3.10, section 4.3.
package zip

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// File is a file to be written. Write is called twice, first to measure, and writes the
// same bytes each time. In an archive that is written again it is called once.
type File struct {
	Name  string // with / between folders, UTF-8
	Write func(io.Writer) error

	measured bool
	size     int64
	sum      uint32
	at       int64 // of its header
}

// Text is a file that holds text.
func Text(name, text string) *File {
	return &File{Name: name, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}}
}

// ErrTooLarge says that an archive would need zip64, which is not written.
var ErrTooLarge = errors.New("zip: more than 4 GB")

const (
	localSignature, entrySignature, endSignature = 0x04034b50, 0x02014b50, 0x06054b50
	version                                      = 20      // 2.0: folders
	utf8Names                                    = 1 << 11 // a flag
	day                                          = 1<<5 | 1
)

// Write writes the files in their order.
func Write(w io.Writer, files []*File) error {
	out := &counter{w: w}
	for _, f := range files {
		if err := f.measure(); err != nil {
			return err
		}
		f.at = out.n
		if f.at+f.size >= 1<<32-1 {
			return ErrTooLarge
		}
		header := binary.LittleEndian.AppendUint32(nil, localSignature)
		out.Write(append(append(f.fields(header), 0, 0), f.Name...))
		if err := f.Write(out); err != nil {
			return err
		}
	}
	start := out.n
	for _, f := range files {
		b := binary.LittleEndian.AppendUint32(nil, entrySignature)
		b = f.fields(append(b, version, 0))
		b = append(b, make([]byte, 2+2+2+2+4)...) // extra, comment, disk, attributes
		out.Write(append(binary.LittleEndian.AppendUint32(b, uint32(f.at)), f.Name...))
	}
	b := binary.LittleEndian.AppendUint32(nil, endSignature)
	b = le16(b, 0, 0, len(files), len(files))
	b = binary.LittleEndian.AppendUint32(b, uint32(out.n-start))
	b = binary.LittleEndian.AppendUint32(b, uint32(start))
	out.Write(append(b, 0, 0))
	return out.err
}

// measure finds the length and sum that stand in front of a file.
func (f *File) measure() error {
	if f.measured {
		return nil
	}
	c := &counter{w: io.Discard}
	if err := f.Write(c); err != nil {
		return err
	}
	f.measured, f.size, f.sum = true, c.n, c.sum
	return nil
}

// fields are what a file's two headers have in common, up to the length of its name. The
// day is the first that zip knows: the same network gives the same bytes.
func (f *File) fields(b []byte) []byte {
	b = le16(b, version, utf8Names, 0, 0, day)
	for _, v := range []uint32{f.sum, uint32(f.size), uint32(f.size)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return le16(b, len(f.Name))
}

func le16(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// counter passes bytes on, until an error.
type counter struct {
	w   io.Writer
	n   int64
	sum uint32
	err error
}

// Write passes p on (io.Writer).
func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	if c.w == io.Discard { // measuring
		c.sum = crc32.Update(c.sum, crc32.IEEETable, p)
	}
	return n, err
}
