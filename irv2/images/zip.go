package images

import (
	"errors"
	"io"
	"math"
	"path"
	"strings"
	"sync/atomic"

	"thaw/irv2/internal/text"
	"thaw/irv2/internal/unzip"
)

// ZipLimits bound what one archive may cost; files in it also obey Limits.
type ZipLimits struct {
	Entries    int
	TotalBytes int64 // unpacked, of all files together
}

// Encodings are those that names in archives may have, for a person to choose from.
var Encodings = text.Encodings

// DefaultZipLimits are far above any data set that trains in a page.
var DefaultZipLimits = ZipLimits{Entries: 200_000, TotalBytes: 8 << 30}

// Archive is a zip archive's files.
type Archive struct {
	Files []File // in the archive's order, without folders and what is Hidden
	// Encoding is that of names which do not say it themselves, "" where all do; Sure, that
	// no other would do as well. Hidden counts the files passed over.
	Encoding string
	Sure     bool
	Hidden   int
}

// ReadArchive lists the files of the zip archive called name. Their paths begin with its
// name. encoding is that of names which do not say it themselves, "": found out. Sizes
// stated in the archive are never believed: reading stops at the limits, and a file that
// would go beyond what all may have together is refused.
func ReadArchive(name string, r io.ReaderAt, size int64, encoding string, l ZipLimits, files Limits) (*Archive, error) {
	name = File{Path: name}.name()
	entries, err := unzip.Files(r, size) // no name here is used as a path
	if err != nil {
		return nil, problemf("%s is no zip archive, or a damaged one: download or pack it again.", name)
	}
	if len(entries) > l.Entries {
		return nil, problemf("%s has %s files, more than the %s taken here: split it into several archives.", name, text.Thousands(len(entries)), text.Thousands(l.Entries))
	}
	a := &Archive{}
	a.Encoding, a.Sure = unzip.Names(entries, encoding)
	folder := strings.TrimSuffix(name, path.Ext(name))
	var unpacked atomic.Int64
	for _, f := range entries {
		entry := slashed(f.Name)
		if strings.HasSuffix(entry, "/") {
			continue
		}
		if Hidden(entry) {
			a.Hidden++
			continue
		}
		again := false
		a.Files = append(a.Files, File{Path: path.Join(folder, path.Clean("/"+entry)), Read: func() ([]byte, error) {
			if again {
				return unpack(f, name, files.FileBytes)
			}
			left := l.TotalBytes - unpacked.Load()
			data, err := unpack(f, name, min(files.FileBytes, left))
			if unpacked.Add(int64(len(data))) > l.TotalBytes {
				return nil, problemf("is left out, because %s unpacks to more than %s MB: split it into several archives.", name, text.Thousands(int(l.TotalBytes>>20)))
			}
			again = err == nil
			return data, err
		}, Head: func(n int) ([]byte, error) { return unpack(f, name, int64(n)) }})
	}
	return a, nil
}

// unpack reads an entry of the archive called name, up to one byte more than limit, by
// which the caller (or Decode) sees that there was more.
func unpack(f *unzip.File, name string, limit int64) (data []byte, err error) {
	if limit < 0 {
		return nil, nil
	}
	if f.Flags&unzip.Encrypted != 0 {
		err = errors.New("it is encrypted")
	} else if r, e := f.Open(); e != nil {
		err = e
	} else {
		data, err = io.ReadAll(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	}
	if errors.Is(err, unzip.ErrMethod) {
		return nil, problemf("is packed in %s by a method that is not read here: pack it again as an ordinary zip.", name)
	}
	if err != nil {
		return nil, problemf("cannot be taken out of %s (%s): pack it again, without a password.", name, err)
	}
	return data, nil
}
