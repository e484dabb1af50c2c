package images

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// headerTIFF is what a TIFF's picture takes: its colours, in bytes or pairs of them.
func headerTIFF(data []byte) (header, error) {
	f, err := openTIFF(data)
	if err != nil {
		return header{}, err
	}
	return header{f.w, f.h, float64(f.keep * f.wide())}, nil
}

// wide is the bytes in which a value is kept.
func (f *tiffFile) wide() int {
	if f.bits > 8 && f.photometric != inCMYK {
		return 2
	}
	return 1
}

func decodeTIFF(data []byte) (planes, error) {
	f, err := openTIFF(data)
	if err == nil {
		err = f.readBlocks()
	}
	if err != nil {
		return nil, err
	}
	pix := make([]uint8, f.w*f.h*f.keep*f.wide())
	across, down := f.blocks()
	planes := 1
	if f.separate {
		planes = f.keep
	}
	for i := range planes * down * across {
		plane, y0, x0 := i/(down*across), i/across%down*f.blockH, i%across*f.blockW
		if err := f.block(pix, i, plane, x0, y0); err != nil {
			return nil, err
		}
	}
	return f.picture(pix)
}

// block decodes strip or tile i, whose corner is pixel (x0, y0), into pix.
func (f *tiffFile) block(pix []uint8, i, plane, x0, y0 int) error {
	r, err := f.reader(i)
	if err != nil {
		return err
	}
	samples := f.samples
	if f.separate {
		samples = 1
	}
	raw := make([]byte, (f.blockW*samples*f.bits+7)/8)
	values := make([]uint16, f.blockW*samples)
	for y := y0; y < min(y0+f.blockH, f.h); y++ {
		if _, err := io.ReadFull(r, raw); err != nil {
			return err
		}
		f.unpack(values, raw)
		if f.predictor == 2 {
			f.addUp(values, samples)
		}
		f.put(pix, values[:min(f.blockW, f.w-x0)*samples], y*f.w+x0, samples, plane)
	}
	// Only when it is asked for more does deflate compare its checksum.
	if _, err := r.Read(raw[:1]); errors.Is(err, zlib.ErrChecksum) {
		return err
	}
	return nil
}

// unpack takes a row's values from their bits.
func (f *tiffFile) unpack(values []uint16, raw []byte) {
	switch f.bits {
	case 8:
		for i := range values {
			values[i] = uint16(raw[i])
		}
	case 16:
		high, low := 1, 0 // where they lie
		if f.order == binary.BigEndian {
			high, low = 0, 1
		}
		for i := range values {
			values[i] = uint16(raw[2*i+high])<<8 | uint16(raw[2*i+low])
		}
	case 1:
		for i := range values {
			values[i] = uint16(raw[i/8] >> (7 - i%8) & 1)
		}
	default:
		r := bitReader{data: raw}
		for i := range values {
			values[i] = uint16(r.take(f.bits))
		}
	}
}

// addUp undoes the predictor: each value was stored as its difference from the one to its
// left.
func (f *tiffFile) addUp(values []uint16, samples int) {
	for i := samples; i < len(values); i++ {
		values[i] += values[i-samples]
		if f.bits == 8 {
			values[i] &= 0xff
		}
	}
}

// put writes values, samples a pixel, to the pixels from at on. One sample is a plane's.
func (f *tiffFile) put(pix []uint8, values []uint16, at, samples, plane int) {
	most := uint16(1<<f.bits - 1)
	flip := uint16(0)
	if f.photometric == whiteIsZero {
		flip = most
	}
	to, n, wide := at*f.keep+plane, min(samples, f.keep), f.wide()
	for i := 0; i < len(values); i, to = i+samples, to+f.keep {
		switch {
		case wide == 2:
			for c, v := range values[i:][:n] {
				pix[2*(to+c)], pix[2*(to+c)+1] = uint8((v^flip)>>8), uint8(v^flip)
			}
		case f.bits == 8 || f.photometric == inPalette:
			for c, v := range values[i:][:n] {
				pix[to+c] = uint8(v ^ flip)
			}
		case f.bits > 8:
			for c, v := range values[i:][:n] {
				pix[to+c] = uint8(v >> (f.bits - 8))
			}
		default:
			for c, v := range values[i:][:n] {
				pix[to+c] = uint8((v ^ flip) * 255 / most)
			}
		}
	}
}

// picture says what pix is.
func (f *tiffFile) picture(pix []uint8) (planes, error) {
	rect := image.Rect(0, 0, f.w, f.h)
	if f.clear {
		f.divide(pix)
	}
	switch step := f.keep * f.wide(); {
	case f.photometric == inPalette:
		return f.paint(rect, pix)
	case f.photometric == inCMYK:
		return inks{&image.CMYK{Pix: pix, Stride: step * f.w, Rect: rect}}, nil
	case f.wide() == 1:
		return &packed{rect, pix, step * f.w, step, min(f.keep, 3)}, nil
	case f.bits == 16:
		return newDeep(rect, pix, step*f.w, step, min(f.keep, 3)), nil
	default: // the file says how many bits are used
		return &deep{packed{rect, pix, step * f.w, step, min(f.keep, 3)}, f.bits}, nil
	}
}

// paint reads the palette: all reds, all greens, all blues, in 16 bits. Some writers have
// given 8, as libtiff knows.
func (f *tiffFile) paint(rect image.Rectangle, pix []uint8) (planes, error) {
	values, err := f.list(tagColours)
	if err != nil {
		return nil, err
	}
	n, shift := len(values)/3, 0
	if n == 0 || n > 256 || len(values)%3 != 0 {
		return nil, errors.New("its palette is missing")
	}
	for _, v := range values {
		if v > 255 {
			shift = 8
		}
	}
	p := &paletted{Paletted: &image.Paletted{Pix: pix, Stride: f.w, Rect: rect}}
	for i := range n {
		p.colours[i] = [3]uint8{uint8(values[i] >> shift), uint8(values[n+i] >> shift), uint8(values[2*n+i] >> shift)}
	}
	for _, v := range pix {
		if int(v) >= n {
			return nil, errors.New("a pixel has a colour that its palette lacks")
		}
	}
	return p, nil
}

// divide takes alpha out of colours that were multiplied by it.
func (f *tiffFile) divide(pix []uint8) {
	for i := 0; i < len(pix); i += 4 * f.wide() {
		p := pix[i:][:4*f.wide()]
		if f.wide() == 1 {
			c := rgbOf(color.RGBA{p[0], p[1], p[2], p[3]})
			copy(p, c[:])
			continue
		}
		a := uint32(binary.BigEndian.Uint16(p[6:]))
		for c := 0; c < 6; c += 2 {
			v := uint32(binary.BigEndian.Uint16(p[c:]))
			if a != 0 {
				v = min(v*0xffff/a, 0xffff)
			}
			binary.BigEndian.PutUint16(p[c:], uint16(v))
		}
	}
}
