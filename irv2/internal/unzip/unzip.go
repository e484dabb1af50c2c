// Package unzip reads zip archives from an io.ReaderAt: stored and deflated files,
// and zip64. It is archive/zip without its other half: that package cannot be
// linked without deflate's compressors, which would be 35 KB of every visit's
// download. Names are passed on as they are, sizes are not to be believed.
//
// Source: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 to 4.5.
package unzip

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// Methods of compression that Open undoes.
const (
	Store   = 0
	Deflate = 8
)

// Encrypted is the bit of File.Flags that says so.
const Encrypted = 1

// ErrFormat says that there is no zip archive, or a damaged one.
var ErrFormat = errors.New("unzip: no zip archive, or a damaged one")

// File is an entry of the archive's directory.
type File struct {
	Name             string // with slashes; not safe as a path
	Flags, Method    uint16
	CRC32            uint32 // of the unpacked bytes
	CompressedSize   uint64
	UncompressedSize uint64
	header           uint64 // offset of the local header
	archive          io.ReaderAt
	archiveSize      int64
}

var order = binary.LittleEndian

// Records start with their signature and have a fixed part of these lengths.
const (
	endSignature, endLen               = 0x06054b50, 22
	locatorSignature, locatorLen       = 0x07064b50, 20 // of the zip64 end
	end64Signature, end64Len           = 0x06064b50, 56
	directorySignature, directoryEntry = 0x02014b50, 46
	localSignature, localLen           = 0x04034b50, 30
	maxComment                         = 1<<16 - 1
)

// Files reads the directory of the archive of size bytes in r.
func Files(r io.ReaderAt, size int64) ([]*File, error) {
	directory, count, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	var files []*File
	for range count {
		f, rest, ok := parseEntry(directory)
		if !ok {
			return nil, ErrFormat
		}
		f.archive, f.archiveSize = r, size
		files = append(files, f)
		directory = rest
	}
	return files, nil
}

// findDirectory returns the bytes of the directory and the number of its entries,
// which the record at the archive's end tells; a comment may follow that.
func findDirectory(r io.ReaderAt, size int64) (directory []byte, count uint64, err error) {
	tail, err := read(r, size, max(0, size-endLen-maxComment-locatorLen), min(size, endLen+maxComment+locatorLen))
	if err != nil {
		return nil, 0, err
	}
	at := bytes.LastIndex(tail, order.AppendUint32(nil, endSignature))
	if at < 0 || len(tail)-at < endLen {
		return nil, 0, ErrFormat
	}
	end := tail[at:]
	count = uint64(order.Uint16(end[10:]))
	length, offset := uint64(order.Uint32(end[12:])), uint64(order.Uint32(end[16:]))
	endAt := size - int64(len(end))
	if at >= locatorLen && order.Uint32(tail[at-locatorLen:]) == locatorSignature {
		endAt = int64(order.Uint64(tail[at-locatorLen+8:]))
		end, err = read(r, size, endAt, end64Len)
		if err != nil || order.Uint32(end) != end64Signature {
			return nil, 0, ErrFormat
		}
		count, length, offset = order.Uint64(end[32:]), order.Uint64(end[40:]), order.Uint64(end[48:])
	}
	if offset > uint64(endAt) || length > uint64(endAt)-offset || count > length/directoryEntry {
		return nil, 0, ErrFormat
	}
	directory, err = read(r, size, int64(offset), int64(length))
	return directory, count, err
}

// read returns length bytes from offset, where the archive has them.
func read(r io.ReaderAt, size, offset, length int64) ([]byte, error) {
	if offset < 0 || length < 0 || offset > size || length > size-offset {
		return nil, ErrFormat
	}
	b := make([]byte, length)
	if n, err := r.ReadAt(b, offset); n < len(b) {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	return b, nil
}

// parseEntry reads the first entry of a directory.
func parseEntry(b []byte) (f *File, rest []byte, ok bool) {
	if len(b) < directoryEntry || order.Uint32(b) != directorySignature {
		return nil, nil, false
	}
	f = &File{
		Flags: order.Uint16(b[8:]), Method: order.Uint16(b[10:]), CRC32: order.Uint32(b[16:]),
		CompressedSize: uint64(order.Uint32(b[20:])), UncompressedSize: uint64(order.Uint32(b[24:])),
		header: uint64(order.Uint32(b[42:])),
	}
	name, extra, comment := int(order.Uint16(b[28:])), int(order.Uint16(b[30:])), int(order.Uint16(b[32:]))
	b = b[directoryEntry:]
	if len(b) < name+extra+comment {
		return nil, nil, false
	}
	f.Name = string(b[:name])
	return f, b[name+extra+comment:], f.parseExtra(b[name : name+extra])
}

// parseExtra takes the fields that did not fit 32 bits from the zip64 record.
func (f *File) parseExtra(extra []byte) bool {
	const zip64, tooLarge = 1, 1<<32 - 1
	for len(extra) >= 4 {
		id, n := order.Uint16(extra), int(order.Uint16(extra[2:]))
		if extra = extra[4:]; len(extra) < n {
			return true // padding, as some programs leave
		}
		record := extra[:n]
		extra = extra[n:]
		if id != zip64 {
			continue
		}
		for _, field := range []*uint64{&f.UncompressedSize, &f.CompressedSize, &f.header} {
			if *field != tooLarge {
				continue
			}
			if len(record) < 8 {
				return false
			}
			*field = order.Uint64(record)
			record = record[8:]
		}
	}
	return true
}

// DataOffset is where the file's bytes, as they are stored, start in the archive.
func (f *File) DataOffset() (int64, error) {
	if f.header > uint64(f.archiveSize) {
		return 0, ErrFormat
	}
	b, err := read(f.archive, f.archiveSize, int64(f.header), localLen)
	if err != nil || order.Uint32(b) != localSignature {
		return 0, ErrFormat
	}
	return int64(f.header) + localLen + int64(order.Uint16(b[26:])) + int64(order.Uint16(b[28:])), nil
}

// Open unpacks the file. The reader fails at its end where length or sum are wrong.
func (f *File) Open() (io.Reader, error) {
	at, err := f.DataOffset()
	if err != nil {
		return nil, err
	}
	if f.CompressedSize > uint64(f.archiveSize) || at > f.archiveSize-int64(f.CompressedSize) {
		return nil, ErrFormat
	}
	var r io.Reader = io.NewSectionReader(f.archive, at, int64(f.CompressedSize))
	switch f.Method {
	case Store:
	case Deflate:
		r = flate.NewReader(r)
	default:
		return nil, fmt.Errorf("unzip: compression method %d is not known", f.Method)
	}
	return &checked{file: f, r: r, sum: crc32.NewIEEE()}, nil
}

// checked compares what came with what the directory says.
type checked struct {
	file *File
	r    io.Reader
	n    uint64
	sum  hash.Hash32
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.sum.Write(b[:n])
	c.n += uint64(n)
	switch {
	case c.n > c.file.UncompressedSize:
		return n, ErrFormat
	case err == io.EOF && c.n < c.file.UncompressedSize:
		return n, io.ErrUnexpectedEOF
	case err == io.EOF && c.sum.Sum32() != c.file.CRC32:
		return n, fmt.Errorf("unzip: %s: wrong checksum", c.file.Name)
	}
	return n, err
}
