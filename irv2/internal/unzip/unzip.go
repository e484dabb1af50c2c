// Package unzip reads zip archives from an io.ReaderAt: stored and deflated files,
// and zip64. It is archive/zip without its other half: that package cannot be
// linked without deflate's compressors, which would be 35 KB of every visit's
// download. Sizes are not to be believed. It reads what other programs do too: bytes in
// front of an archive, and Finder's archives of more than 65,535 files, which count them
// modulo 65,536.
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
	"unicode/utf8"
)

// Methods of compression that Open undoes.
const (
	Store   = 0
	Deflate = 8
)

// Encrypted is the bit of File.Flags that says so; utf8Names says that a name is UTF-8.
const (
	Encrypted = 1
	utf8Names = 1 << 11
)

// ErrFormat says that there is no zip archive, or a damaged one.
var ErrFormat = errors.New("unzip: no zip archive, or a damaged one")

// ErrMethod says that a file is packed by another method than the two above.
var ErrMethod = errors.New("unzip")

var errChecksum = errors.New("unzip: wrong checksum") // callers know the file's name

// File is an entry of the archive's directory.
type File struct {
	Name             string // not safe as a path; UTF-8 once its encoding is known, see Names
	RawName          []byte
	Known            bool // the archive itself says what Name is in Unicode
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
	d, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	var files []*File
	for len(d.entries) > 0 {
		f, rest, ok := parseEntry(d.entries)
		if !ok {
			return nil, ErrFormat
		}
		f.header += d.shift
		f.archive, f.archiveSize = r, size
		files = append(files, f)
		d.entries = rest
	}
	if uint16(len(files)) != uint16(d.count) || uint64(len(files)) < d.count {
		return nil, ErrFormat
	}
	return files, nil
}

// directory is the list of an archive's files.
type directory struct {
	entries []byte
	count   uint64 // of entries, or its low 16 bits
	shift   uint64 // bytes in front of the archive, which its offsets do not count
}

// findDirectory reads the directory, which the record at the archive's end tells; a
// comment may follow that.
func findDirectory(r io.ReaderAt, size int64) (d directory, err error) {
	tail, err := read(r, size, max(0, size-endLen-maxComment-locatorLen), min(size, endLen+maxComment+locatorLen))
	if err != nil {
		return d, err
	}
	at := bytes.LastIndex(tail, order.AppendUint32(nil, endSignature))
	if at < 0 || len(tail)-at < endLen {
		return d, ErrFormat
	}
	end := tail[at:]
	d.count = uint64(order.Uint16(end[10:]))
	length, offset := uint64(order.Uint32(end[12:])), uint64(order.Uint32(end[16:]))
	endAt := size - int64(len(end))
	if at >= locatorLen && order.Uint32(tail[at-locatorLen:]) == locatorSignature {
		if end, endAt, err = findEnd64(r, size, int64(order.Uint64(tail[at-locatorLen+8:])), endAt-locatorLen); err != nil {
			return d, err
		}
		d.count, length, offset = order.Uint64(end[32:]), order.Uint64(end[40:]), order.Uint64(end[48:])
	}
	if offset > uint64(endAt) || length > uint64(endAt)-offset || d.count > length/directoryEntry {
		return d, ErrFormat
	}
	// The directory ends where the record begins: what is missing stands in front.
	if first, err := read(r, size, int64(offset), 4); length > 0 && (err != nil || order.Uint32(first) != directorySignature) {
		d.shift = uint64(endAt) - length - offset
	}
	d.entries, err = read(r, size, int64(offset+d.shift), int64(length))
	return d, err
}

// findEnd64 is zip64's record, where the archive says, or right before its locator.
func findEnd64(r io.ReaderAt, size, said, locatorAt int64) (end []byte, at int64, err error) {
	for _, at := range []int64{said, locatorAt - end64Len} {
		if end, err := read(r, size, at, end64Len); err == nil && order.Uint32(end) == end64Signature {
			return end, at, nil
		}
	}
	return nil, 0, ErrFormat
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
	f.RawName = b[:name:name]
	f.Name = string(f.RawName)
	f.Known = f.Flags&utf8Names != 0 && utf8.Valid(f.RawName)
	return f, b[name+extra+comment:], f.parseExtra(b[name : name+extra])
}

// parseExtra takes the fields that did not fit 32 bits from the zip64 record, and the
// name in Unicode from Info-ZIP's.
func (f *File) parseExtra(extra []byte) bool {
	const zip64, unicodePath, tooLarge = 1, 0x7075, 1<<32 - 1
	for len(extra) >= 4 {
		id, n := order.Uint16(extra), int(order.Uint16(extra[2:]))
		if extra = extra[4:]; len(extra) < n {
			return true // padding, as some programs leave
		}
		record := extra[:n]
		extra = extra[n:]
		if id == unicodePath {
			f.takeUnicode(record)
		}
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

// takeUnicode reads {version 1, CRC-32 of the raw name, name in UTF-8}; a sum that does not
// fit says that the raw name was changed later, and counts.
func (f *File) takeUnicode(record []byte) {
	if len(record) > 5 && record[0] == 1 && order.Uint32(record[1:]) == crc32.ChecksumIEEE(f.RawName) && utf8.Valid(record[5:]) {
		f.Name, f.Known = string(record[5:]), true
	}
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
		return nil, fmt.Errorf("%w: compression method %d is not known", ErrMethod, f.Method)
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
		return n, errChecksum
	}
	return n, err
}
