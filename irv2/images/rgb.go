package images

import (
	"image"
	"image/color"
)

// toRGB drops alpha and turns the picture, whose bounds start at (0, 0), upright.
func toRGB(m image.Image, orientation int) *RGB8 {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	first, stepX, stepY, outW, outH := upright(orientation, w, h)
	out := &RGB8{W: outW, H: outH, Pix: make([]uint8, w*h*3)}
	row := make([]uint8, w*3)
	for y := range h {
		to := first + y*stepY
		if stepX == 1 {
			readRow(m, y, out.Pix[to*3:][:w*3])
			continue
		}
		readRow(m, y, row)
		for x := range w {
			copy(out.Pix[(to+x*stepX)*3:][:3], row[x*3:])
		}
	}
	return out
}

// readRow writes row y as RGB. The cases are those that decoders give often; At
// serves the rest.
func readRow(m image.Image, y int, dst []uint8) {
	w := m.Bounds().Dx()
	switch m := m.(type) {
	case *image.YCbCr:
		readJPEG(m, y, dst)
	case vp8:
		readVP8(m.YCbCr, y, dst)
	case *image.Gray:
		for x, v := range m.Pix[m.PixOffset(0, y):][:w] {
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
	case *image.NRGBA:
		src := m.Pix[m.PixOffset(0, y):][:4*w]
		for x := range w {
			copy(dst[3*x:3*x+3], src[4*x:])
		}
	case *image.Paletted:
		for x, i := range m.Pix[m.PixOffset(0, y):][:w] {
			c := rgbOf(m.Palette[i])
			copy(dst[3*x:3*x+3], c[:])
		}
	default:
		for x := range w {
			c := rgbOf(m.At(x, y))
			copy(dst[3*x:3*x+3], c[:])
		}
	}
}

// rgbOf is a colour without its alpha: unpremultiplied, high byte of 16 bits.
func rgbOf(c color.Color) [3]uint8 {
	switch c := c.(type) {
	case color.NRGBA64: // NRGBAModel would lose the colour of clear pixels
		return [3]uint8{uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)}
	case color.NRGBA:
		return [3]uint8{c.R, c.G, c.B}
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]uint8{n.R, n.G, n.B}
}
