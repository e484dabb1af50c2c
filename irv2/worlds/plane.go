package worlds

// A plane is one value per pixel, row by row from the top.
type plane [Size * Size]float32

// A picture is a plane for each of red, green and blue; 0 is black and 1 is full.
type picture [3]plane

// A color is red, green, blue.
type color [3]float32

func (r *random) color() color { return color{r.unit(), r.unit(), r.unit()} }

// near is a color at most d away in each part.
func (r *random) near(c color, d float32) color {
	for i := range c {
		c[i] = clamp(c[i]+r.between(-d, d), 0, 1)
	}
	return c
}

func (c color) distance(d color) float32 {
	x, y, z := c[0]-d[0], c[1]-d[1], c[2]-d[2]
	return sqrt(float32(x*x) + float32(y*y) + float32(z*z))
}

func mixColors(a, b color, t float32) color {
	return color{lerp(a[0], b[0], t), lerp(a[1], b[1], t), lerp(a[2], b[2], t)}
}

// center is the middle of pixel i of a plane, in pixels from the upper left corner.
func center(i int) point { return point{float32(i%Size) + 0.5, float32(i/Size) + 0.5} }

// cover lays color c over pixel i with opacity t.
func (p *picture) cover(i int, c color, t float32) {
	for k := range p {
		p[k][i] = lerp(p[k][i], c[k], t)
	}
}

// bytes rounds to 0..255, cutting what lies outside.
func (p *picture) bytes() *Image {
	out := new(Image)
	for i := range Size * Size {
		for k := range p {
			out[3*i+k] = uint8(float32(255*clamp(p[k][i], 0, 1)) + 0.5)
		}
	}
	return out
}

// expose is what a camera does last: contrast about middle grey, brightness, and noise
// of standard deviation sd that is independent in each pixel and color.
func (p *picture) expose(r *random, contrast, brightness, sd float32) {
	for k := range p {
		for i, v := range p[k] {
			p[k][i] = 0.5 + brightness + float32((v-0.5)*contrast) + float32(sd*r.normal())
		}
	}
}

// light multiplies by a gradient in a random direction, 1 at the middle and 1 + strength
// at the edge.
func (p *picture) light(r *random, strength float32) {
	d := turn(r.unit())
	for i := range Size * Size {
		f := 1 + float32(strength/(Size/2)*center(i).minus(point{Size / 2, Size / 2}).along(d))
		for k := range p {
			p[k][i] *= f
		}
	}
}

// blur convolves with a Gaussian of standard deviations sx and sy pixels, cut at three of
// them; edges repeat. The sum of squares of the weights is returned: the factor by which
// the variance of white noise shrinks.
func (p *plane) blur(sx, sy float32) float32 {
	x, y := gauss(sx), gauss(sy)
	var rows plane
	var wide [3 * Size]float32 // a row with its ends repeated
	for top := 0; top < len(p); top += Size {
		row, half := p[top:top+Size], len(x)/2
		for i := range half {
			wide[i], wide[half+Size+i] = row[0], row[Size-1]
		}
		copy(wide[half:], row)
		accumulate(rows[top:top+Size], x, func(k int) []float32 { return wide[k : k+Size] })
	}
	for at := range Size {
		accumulate(p[at*Size:(at+1)*Size], y, func(k int) []float32 {
			from := Size * min(max(at+k-len(y)/2, 0), Size-1)
			return rows[from : from+Size]
		})
	}
	return squares(x) * squares(y)
}

// accumulate sets out to the sum of weights[k] * in(k).
func accumulate(out, weights []float32, in func(k int) []float32) {
	clear(out)
	for k, w := range weights {
		row := in(k)[:len(out)]
		for i, v := range row {
			out[i] += float32(w * v)
		}
	}
}

// gauss gives weights that sum to 1, at odd length.
func gauss(sd float32) []float32 {
	half := int(float32(3*sd) + 0.5)
	w := make([]float32, 2*half+1)
	var sum float32
	for i := range w {
		d := float32(i - half)
		w[i] = 1
		if half > 0 {
			w[i] = exp2(-0.72134752 * float32(d*d) / float32(sd*sd)) // e^(-d^2 / 2 sd^2)
		}
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

func squares(w []float32) (sum float32) {
	for _, v := range w {
		sum += float32(v * v)
	}
	return sum
}

// A field is a smooth random function of the plane, between 0 and 1 with mean 1/2: values
// at the corners of a grid of cells, interpolated ("value noise").
type field struct {
	seed   uint64
	dir    point
	w, h   float32 // of a cell
	offset point
}

// field has cells of w x h pixels in a random direction.
func (r *random) field(w, h float32) field {
	return field{r.next(), turn(r.unit()), w, h, point{r.between(50, 100), r.between(50, 100)}}
}

func (f *field) at(p point) float32 {
	p = p.in(f.dir)
	x, y := p.x/f.w+f.offset.x, p.y/f.h+f.offset.y
	x0, y0 := floor(x), floor(y)
	tx, ty := smooth(x-x0), smooth(y-y0)
	i, j := uint64(int64(x0)), uint64(int64(y0))
	return lerp(lerp(f.corner(i, j), f.corner(i+1, j), tx), lerp(f.corner(i, j+1), f.corner(i+1, j+1), tx), ty)
}

func (f *field) corner(i, j uint64) float32 {
	return float32(float32(mix(f.seed+i*0x9e3779b97f4a7c15+j*0xc2b2ae3d27d4eb4f)>>40) / (1 << 24))
}
