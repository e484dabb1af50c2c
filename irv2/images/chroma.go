package images

import "image"

// JPEG and lossy WebP store colour at half the size. Go repeats each colour over
// its 2 x 2 pixels; libjpeg and libwebp, behind Pillow and TensorFlow, weigh the
// four nearest 9:3:3:1. On small pictures that is a difference of up to 25 levels
// along edges, so it is done here as they do it. Loops are plain, without calls or
// interfaces per pixel, which cost js/wasm a second for a 12-megapixel photograph.

// jpegPlanes is a JPEG's picture.
type jpegPlanes struct {
	*image.YCbCr
	scratch *chromaRow
}

// vp8 is a lossy WebP's picture: YCbCr whose black is 16 and white 235 (RFC 6386,
// section 9.2), which golang.org/x/image gives as if they were 0 and 255.
type vp8 struct {
	*image.YCbCr
	scratch *chromaRow
}

func newJPEGPlanes(m *image.YCbCr) planes { return jpegPlanes{m, newChromaRow(m)} }
func newVP8(m *image.YCbCr) planes        { return vp8{m, newChromaRow(m)} }

// chromaRow holds a row's colours, from one row to the next: a large picture's rows would
// be as much garbage as the picture.
type chromaRow struct {
	cb, cr []uint8
	sum    []uint16
}

func newChromaRow(m *image.YCbCr) *chromaRow {
	w := m.Rect.Dx()
	return &chromaRow{make([]uint8, w), make([]uint8, w), make([]uint16, w)}
}

func (m jpegPlanes) size() (w, h int) { return m.Rect.Dx(), m.Rect.Dy() }
func (m vp8) size() (w, h int)        { return m.Rect.Dx(), m.Rect.Dy() }

// row is as in libjpeg (jdcolor.c; 16 bits of fraction).
func (m jpegPlanes) row(dst []uint8, y, x0, x1 int) {
	const half = 1 << 15
	luma, cb, cr := m.scratch.read(m.YCbCr, y, x0, x1)
	for x, l := range luma {
		l, b, r := int32(l), int32(cb[x])-128, int32(cr[x])-128
		p := dst[3*x:][:3]
		p[0] = clamp8(l + (91881*r+half)>>16)
		p[1] = clamp8(l + (-22554*b-46802*r+half)>>16)
		p[2] = clamp8(l + (116130*b+half)>>16)
	}
}

// row is as in libwebp (src/dsp/yuv.h; 6 bits of fraction).
func (m vp8) row(dst []uint8, y, x0, x1 int) {
	luma, cb, cr := m.scratch.read(m.YCbCr, y, x0, x1)
	for x, l := range luma {
		l, b, r := int32(l)*19077>>8, int32(cb[x]), int32(cr[x])
		p := dst[3*x:][:3]
		p[0] = clamp8((l + r*26149>>8 - 14234) >> 6)
		p[1] = clamp8((l - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		p[2] = clamp8((l + b*33050>>8 - 17685) >> 6)
	}
}

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// read returns pixels x0 to x1 of row y with their chroma at full width, which
// depends on the neighbours: four pixels more on both sides are as many as matter, and
// keep the pairs and fours together that share a colour.
func (s *chromaRow) read(m *image.YCbCr, y, x0, x1 int) (luma, cb, cr []uint8) {
	w := m.Rect.Dx()
	luma = m.Y[y*m.YStride:][x0:x1]
	left, right := max(x0-4, 0), min(x1+4, w)
	if left > 0 || right < w {
		m = m.SubImage(image.Rect(left, 0, right, m.Rect.Dy())).(*image.YCbCr)
	}
	cb, cr = s.cb[:right-left], s.cr[:right-left]
	s.enlarge(cb, m.Cb, m, y)
	s.enlarge(cr, m.Cr, m, y)
	return luma, cb[x0-left:], cr[x0-left:]
}

// enlarge overwrites dst with row y of a chroma plane at the picture's full width
// (libjpeg's jdsample.c, h2v1, h1v2 and h2v2_fancy_upsample, roundings included).
func (s *chromaRow) enlarge(dst, plane []uint8, m *image.YCbCr, y int) {
	near, far := chromaRows(plane, m, y)
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		copy(dst, near)
	case image.YCbCrSubsampleRatio440:
		for x := range dst {
			dst[x] = uint8((3*int(near[x]) + int(far[x]) + 1 + y%2) >> 2)
		}
	case image.YCbCrSubsampleRatio422:
		widen(dst, s.weigh(near, far, 1, 0), 1, 2, 2)
	case image.YCbCrSubsampleRatio420:
		widen(dst, s.weigh(near, far, 3, 1), 8, 7, 4)
	default: // 4:1:1 and 4:1:0, which libjpeg repeats too
		for x := range dst {
			dst[x] = plane[m.COffset(m.Rect.Min.X+x, y)]
		}
	}
}

// chromaRows returns the chroma row that holds y and its neighbour on y's other
// side, itself at the edge.
func chromaRows(plane []uint8, m *image.YCbCr, y int) (near, far []uint8) {
	n := m.COffset(m.Rect.Max.X-1, y) - m.COffset(m.Rect.Min.X, y) + 1
	other := max(y-1, 0)
	if y%2 == 1 {
		other = min(y+1, m.Rect.Dy()-1)
	}
	return plane[m.COffset(m.Rect.Min.X, y):][:n], plane[m.COffset(m.Rect.Min.X, other):][:n]
}

// weigh is a*near + b*far.
func (s *chromaRow) weigh(near, far []uint8, a, b uint16) []uint16 {
	out := s.sum[:len(near)]
	far = far[:len(near)]
	for i, v := range near {
		out[i] = a*uint16(v) + b*uint16(far[i])
	}
	return out
}

// widen makes two pixels of each input, 3 parts itself and 1 part the neighbour on
// that side, rounded by even and odd and shifted; edges are themselves.
func widen(dst []uint8, in []uint16, even, odd uint16, shift int) {
	left := in[0]
	for i, here := range in {
		right := in[min(i+1, len(in)-1)]
		dst[2*i] = uint8((3*here + left + even) >> shift)
		if 2*i+1 < len(dst) {
			dst[2*i+1] = uint8((3*here + right + odd) >> shift)
		}
		left = here
	}
}
