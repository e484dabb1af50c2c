// Package hdf5 reads and writes the part of HDF5 that Keras's weights files use.
//
// Read: superblock 0 and 1 (a user block may precede it), groups stored as
// symbol tables with B-trees of any depth, object headers of version 1 with
// continuations, string attributes (fixed and variable length), and datasets
// that are compact, contiguous or chunked (deflate, shuffle). That is what h5py
// writes unless asked for libver="latest"; anything else is named in the error.
// Written: groups, string attributes and contiguous float32 datasets.
//
// A file is read through an io.ReaderAt, metadata in cached pages and values
// straight to the caller. Nothing in a file is believed: every address, length
// and count is held against the file's size, and no node is visited twice, so
// a damaged file costs an error and never memory or time beyond its size.
//
// The layout is that of the HDF5 File Format Specification 3.0
// (https://docs.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).
//
// Read file.go (superblock, pages), object.go (headers, messages), group.go,
// attribute.go, dataset.go, chunks.go; writer.go and encode.go go the other way.
package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Signature begins every HDF5 file, or follows a user block of 512 x 2^n bytes.
const Signature = "\x89HDF\r\n\x1a\n"

var (
	// ErrNotHDF5 says that no signature was found.
	ErrNotHDF5 = errors.New("not an HDF5 file")
	// ErrTruncated says that the file ends before what it refers to.
	ErrTruncated = errors.New("the file is cut short")
	// ErrCorrupt says that the file contradicts itself.
	ErrCorrupt = errors.New("the file is damaged")
	// ErrUnsupported says that the file uses a part of HDF5 that Keras does not write.
	ErrUnsupported = errors.New("unsupported HDF5 feature")
	// ErrNotFound says that a group has no such member.
	ErrNotFound = errors.New("not found")
	// ErrNotGroup says that a member is a dataset.
	ErrNotGroup = errors.New("a dataset, not a group")
)

const undefined = ^uint64(0) // the address of nothing

// File is an open HDF5 file. It is not safe for concurrent use.
type File struct {
	r    io.ReaderAt
	size uint64 // bytes from base to the end of the file
	base uint64 // addresses in the file count from here
	root uint64 // address of the root group's object header

	pages [pageCount]page
	heaps map[uint64]globalHeap // collections already parsed, by address
}

// Open reads the superblock of the HDF5 file of size bytes in r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: uint64(max(size, 0)), heaps: map[uint64]globalHeap{}}
	whole := f.size
	for base := uint64(0); base+8 <= whole; base = max(512, 2*base) {
		sig, err := f.read(base, 8)
		if err != nil {
			return nil, err
		}
		if string(sig) == Signature {
			f.base, f.size = base, whole-base
			return f, f.superblock()
		}
	}
	return nil, ErrNotHDF5
}

func (f *File) superblock() error {
	version, err := f.read(8, 1)
	if err != nil {
		return err
	}
	if version[0] > 1 {
		return fmt.Errorf("%w: superblock version %d (libver=\"latest\")", ErrUnsupported, version[0])
	}
	length := uint64(96)
	if version[0] == 1 {
		length = 100
	}
	raw, err := f.read(0, length)
	if err != nil {
		return err
	}
	c := cursor{b: raw[13:]}
	if offsets, lengths := c.u8(), c.u8(); offsets != 8 || lengths != 8 {
		return fmt.Errorf("%w: addresses of %d and lengths of %d bytes", ErrUnsupported, offsets, lengths)
	}
	c.skip(9) // reserved, B-tree ranks, flags: nodes say themselves how full they are
	if version[0] == 1 {
		c.skip(4)
	}
	c.skip(16) // base address (the signature's place counts), free space
	end := c.u64()
	c.skip(16) // driver, root's link name
	f.root = c.u64()
	// The end counts from the start of the file even where a user block shifts
	// all other addresses.
	if end > f.base+f.size {
		return fmt.Errorf("%w: %d of %d bytes are here", ErrTruncated, f.base+f.size, end)
	}
	return c.err
}

// Root returns the root group.
func (f *File) Root() (*Group, error) { return f.group(f.root, "") }

const (
	pageSize  = 32 << 10
	pageCount = 64
)

// page is a slot of a direct-mapped cache. Metadata is many small neighbouring
// reads; a Blob in a browser answers each in a millisecond.
type page struct {
	data   []byte
	number uint64
}

// read returns length bytes at addr, valid until the next read.
func (f *File) read(addr, length uint64) ([]byte, error) {
	if addr > f.size || length > f.size-addr {
		return nil, fmt.Errorf("%w: it refers to %d bytes at %d, and has %d", ErrTruncated, length, addr, f.size)
	}
	at := addr + f.base
	number, offset := at/pageSize, at%pageSize
	if offset+length > pageSize {
		b := make([]byte, length)
		return b, readFull(f.r, b, int64(at))
	}
	p := &f.pages[number%pageCount]
	if p.data == nil || p.number != number {
		start := number * pageSize
		p.data, p.number = make([]byte, min(pageSize, f.base+f.size-start)), number
		if err := readFull(f.r, p.data, int64(start)); err != nil {
			p.data = nil
			return nil, err
		}
	}
	if offset+length > uint64(len(p.data)) {
		return nil, ErrTruncated
	}
	return p.data[offset : offset+length : offset+length], nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return ErrTruncated
	}
	return err
}

// cursor decodes little-endian fields; past the end it notes ErrCorrupt and gives zeros.
type cursor struct {
	b   []byte
	err error
}

var zeros [8]byte

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.err = ErrCorrupt
		c.b = nil
		return zeros[:min(max(n, 0), 8)]
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) skip(n int) { c.bytes(n) }

func (c *cursor) u8() int     { return int(c.bytes(1)[0]) }
func (c *cursor) u16() int    { return int(binary.LittleEndian.Uint16(c.bytes(2))) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.bytes(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.bytes(8)) }

// section returns the next n bytes as a cursor and skips to a multiple of align.
func (c *cursor) section(n, align int) cursor {
	s := cursor{b: c.bytes(n)}
	c.skip(min((align-n%align)%align, len(c.b)))
	return s
}
