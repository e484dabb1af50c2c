package images

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"
)

// bmpFile is a bitmap of Windows or OS/2, of any age.
type bmpFile struct {
	w, h    int
	bits    int // a pixel
	packing uint32
	topDown bool
	masks   [3]uint32 // where red, green and blue lie in 16 or 32 bits
	palette []byte    // blue, green, red, and a fourth byte but in the oldest
	entry   int       // bytes of a colour in it
	pixels  []byte
}

// Values of a bitmap's compression.
const (
	bmpPlain = iota
	bmpRuns8
	bmpRuns4
	bmpMasks
	bmpAlphaMasks = 6
)

// isBMP asks for more than the two letters that a text may begin with: a header of a known
// size. The four bytes between them are reserved, and not always zero.
func isBMP(data []byte) bool {
	if len(data) < 18 || data[0] != 'B' || data[1] != 'M' {
		return false
	}
	switch binary.LittleEndian.Uint32(data[14:]) {
	case 12, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

func openBMP(data []byte) (*bmpFile, error) {
	le := binary.LittleEndian
	pixels, n := uint64(le.Uint32(data[10:])), int(le.Uint32(data[14:]))
	if len(data) < 14+n || uint64(len(data)) < pixels {
		return nil, io.ErrUnexpectedEOF
	}
	f, head, used := &bmpFile{entry: 4}, data[14:], 0
	if n == 12 {
		f.w, f.h, f.entry = int(le.Uint16(head[4:])), int(le.Uint16(head[6:])), 3
		f.bits = int(le.Uint16(head[10:]))
	} else {
		f.w, f.h = int(int32(le.Uint32(head[4:]))), int(int32(le.Uint32(head[8:])))
		f.bits, f.packing = int(le.Uint16(head[14:])), le.Uint32(head[16:])
		used = int(min(le.Uint32(head[32:]), 256))
	}
	if f.topDown = f.h < 0; f.topDown {
		f.h = -f.h
	}
	after := 14 + n // what follows the header
	switch {
	case n == 64 && f.packing > bmpRuns4:
		return nil, unsupported("it is packed in OS/2's way")
	case f.packing == bmpMasks || f.packing == bmpAlphaMasks:
		if n == 40 {
			after += 12
		}
		if len(data) < 14+40+12 {
			return nil, io.ErrUnexpectedEOF
		}
		for c := range f.masks {
			f.masks[c] = le.Uint32(data[14+40+4*c:])
		}
	case f.bits == 16:
		f.masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
	default:
		f.masks = [3]uint32{0xff0000, 0xff00, 0xff}
	}
	if f.bits <= 8 {
		if used == 0 {
			used = 1 << f.bits
		}
		end := after + used*f.entry
		if pixels > uint64(after) { // some writers give fewer colours than they say
			end = min(end, int(pixels))
		}
		if end > len(data) {
			return nil, io.ErrUnexpectedEOF
		}
		f.palette = data[after:end]
	}
	f.pixels = data[pixels:]
	return f, f.check()
}

// check refuses what would be read wrongly.
func (f *bmpFile) check() error {
	ok := false
	switch f.packing {
	case bmpPlain:
		ok = f.bits == 1 || f.bits == 2 || f.bits == 4 || f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32
	case bmpRuns8:
		ok = f.bits == 8
	case bmpRuns4:
		ok = f.bits == 4
	case bmpMasks, bmpAlphaMasks:
		ok = f.bits == 16 || f.bits == 32
	case 4, 5:
		return unsupported("it is packed as JPEG or PNG")
	}
	if !ok {
		return unsupported(fmt.Sprintf("%d bits a pixel, packed in way %d", f.bits, f.packing))
	}
	for _, m := range f.masks {
		if m>>bits.TrailingZeros32(m)&(m>>bits.TrailingZeros32(m)+1) != 0 {
			return unsupported("a colour's bits lie apart")
		}
	}
	return nil
}

func headerBMP(data []byte) (header, error) {
	f, err := openBMP(data)
	if err != nil {
		return header{}, err
	}
	if f.bits <= 8 {
		return header{f.w, f.h, 1}, nil
	}
	return header{f.w, f.h, 3}, nil
}

func decodeBMP(data []byte) (planes, error) {
	f, err := openBMP(data)
	if err != nil {
		return nil, err
	}
	rect := image.Rect(0, 0, f.w, f.h)
	if f.bits <= 8 {
		p := &paletted{Paletted: &image.Paletted{Pix: make([]uint8, f.w*f.h), Stride: f.w, Rect: rect}}
		for i := range min(len(f.palette)/f.entry, 256) {
			c := f.palette[i*f.entry:]
			p.colours[i] = [3]uint8{c[2], c[1], c[0]}
		}
		if f.packing == bmpPlain {
			err = f.indices(p.Pix)
		} else {
			err = f.runs(p.Pix)
		}
		for _, v := range p.Pix {
			if int(v) >= len(f.palette)/f.entry && err == nil {
				err = errors.New("a pixel has a colour that its palette lacks")
			}
		}
		return p, err
	}
	p := &packed{rect, make([]uint8, 3*f.w*f.h), 3 * f.w, 3, 3}
	return p, f.colours(p.pix)
}

// rows yields where each stored row begins among the picture's pixels, and its bytes,
// which come in fours.
func (f *bmpFile) rows(yield func(at int, row []byte)) error {
	n := (f.w*f.bits + 31) / 32 * 4
	for y := range f.h {
		row := f.pixels[min(y*n, len(f.pixels)):]
		if len(row) < (f.w*f.bits+7)/8 {
			return io.ErrUnexpectedEOF
		}
		if !f.topDown {
			y = f.h - 1 - y
		}
		yield(y*f.w, row)
	}
	return nil
}

func (f *bmpFile) indices(pix []uint8) error {
	return f.rows(func(at int, row []byte) {
		r := bitReader{data: row[:(f.w*f.bits+7)/8]}
		for x := range f.w {
			pix[at+x] = uint8(r.take(f.bits))
		}
	})
}

func (f *bmpFile) colours(pix []uint8) error {
	step := f.bits / 8
	var parts [3]bmpPart
	for c, m := range f.masks {
		parts[c] = partOf(m)
	}
	return f.rows(func(at int, row []byte) {
		for x := range f.w {
			v := uint32(row[step*x]) | uint32(row[step*x+1])<<8
			if step > 2 {
				v |= uint32(row[step*x+2]) << 16
			}
			if step > 3 {
				v |= uint32(row[step*x+3]) << 24
			}
			for c := range 3 {
				p := &parts[c]
				pix[3*(at+x)+c] = uint8((v >> p.shift & p.most) * 255 / p.whole)
			}
		}
	})
}

// bmpPart is a colour's bits in a pixel: v>>shift&most of whole.
type bmpPart struct {
	shift       int
	most, whole uint32
}

func partOf(mask uint32) bmpPart {
	shift := bits.TrailingZeros32(mask) & 31
	most := mask >> shift
	if over := bits.Len32(most) - 8; over > 0 { // the high 8 count
		shift, most = shift+over, 255
	}
	return bmpPart{shift, most, max(most, 1)}
}

// runs decodes Microsoft's run-length code: a count and an index (or two, in 4 bits), or
// 0 and an order: 0 next row, 1 end, 2 move, else that many indices as they are.
func (f *bmpFile) runs(pix []uint8) error {
	x, y, data := 0, 0, f.pixels
	set := func(v uint8) {
		if x < f.w && y < f.h {
			row := f.h - 1 - y
			if f.topDown {
				row = y
			}
			pix[row*f.w+x] = v
		}
		x++
	}
	index := func(b byte, i int) uint8 {
		switch {
		case f.bits == 8:
			return b
		case i%2 == 0:
			return b >> 4
		}
		return b & 15
	}
	for y < f.h {
		if len(data) < 2 {
			return io.ErrUnexpectedEOF
		}
		n, order := int(data[0]), data[1]
		data = data[2:]
		switch {
		case n > 0:
			for i := range n {
				set(index(order, i))
			}
		case order == 0:
			x, y = 0, y+1
		case order == 1:
			return nil
		case order == 2:
			if len(data) < 2 {
				return io.ErrUnexpectedEOF
			}
			x, y, data = x+int(data[0]), y+int(data[1]), data[2:]
		default:
			n, size := int(order), (int(order)*f.bits+7)/8
			if len(data) < size {
				return io.ErrUnexpectedEOF
			}
			for i := range n {
				set(index(data[i*f.bits/8], i))
			}
			data = data[min(size+size%2, len(data)):]
		}
		if x >= f.w && y == f.h-1 {
			return nil // the last pixel: some writers leave out the end
		}
	}
	return nil
}
