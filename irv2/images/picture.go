package images

import (
	"encoding/binary"
	"hash/crc64"
	"slices"
)

// Picture is a decoded file that has not been turned to RGB yet: rows are, as they are
// hashed and resized, so that a photograph of 200 megapixels costs what its format's own
// planes take.
type Picture struct {
	W, H    int    // upright
	Format  string // JPEG, PNG, GIF, WebP, BMP or TIFF
	Depth   int    // bits in use of a file's 16 (8, 10, 12, 14 or 16); 0 for files of 8
	Browser bool   // decoded by the browser, see Foreign

	planes planes
	turn   turn
}

func newPicture(p planes, orientation int) *Picture {
	img := &Picture{planes: p, turn: upright(orientation)}
	img.W, img.H = p.size()
	if img.turn.transposed {
		img.W, img.H = img.H, img.W
	}
	if d, ok := p.(*deep); ok {
		img.Depth = d.depth
	}
	return img
}

// Scaled is the picture with its values taken to have depth bits, where it has more
// than 8: those of a data set must be scaled alike. 0 leaves them as they are.
func (p *Picture) Scaled(depth int) *Picture {
	d, ok := p.planes.(*deep)
	if !ok || depth == 0 {
		return p
	}
	scaled := *p
	scaled.planes = &deep{d.packed, depth}
	return &scaled
}

// RGB8 is the whole picture.
func (p *Picture) RGB8() *RGB8 {
	out := &RGB8{W: p.W, H: p.H, Pix: make([]uint8, 0, 3*p.W*p.H)}
	p.rows(func(row []uint8) { out.Pix = append(out.Pix, row...) })
	return out
}

func (p *Picture) size() (w, h int) { return p.W, p.H }

// rows yields the upright picture's rows as RGB. A row is overwritten by the next.
func (p *Picture) rows(yield func(row []uint8)) {
	if p.turn.transposed {
		p.columns(yield)
		return
	}
	row := make([]uint8, 3*p.W)
	for y := range p.H {
		if p.turn.mirrorY {
			y = p.H - 1 - y
		}
		p.planes.row(row, y, 0, p.W)
		if p.turn.mirrorX {
			mirror(row)
		}
		yield(row)
	}
}

// columns is rows of a picture that lies on its side. Its columns are turned 64 at a
// time: one by one would convert all of the picture for each.
func (p *Picture) columns(yield func(row []uint8)) {
	const most = 64
	part := make([]uint8, 3*most)
	band := make([]uint8, most*3*p.W)
	bands := (p.H + most - 1) / most
	for b := range bands {
		if p.turn.mirrorX {
			b = bands - 1 - b
		}
		x0, x1 := b*most, min((b+1)*most, p.H)
		for y := range p.W {
			p.planes.row(part, y, x0, x1)
			at := y
			if p.turn.mirrorY {
				at = p.W - 1 - y
			}
			for x := range x1 - x0 {
				copy(band[3*(x*p.W+at):][:3], part[3*x:])
			}
		}
		for x := range x1 - x0 {
			if p.turn.mirrorX {
				x = x1 - x0 - 1 - x
			}
			yield(band[3*p.W*x:][:3*p.W])
		}
	}
}

// mirror reverses a row's pixels.
func mirror(row []uint8) {
	slices.Reverse(row)
	for i := 0; i < len(row); i += 3 {
		row[i], row[i+2] = row[i+2], row[i]
	}
}

// RGB8 is an upright picture: row-major RGB, 8 bits a value, no alpha.
type RGB8 struct {
	W, H int
	Pix  []uint8 // [H, W, 3]
}

func (img *RGB8) size() (w, h int) { return img.W, img.H }

func (img *RGB8) rows(yield func(row []uint8)) {
	for y := range img.H {
		yield(img.Pix[3*img.W*y:][:3*img.W])
	}
}

// source is a picture whose rows come one by one, from the top.
type source interface {
	size() (w, h int)
	rows(yield func(row []uint8))
}

var crcTable = crc64.MakeTable(crc64.ECMA)

// hasher computes a Hash of rows: a CRC-64 of size and pixels. SHA-256, which nobody
// here needs for its resistance to forgery, would take half as long as decoding in
// js/wasm.
type hasher uint64

func newHasher(w, h int) hasher {
	var size [16]byte
	binary.LittleEndian.PutUint64(size[:], uint64(w))
	binary.LittleEndian.PutUint64(size[8:], uint64(h))
	return hasher(crc64.Checksum(size[:], crcTable))
}

func (h *hasher) row(row []uint8) { *h = hasher(crc64.Update(uint64(*h), crcTable, row)) }

func hash(img source) Hash {
	h := newHasher(img.size())
	img.rows(h.row)
	return Hash(h)
}

// Square is the picture resized by r, with its Hash, of which depth changes nothing:
// it is of the picture's own. depth is as in Scaled.
func (p *Picture) Square(r Resizing, depth int) (pixels []uint8, h Hash) {
	scaled := p.Scaled(depth)
	if scaled != p && depth != p.Depth {
		return r.Resize8(scaled), hash(p)
	}
	sum, values := newHasher(p.size()), make([]float32, r.Size*r.Size*3)
	to := r.resampler(values, p)
	p.rows(func(row []uint8) {
		sum.row(row)
		to.row(row)
	})
	to.close()
	return round8(values), Hash(sum)
}
