package images

import "math"

// Fit says how a picture becomes square.
type Fit string

const (
	Stretch Fit = "stretch" // Keras's default: the whole picture, its shape distorted
	Crop    Fit = "crop"    // crop_to_aspect_ratio=True: the largest centred square
	Pad     Fit = "pad"     // pad_to_aspect_ratio=True: black bars make it square
)

// Resizing is how pictures are brought to Size x Size, by bilinear interpolation.
//
// Without Antialias it is what image_dataset_from_directory(image_size=) does,
// tf.image.resize(antialias=False): each output pixel reads four input pixels,
// however many it covers, so a 12-megapixel photograph turns to glitter. With it,
// tf.image.resize(antialias=True), the triangle filter widens with the scale.
type Resizing struct {
	Size      int
	Fit       Fit
	Antialias bool
}

// DefaultResizing keeps the whole picture and every pixel's share in it.
func DefaultResizing(size int) Resizing { return Resizing{size, Stretch, true} }

// Resize overwrites dst, [Size, Size, 3], with values from 0 to 255, within 1e-4
// of the range of what TensorFlow gives (Keras backend/tensorflow/image.py, resize).
func (r Resizing) Resize(dst []float32, img source) { resample(r.resampler(dst, img), img) }

// resampler resizes a picture of img's size, whose rows it is given, into dst.
func (r Resizing) resampler(dst []float32, img source) *resampler {
	w, h := img.size()
	spanX, spanY := span{0, w}, span{0, h}
	if r.Fit != Stretch {
		side := min(w, h)
		if r.Fit == Pad {
			side = max(w, h)
		}
		// Keras scales the side by size/size in float32 and truncates.
		side = int(float32(side*r.Size) / float32(r.Size))
		spanX, spanY = centred(w, side, r.Fit), centred(h, side, r.Fit)
	}
	return newResampler(dst, w, axis(w, spanX, r.Size, r.Antialias), axis(h, spanY, r.Size, r.Antialias))
}

// Resize8 is Resize rounded to 8 bits, in which a data set keeps its pictures: a
// quarter of the memory for at most half a level.
func (r Resizing) Resize8(img source) []uint8 {
	values := make([]float32, r.Size*r.Size*3)
	r.Resize(values, img)
	return round8(values)
}

func round8(values []float32) []uint8 {
	out := make([]uint8, len(values))
	for i, v := range values {
		out[i] = uint8(min(max(v, 0), 255) + 0.5)
	}
	return out
}

// Normalize overwrites dst with src as the network wants it, v/127.5 - 1
// (keras.applications' "tf" mode). dst may be src's own Resize.
func Normalize[T uint8 | float32](dst []float32, src []T) {
	for i, v := range src {
		dst[i] = float32(v)/127.5 - 1
	}
}

// Affine is another way to feed pixels: v*Scale[c] + Offset[c] for channel c.
type Affine struct{ Scale, Offset [3]float32 }

// Feed overwrites dst with src, [..., 3], as a network wants it: by a, or as Normalize
// does where that is nil.
func Feed[T uint8 | float32](dst []float32, src []T, a *Affine) {
	if a == nil {
		Normalize(dst, src)
		return
	}
	for i, v := range src {
		dst[i] = float32(float32(v)*a.Scale[i%3]) + a.Offset[i%3]
	}
}

// span is the part of an axis that becomes the output: inside the picture when
// cropping, beyond both its ends when padding.
type span struct{ start, length int }

func centred(n, side int, fit Fit) span {
	if fit == Crop {
		side = max(min(side, n), 1)
		return span{(n - side) / 2, side}
	}
	bar := max(side-n, 0) / 2
	return span{-bar, n + 2*bar} // as Keras: a pixel short of square where side-n is odd
}

// tap is one output coordinate: the weighted sum of input start, start+1, ...
// Inputs outside the picture are black and left out.
type tap struct {
	start   int
	weights []float32
}

// axis computes the taps that bring s, a part of an axis of n pixels, to size
// pixels, in float32 as TensorFlow does.
func axis(n int, s span, size int, antialias bool) []tap {
	scale := float32(s.length) / float32(size)
	filter := bilinear
	if antialias {
		filter = triangle
	}
	taps := make([]tap, size)
	for i := range taps {
		t := filter(i, scale, s.length)
		t.start += s.start
		if t.start < 0 {
			t.weights = t.weights[min(-t.start, len(t.weights)):]
			t.start = 0
		}
		t.weights = t.weights[:max(0, min(len(t.weights), n-t.start))]
		taps[i] = t
	}
	return taps
}

// bilinear interpolates at half-pixel centres
// (tensorflow/core/kernels/image/resize_bilinear_op.cc).
func bilinear(i int, scale float32, n int) tap {
	at := float32((float32(i)+0.5)*scale) - 0.5
	floor := float32(math.Floor(float64(at)))
	low, high := max(int(floor), 0), min(int(math.Ceil(float64(at))), n-1)
	if high <= low {
		return tap{low, []float32{1}}
	}
	lerp := at - floor
	return tap{low, []float32{1 - lerp, lerp}}
}

// triangle weighs the inputs under a triangle as wide as two output pixels
// (tensorflow/core/kernels/image/scale_and_translate_op.cc, ComputeSpansCore).
func triangle(i int, scale float32, n int) tap {
	centre := float32((float32(i) + 0.5) * scale)
	radius := max(scale, 1)
	first := max(int(math.Ceil(float64(centre-radius-0.5))), 0)
	last := min(int(math.Floor(float64(centre+radius-0.5))), n-1)
	t := tap{first, make([]float32, last-first+1)}
	total := float32(0)
	for k := range t.weights {
		distance := (float32(first+k) + 0.5 - centre) / radius
		t.weights[k] = max(0, 1-float32(math.Abs(float64(distance))))
		total += t.weights[k]
	}
	for k := range t.weights {
		t.weights[k] /= total
	}
	return t
}

// resampler overwrites dst, [len(ys), len(xs), 3], as rows of a picture come, of which
// it keeps those that an output still needs. For each output row it sums input rows,
// which are contiguous, and then that one row's columns.
type resampler struct {
	dst         []float32
	xs, ys      []tap
	left, right int       // the columns that any tap reads
	kept        [][]uint8 // row y at y modulo its length, from left to right
	sum         []float32
	in, out     int // rows that came, and went
}

func newResampler(dst []float32, w int, xs, ys []tap) *resampler {
	s := &resampler{dst: dst, xs: xs, ys: ys, sum: make([]float32, 3*w)}
	s.left, s.right = reach(xs, w)
	rows, end := 1, 0
	for _, t := range ys { // an output waits for those above it
		end = max(end, t.start+len(t.weights))
		rows = max(rows, end-t.start)
	}
	s.kept = make([][]uint8, rows)
	for i := range s.kept {
		s.kept[i] = make([]uint8, 3*(s.right-s.left))
	}
	return s
}

// resample gives s all rows of img.
func resample(s *resampler, img source) {
	img.rows(s.row)
	s.close()
}

// row takes the next row.
func (s *resampler) row(row []uint8) {
	copy(s.kept[s.in%len(s.kept)], row[3*s.left:3*s.right])
	s.in++
	for s.out < len(s.ys) && s.ys[s.out].start+len(s.ys[s.out].weights) <= s.in {
		s.finish()
	}
}

// close makes the outputs that lie below the picture.
func (s *resampler) close() {
	for s.out < len(s.ys) {
		s.finish()
	}
}

// finish makes the next output row.
func (s *resampler) finish() {
	t := s.ys[s.out]
	sum := s.sum[3*s.left : 3*s.right]
	clear(sum)
	for k, w := range t.weights {
		addScaled(sum, s.kept[(t.start+k)%len(s.kept)], w)
	}
	out := s.dst[s.out*len(s.xs)*3:][:len(s.xs)*3]
	for ox, tx := range s.xs {
		var r, g, b float32
		for k, w := range tx.weights {
			p := s.sum[(tx.start+k)*3:][:3]
			r += float32(w * p[0])
			g += float32(w * p[1])
			b += float32(w * p[2])
		}
		out[3*ox], out[3*ox+1], out[3*ox+2] = r, g, b
	}
	s.out++
}

// reach is the range of inputs that any tap reads: left <= right <= n.
func reach(taps []tap, n int) (left, right int) {
	left = n
	for _, t := range taps {
		if len(t.weights) > 0 {
			left, right = min(left, t.start), max(right, t.start+len(t.weights))
		}
	}
	return min(left, right), right
}

// addScaled: sum += w * src.
func addScaled(sum []float32, src []uint8, w float32) {
	src = src[:len(sum)]
	for i, v := range src {
		sum[i] += float32(w * float32(v))
	}
}

// Thumbnail returns the picture at most side pixels wide and high as RGBA bytes
// [h, w, 4], for a page that must show what its browser cannot (TIFF).
func (img *RGB8) Thumbnail(side int) (w, h int, rgba []uint8) {
	w, h = img.W, img.H
	if long := max(w, h); long > side {
		w, h = max(1, w*side/long), max(1, h*side/long)
	}
	values := make([]float32, w*h*3)
	img.shrink(values, w, h)
	rgba = make([]uint8, w*h*4)
	for i, p := range round8(values) {
		rgba[i/3*4+i%3] = p
	}
	for i := 3; i < len(rgba); i += 4 {
		rgba[i] = 255
	}
	return w, h, rgba
}

// shrink overwrites dst, [h, w, 3], with the picture.
func (img *RGB8) shrink(dst []float32, w, h int) {
	resample(newResampler(dst, img.W, axis(img.W, span{0, img.W}, w, true), axis(img.H, span{0, img.H}, h, true)), img)
}
