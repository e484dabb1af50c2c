package images

import (
	"fmt"
	"image"
	"image/color"
)

// planes is a decoded picture as its format stores it: brightness apart from colour, a
// palette, 16 bits. It is a half to an eighth of what a photograph takes as RGB with a
// copy, so no whole RGB is made of it; rows are converted as they are wanted. Their loops
// are plain: the page's Go is built without inlining, and a call for each pixel shows.
type planes interface {
	size() (w, h int)
	// row overwrites dst with pixels x0 to x1 of row y as RGB. x0 is a multiple of 4.
	row(dst []uint8, y, x0, x1 int)
}

// planesOf gives the pictures that decoders make, whose bounds start at (0, 0).
func planesOf(m image.Image) (planes, error) {
	switch m := m.(type) {
	case *image.YCbCr:
		return newJPEGPlanes(m), nil
	case *image.NYCbCrA:
		return newJPEGPlanes(&m.YCbCr), nil
	case *image.Gray:
		return &packed{m.Rect, m.Pix, m.Stride, 1, 1}, nil
	case *image.NRGBA:
		return &packed{m.Rect, m.Pix, m.Stride, 4, 3}, nil
	case *image.RGBA: // PNG and JPEG give it where nothing is clear
		return &packed{m.Rect, m.Pix, m.Stride, 4, 3}, nil
	case *image.Gray16:
		return newDeep(m.Rect, m.Pix, m.Stride, 2, 1), nil
	case *image.NRGBA64:
		return newDeep(m.Rect, m.Pix, m.Stride, 8, 3), nil
	case *image.RGBA64:
		return newDeep(m.Rect, m.Pix, m.Stride, 8, 3), nil
	case *image.Paletted:
		return newPaletted(m), nil
	case *image.CMYK:
		return inks{m}, nil
	}
	return nil, fmt.Errorf("its pixels are a %T", m)
}

// packed is 8-bit pixels of step bytes, of which the first one (grey) or three count.
type packed struct {
	rect         image.Rectangle
	pix          []uint8
	stride, step int
	channels     int
}

func (p *packed) size() (w, h int) { return p.rect.Dx(), p.rect.Dy() }

func (p *packed) row(dst []uint8, y, x0, x1 int) {
	src := p.pix[y*p.stride+x0*p.step:]
	switch {
	case p.channels == 1:
		for x := range x1 - x0 {
			v := src[x*p.step]
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
	case p.step == 3:
		copy(dst[:3*(x1-x0)], src)
	default:
		for x := range x1 - x0 {
			copy(dst[3*x:3*x+3], src[p.step*x:])
		}
	}
}

// deep is packed with 16 bits a value, big-endian, of which the low depth are used.
type deep struct {
	packed
	depth int
}

// newDeep finds out how many bits are used: cameras and scanners that measure 12 write
// values up to 4,095, which are black to whoever expects 65,535.
func newDeep(rect image.Rectangle, pix []uint8, stride, step, channels int) *deep {
	d := &deep{packed{rect, pix, stride, step, channels}, 0}
	most := uint16(0)
	for y := range rect.Dy() {
		row := pix[y*stride:][:rect.Dx()*step]
		for at := 0; at < len(row); at += step {
			for c := range channels {
				most = max(most, uint16(row[at+2*c])<<8|uint16(row[at+2*c+1]))
			}
		}
	}
	d.depth = depthOf(most)
	return d
}

// depthOf is the number of bits that values up to most come in.
func depthOf(most uint16) int {
	for _, bits := range []int{8, 10, 12, 14} {
		if most>>bits == 0 {
			return bits
		}
	}
	return 16
}

// row cuts values to their high 8 of depth bits; above that depth all are white.
func (d *deep) row(dst []uint8, y, x0, x1 int) {
	src := d.pix[y*d.stride+x0*d.step:]
	shift := d.depth - 8
	for x := range x1 - x0 {
		for c := range 3 {
			at := x * d.step
			if d.channels == 3 {
				at += 2 * c
			}
			dst[3*x+c] = uint8(min((uint16(src[at])<<8|uint16(src[at+1]))>>shift, 255))
		}
	}
}

// paletted is an image.Paletted whose colours have lost their alpha.
type paletted struct {
	*image.Paletted
	colours [256][3]uint8
}

func newPaletted(m *image.Paletted) *paletted {
	p := &paletted{Paletted: m}
	for i, c := range m.Palette {
		p.colours[i] = rgbOf(c)
	}
	return p
}

func (p *paletted) size() (w, h int) { return p.Rect.Dx(), p.Rect.Dy() }

func (p *paletted) row(dst []uint8, y, x0, x1 int) {
	for x, i := range p.Pix[y*p.Stride:][x0:x1] {
		c := p.colours[i]
		dst[3*x], dst[3*x+1], dst[3*x+2] = c[0], c[1], c[2]
	}
}

// rgbOf is a colour without its alpha.
func rgbOf(c color.Color) [3]uint8 {
	n, ok := c.(color.NRGBA)
	if !ok {
		n = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return [3]uint8{n.R, n.G, n.B}
}

// inks is a JPEG for the printing press.
type inks struct{ *image.CMYK }

func (p inks) size() (w, h int) { return p.Rect.Dx(), p.Rect.Dy() }

func (p inks) row(dst []uint8, y, x0, x1 int) {
	src := p.Pix[y*p.Stride+4*x0:]
	for x := range x1 - x0 {
		s := src[4*x:][:4]
		dst[3*x], dst[3*x+1], dst[3*x+2] = color.CMYKToRGB(s[0], s[1], s[2], s[3])
	}
}
