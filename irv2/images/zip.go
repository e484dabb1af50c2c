package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"

	"thaw/irv2/internal/unzip"
)

// ZipLimits bound what one archive may cost; files in it also obey Limits.
type ZipLimits struct {
	Entries    int
	TotalBytes int64 // unpacked, of all files together
}

// DefaultZipLimits are far above any data set that trains in a page.
var DefaultZipLimits = ZipLimits{Entries: 200_000, TotalBytes: 8 << 30}

// AddZip adds the images of a zip archive, one at a time, as Add does: into class,
// or, where class is "", into the class that each one's folder names. Files in no
// folder go to a class named as the archive.
//
// progress, which may be nil, is told after each entry how many of total are done.
// Files not taken are in Refused; hidden ones are passed over. The error says why
// the archive as a whole could not be read or was stopped (ctx); what was added
// before stays. Sizes stated in the archive are never believed: reading stops at
// the limits.
func (d *Dataset) AddZip(ctx context.Context, class, name string, r io.ReaderAt, size int64, l ZipLimits, progress func(done, total int)) (added int, err error) {
	name = cleanName(path.Base(slashed(name)))
	files, err := unzip.Files(r, size) // no name here is used as a path
	if err != nil {
		return 0, problemf("%s is no zip archive, or a damaged one: download or pack it again.", name)
	}
	if len(files) > l.Entries {
		return 0, problemf("%s has %s files, more than the %s taken here: split it into several archives.", name, thousands(len(files)), thousands(l.Entries))
	}
	unzip.Names(files, "")
	left := l.TotalBytes
	for i, f := range files {
		if ctx.Err() != nil {
			return added, ctx.Err()
		}
		if progress != nil {
			progress(i, len(files))
		}
		entry := slashed(f.Name)
		if strings.HasSuffix(entry, "/") || Hidden(entry) {
			continue
		}
		into := class
		if into == "" && ClassOf(entry) == "" {
			into = strings.TrimSuffix(name, path.Ext(name))
		}
		data, err := unpack(f, name, min(d.Limits.FileBytes, left))
		left -= int64(len(data))
		if left < 0 {
			return added, problemf("%s unpacks to more than %s MB: split it into several archives.", name, thousands(int(l.TotalBytes>>20)))
		}
		again := func() ([]byte, error) { return unpack(f, name, d.Limits.FileBytes) }
		if _, err := d.add(into, File{Path: entry, Read: again}, data, err); err == nil {
			added++
		}
	}
	if progress != nil {
		progress(len(files), len(files))
	}
	return added, nil
}

// unpack reads an entry of the archive called name, up to one byte more than limit, by
// which the caller (or Decode) sees that there was more.
func unpack(f *unzip.File, name string, limit int64) (data []byte, err error) {
	if f.Flags&unzip.Encrypted != 0 {
		err = errors.New("it is encrypted")
	} else if r, e := f.Open(); e != nil {
		err = e
	} else {
		data, err = io.ReadAll(io.LimitReader(r, min(limit, math.MaxInt64-1)+1))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be taken out of %s (%s): pack it again, without a password.", name, err)
	}
	return data, nil
}
