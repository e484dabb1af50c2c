package images

import "math"

// Augment draws a variant of a picture for each epoch, each part with the meaning
// of Keras's layer of that name (keras/src/layers/preprocessing). Zero is off.
//
// Flip, shift, zoom and rotation are composed, in this order, to one affine map
// and resampled once: Keras's layers in a row would blur the picture four times.
// Beyond the edge the picture is mirrored (Keras's fill_mode="reflect", default).
type Augment struct {
	Flip       bool    // RandomFlip("horizontal"): left to right, every second time
	Shift      float64 // RandomTranslation: up to this share of the side, each axis
	Zoom       float64 // RandomZoom: by 1-Zoom (in) to 1+Zoom (out), both axes alike
	Rotate     float64 // RandomRotation: up to this share of a full turn, either way
	Brightness float64 // RandomBrightness: up to this share of the range is added
	Contrast   float64 // RandomContrast: distance from the mean times 1-Contrast to 1+Contrast
}

// On says whether any part is.
func (a Augment) On() bool { return a != Augment{} }

// draw is what chance made of an Augment for one picture.
type draw struct {
	flip                 bool
	shiftX, shiftY       float64 // share of the side; right and down are positive
	zoom                 float64 // input pixels for one output pixel
	angle                float64 // radians
	brightness, contrast float64 // added share of 255; factor
}

// draw is the same for the same seed, epoch and index. Every part is drawn, on or
// not, so that turning one on leaves the others as they were.
func (a Augment) draw(seed uint64, epoch, index int) draw {
	r := newRNG(augmenting, seed, uint64(epoch), uint64(index))
	return draw{
		flip:       r.next()>>63 == 1 && a.Flip,
		shiftX:     r.uniform(-a.Shift, a.Shift),
		shiftY:     r.uniform(-a.Shift, a.Shift),
		zoom:       r.uniform(1-a.Zoom, 1+a.Zoom),
		angle:      r.uniform(-a.Rotate, a.Rotate) * 2 * math.Pi,
		brightness: r.uniform(-a.Brightness, a.Brightness),
		contrast:   r.uniform(1-a.Contrast, 1+a.Contrast),
	}
}

// Apply overwrites dst, [size, size, 3], with the variant of src, [size, size, 3],
// drawn for seed, epoch and index, normalised to [-1, 1].
func (a Augment) Apply(dst []float32, src []uint8, size int, seed uint64, epoch, index int) {
	a.draw(seed, epoch, index).apply(dst, src, size)
}

// Vary is Apply with values from 0 to 255, for Feed.
func (a Augment) Vary(dst []float32, src []uint8, size int, seed uint64, epoch, index int) {
	a.draw(seed, epoch, index).vary(dst, src, size)
}

func (d draw) apply(dst []float32, src []uint8, size int) {
	d.vary(dst, src, size)
	Normalize(dst, dst)
}

func (d draw) vary(dst []float32, src []uint8, size int) {
	if m := d.affine(size); m == identity {
		for i, v := range src {
			dst[i] = float32(v)
		}
	} else {
		m.warp(dst, src, size)
	}
	d.recolour(dst)
}

// affine maps output to input pixels: inX = a*x + b*y + c, inY = d*x + e*y + f.
type affine struct{ a, b, c, d, e, f float64 }

var identity = affine{a: 1, e: 1}

// then is the map that a picture warped by m and then by n has.
func (m affine) then(n affine) affine {
	return affine{
		dot(m.a, n.a, m.b, n.d), dot(m.a, n.b, m.b, n.e), dot(m.a, n.c, m.b, n.f) + m.c,
		dot(m.d, n.a, m.e, n.d), dot(m.d, n.b, m.e, n.e), dot(m.d, n.c, m.e, n.f) + m.f,
	}
}

func dot(a, b, c, d float64) float64 { return float64(a*b) + float64(c*d) }

// affine composes flip, shift, zoom and rotation, the latter two about the middle.
func (d draw) affine(size int) affine {
	m := identity
	middle := float64(size-1) / 2
	if d.flip {
		m = m.then(affine{a: -1, c: float64(size - 1), e: 1})
	}
	m = m.then(affine{a: 1, c: -d.shiftX * float64(size), e: 1, f: -d.shiftY * float64(size)})
	m = m.then(affine{a: d.zoom, c: middle * (1 - d.zoom), e: d.zoom, f: middle * (1 - d.zoom)})
	sin, cos := math.Sincos(d.angle)
	return m.then(affine{
		cos, -sin, middle - dot(middle, cos, -middle, sin),
		sin, cos, middle - dot(middle, sin, middle, cos),
	})
}

// warp samples src bilinearly, mirrored about its edges
// (tensorflow/core/kernels/image/image_ops.h, ProjectiveGenerator).
func (m affine) warp(dst []float32, src []uint8, size int) {
	for y := range size {
		for x := range size {
			inX := reflect(dot(m.a, float64(x), m.b, float64(y))+m.c, size)
			inY := reflect(dot(m.d, float64(x), m.e, float64(y))+m.f, size)
			x0, y0 := int(inX), int(inY)
			x1, y1 := min(x0+1, size-1), min(y0+1, size-1)
			fx, fy := float32(inX-float64(x0)), float32(inY-float64(y0))
			topLeft, topRight := src[(y0*size+x0)*3:][:3], src[(y0*size+x1)*3:][:3]
			bottomLeft, bottomRight := src[(y1*size+x0)*3:][:3], src[(y1*size+x1)*3:][:3]
			out := dst[(y*size+x)*3:][:3]
			for c := range out {
				top := mix(topLeft[c], topRight[c], fx)
				out[c] = top + float32((mix(bottomLeft[c], bottomRight[c], fx)-top)*fy)
			}
		}
	}
}

func mix(a, b uint8, t float32) float32 {
	return float32(a) + float32((float32(b)-float32(a))*t)
}

// reflect brings v into [0, n-1] by mirroring: ... c b a | a b c | c b a ...
func reflect(v float64, n int) float64 {
	period := float64(2 * n)
	if v < 0 {
		v = -v - 1
	}
	if v >= period {
		v = math.Mod(v, period)
	}
	if v >= float64(n) {
		v = period - v - 1
	}
	return min(max(v, 0), float64(n-1))
}

// recolour changes brightness, then contrast, in place, clipping to [0, 255] after each.
func (d draw) recolour(pixels []float32) {
	if d.brightness != 0 {
		delta := float32(d.brightness * 255)
		for i, v := range pixels {
			pixels[i] = clip(v + delta)
		}
	}
	if d.contrast == 1 {
		return
	}
	var mean [3]float64
	for i, v := range pixels {
		mean[i%3] += float64(v)
	}
	for c := range mean {
		mean[c] /= float64(len(pixels) / 3)
	}
	for i, v := range pixels {
		m := float32(mean[i%3])
		pixels[i] = clip(float32((v-m)*float32(d.contrast)) + m)
	}
}

func clip(v float32) float32 { return min(max(v, 0), 255) }
