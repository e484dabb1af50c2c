package images

import (
	"errors"
	"fmt"

	"thaw/irv2/internal/text"
)

// begin is called before pixels are kept: there may be more room than there was.
func (d *Dataset) begin() {
	d.full, d.held = nil, d.Held()
}

// Held is how many bytes of memory the pictures' pixels take.
func (d *Dataset) Held() int64 {
	var all []*Sample
	for _, c := range d.Classes {
		all = append(all, c.Samples...)
	}
	return held(all)
}

// held counts pixels that several pictures share once.
func held(pictures []*Sample) (bytes int64) {
	seen := map[*Pixels]bool{}
	for _, s := range pictures {
		if !seen[s.Pixels] {
			seen[s.Pixels] = true
			bytes += s.Pixels.Bytes()
		}
	}
	return bytes
}

// disk says that pixels may go there.
func (d *Dataset) disk() bool { return d.full == nil && d.Disk.Works() }

// crowded says that no picture has room any more.
func (d *Dataset) crowded() bool {
	return d.Most > 0 && !d.disk() && d.held+d.bytes() > d.Most
}

// bytes of a picture's pixels.
func (d *Dataset) bytes() int64 { return int64(d.Resizing.Size) * int64(d.Resizing.Size) * 3 }

// noRoom is in words what crowded says.
func (d *Dataset) noRoom() string {
	most, size := text.Thousands(int(d.Most/d.bytes())), d.Resizing.Size
	if d.full != nil {
		return fmt.Sprintf("the disk has no room left (%v) and only %s images fit into memory at %d pixels: free disk space, or choose a smaller size", d.full, most, size)
	}
	return fmt.Sprintf("only %s images fit into memory at %d pixels: choose a smaller size", most, size)
}

func (d *Dataset) leftOut(name string) *Refusal {
	return refuse(name, TooLarge, "is left out, because %s first.", d.noRoom())
}

var errCrowded = errors.New("there is no room for pixels")

// keep keeps pixels: in memory within the budget, else on disk; where there is none, or
// no room on it, in memory as long as that may be. again makes them from the file.
func (d *Dataset) keep(pixels []uint8, again func() ([]uint8, error)) (*Pixels, error) {
	if bytes := int64(len(pixels)); d.disk() && d.held+bytes > d.Budget {
		kept, err := d.Disk.keep(pixels, again)
		if err == nil {
			return kept, nil
		}
		if d.Disk.Works() {
			d.full = err
		}
	}
	if d.crowded() {
		return nil, errCrowded
	}
	d.held += int64(len(pixels))
	return &Pixels{values: pixels}, nil
}
