package images

import "image"

// JPEG and lossy WebP store colour at half the size. Go repeats each colour over
// its 2 x 2 pixels; libjpeg and libwebp, behind Pillow and TensorFlow, weigh the
// four nearest 9:3:3:1. On small pictures that is a difference of up to 25 levels
// along edges, so it is done here as they do it.

// vp8 is a lossy WebP's picture: YCbCr whose black is 16 and white 235 (RFC 6386,
// section 9.2), which golang.org/x/image gives as if they were 0 and 255.
type vp8 struct{ *image.YCbCr }

// readYCbCr writes row y as RGB. rgb turns one pixel's values to colour.
func readYCbCr(m *image.YCbCr, y int, dst []uint8, rgb func(y, cb, cr uint8) (r, g, b uint8)) {
	w := m.Rect.Dx()
	luma := m.Y[m.YOffset(0, y):][:w]
	chroma := make([]uint8, 2*w)
	cb, cr := chroma[:w], chroma[w:]
	enlarge(cb, m.Cb, m, y)
	enlarge(cr, m.Cr, m, y)
	for x, v := range luma {
		dst[3*x], dst[3*x+1], dst[3*x+2] = rgb(v, cb[x], cr[x])
	}
}

// enlarge overwrites dst with row y of a chroma plane at the picture's full width
// (libjpeg's jdsample.c, h2v1, h1v2 and h2v2_fancy_upsample, roundings included).
func enlarge(dst, plane []uint8, m *image.YCbCr, y int) {
	near, far, bias := chromaRows(plane, m, y)
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		copy(dst, near)
	case image.YCbCrSubsampleRatio440:
		for x := range dst {
			dst[x] = uint8((3*int(near[x]) + int(far[x]) + bias) >> 2)
		}
	case image.YCbCrSubsampleRatio422:
		widen(dst, func(x int) int { return int(near[x]) }, len(near), 1, 2, 2)
	case image.YCbCrSubsampleRatio420:
		widen(dst, func(x int) int { return 3*int(near[x]) + int(far[x]) }, len(near), 8, 7, 4)
	default: // 4:1:1 and 4:1:0, which libjpeg repeats too
		for x := range dst {
			dst[x] = plane[m.COffset(x, y)]
		}
	}
}

// chromaRows returns the chroma row that holds y and its neighbour on y's other
// side, itself at the edge; bias is libjpeg's rounding for a pair so mixed.
func chromaRows(plane []uint8, m *image.YCbCr, y int) (near, far []uint8, bias int) {
	last := m.COffset(m.Rect.Dx()-1, y) - m.COffset(0, y)
	row := func(y int) []uint8 { return plane[m.COffset(0, y):][:last+1] }
	if y%2 == 0 {
		return row(y), row(max(y-1, 0)), 1
	}
	return row(y), row(min(y+1, m.Rect.Dy()-1)), 2
}

// widen gives each of n inputs two pixels, 3 parts itself and 1 part the neighbour
// on that side, rounded by even and odd and shifted; edges are themselves.
func widen(dst []uint8, in func(int) int, n, even, odd, shift int) {
	left, here := in(0), in(0)
	for i := range n {
		right := here
		if i+1 < n {
			right = in(i + 1)
		}
		dst[2*i] = uint8((3*here + left + even) >> shift)
		if 2*i+1 < len(dst) {
			dst[2*i+1] = uint8((3*here + right + odd) >> shift)
		}
		left, here = here, right
	}
}

// vp8RGB is libwebp's conversion (src/dsp/yuv.h), bit for bit.
func vp8RGB(y, cb, cr uint8) (r, g, b uint8) {
	times := func(v uint8, coefficient int) int { return int(v) * coefficient >> 8 }
	clip := func(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
	l := times(y, 19077)
	return clip(l + times(cr, 26149) - 14234),
		clip(l - times(cb, 6419) - times(cr, 13320) + 8708),
		clip(l + times(cb, 33050) - 17685)
}
