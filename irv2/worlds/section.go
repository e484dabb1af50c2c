package worlds

// Shadow rests on what pretraining threw away: which way a lesion lies and what is below
// it. Both are signs that radiologists read.
var Shadow = &World{
	Name:        "shadow",
	Title:       "Lying or standing, shadow or glow",
	Description: "Sections like those of ultrasound. A dark lesion is wider or taller than deep, and the tissue right below it is darker or brighter than around.",
	Classes:     []string{"wide, shadow", "wide, glow", "tall, shadow", "tall, glow"},
	Expects:     Much,
	Because:     "these classes rest on direction and on the light below a lesion. Pretraining turned and relit everything, so it taught the network to ignore both, and frozen features cannot give back what was discarded.",
	draw: func(r *random, class int) *picture {
		s := newSection(r)
		direction := r.between(-0.06, 0.06)
		if class/2 == 1 {
			direction += 0.25
		}
		ratio := r.between(1.45, 1.85)
		l, absent := newLesion(r, direction, ratio), newLesion(r, direction, ratio)
		for abs(l.at.x-absent.at.x) < 19 {
			l, absent = newLesion(r, direction, ratio), newLesion(r, direction, ratio)
		}
		s.fill(l, plain(r), r.between(12, 16), 0)
		// Every picture has a dark and a bright band, one of them below the lesion and the
		// other where a second lesion might be. How dark columns are, and where, tells nothing:
		// only what lies below the lesion does.
		db := float32(2*(class%2) - 1)
		s.band(l.at.x, r.between(0.55, 0.8)*l.size, l.bottom()-3, db*r.between(7, 10))
		s.band(absent.at.x, r.between(0.55, 0.8)*absent.size, absent.bottom()-3, -db*r.between(7, 10))
		return s.scan(r)
	},
}

// Margin rests on what pretraining had to keep: outline and texture, on lesions about as
// large as the objects of source. Both textures have two levels, so that greys tell little.
var Margin = &World{
	Name:        "margin",
	Title:       "Smooth or spiky, mottled or septate",
	Description: "The same kind of section, as grey and as speckled. The lesion's border is smooth or spiky; its inside is mottled or crossed by parallel walls.",
	Classes:     []string{"smooth, mottled", "smooth, septate", "spiky, mottled", "spiky, septate"},
	Expects:     Little,
	Because:     "these images look nothing like those of pretraining, yet the classes differ in outline and texture, which pretraining had to keep. It is not the looks that make freezing costly.",
	draw: func(r *random, class int) *picture {
		s := newSection(r)
		// Bands as in shadow, but anywhere and fainter.
		for _, f := range []float32{-1, 1} {
			s.band(r.between(0, Size), r.between(5, 8), r.between(10, 50), f*r.between(3.5, 5))
		}
		l := newLesion(r, r.unit(), r.between(1, 1.3))
		l.at, l.size = point{r.between(16, Size-16), r.between(16, Size-16)}, r.between(18, 21)
		if class/2 == 1 {
			l.spikes = r.count(6, 7)
		}
		t := blotches(r)
		if class%2 == 1 {
			t = stripes(r)
		}
		s.fill(l, t, r.between(11.5, 18), r.between(11, 15))
		return s.scan(r)
	},
}

// A section is how strongly tissue reflects, in decibels. x runs along the skin, y is
// depth.
type section struct{ db plane }

// newSection draws tissue: two to four layers of their own brightness with bright sheets
// between them, all uneven over a dozen pixels.
func newSection(r *random) *section {
	s := new(section)
	var border, level, ripple, phase [4]float32
	n := r.count(2, 4)
	tilt, long := r.between(-0.15, 0.15), r.between(0.6, 1.4)/Size
	for i := range n {
		border[i] = (float32(i) + r.between(0.1, 0.9)) * (Size / float32(n))
		level[i], ripple[i], phase[i] = r.between(-3, 3), r.between(0.5, 3), r.unit()
	}
	uneven, patch := r.field(16, 9), r.field(18, 18)
	for i := range s.db {
		p := center(i)
		v := float32(8 * (uneven.at(p) - 0.5))
		sheet := float32(22 * max(0, patch.at(p)-0.3))
		for j := range n {
			y := border[j] + float32(tilt*(p.x-Size/2)) + float32(ripple[j]*sin(float32(p.x*long)+phase[j]))
			v += float32(level[j]*edge(p.y-y)) + float32(sheet*max(0, 1-abs(p.y-y)/1.6))
		}
		s.db[i] = v
	}
	return s
}

// A lesion is an ellipse whose long axis has a direction; size is the mean of its half
// axes in pixels. With spikes its border goes in and out.
type lesion struct {
	at, dir     point
	size, ratio float32 // long to short half axis
	spikes      int
	phase       float32
	border      field
}

func newLesion(r *random, direction, ratio float32) *lesion {
	return &lesion{
		at:  point{r.between(10, Size-10), r.between(12, 44)},
		dir: turn(direction), size: r.between(7, 11), ratio: sqrt(ratio),
		phase: r.unit(), border: r.field(6, 6),
	}
}

// bottom is the depth at which the ellipse ends.
func (l *lesion) bottom() float32 {
	long, short := l.size*l.ratio, l.size/l.ratio
	return l.at.y + hypot(float32(long*l.dir.y), float32(short*l.dir.x))
}

// inside is the share of p that the lesion covers, with a margin about two pixels wide.
func (l *lesion) inside(p point) float32 {
	q := p.minus(l.at).in(l.dir)
	away := hypot(q.x/l.ratio, q.y*l.ratio)
	edgeAt := l.size + float32(2*(l.border.at(p)-0.5))
	if l.spikes > 0 {
		// A triangle wave around the border, sharp outwards, about as large as without.
		uneven := l.border.at(p) - 0.5
		around := float32(atan(q)*float32(l.spikes)) + l.phase + float32(0.4*uneven)
		t := abs(around-floor(around)-0.5) * 2
		edgeAt = float32(edgeAt * (0.57 + float32(t*(0.82+float32(0.2*uneven)))))
	}
	return clamp(0.5+float32(0.6*(edgeAt-away)), 0, 1)
}

// atan is the angle of q in turns, -1/2 to 1/2, to 0.0008.
func atan(q point) float32 {
	x, y := abs(q.x), abs(q.y)
	t := min(x, y) / max(x, y, 1e-6)
	a := float32(t * (0.125 + float32(0.0434*(1-t))))
	if y > x {
		a = 0.25 - a
	}
	if q.x < 0 {
		a = 0.5 - a
	}
	if q.y < 0 {
		a = -a
	}
	return a
}

// fill darkens the lesion by so many decibels, the part of it that the texture marks by so
// many less than the rest.
func (s *section) fill(l *lesion, t texture, dark, less float32) {
	for i := range s.db {
		p := center(i)
		if share := l.inside(p); share > 0 {
			v := float32(0.4*s.db[i]) - dark + float32(less*(t(p.minus(l.at))-0.5))
			s.db[i] = lerp(s.db[i], v, share)
		}
	}
}

// band changes what is below a depth by db decibels, in a column half pixels wide to either
// side of x, with soft sides: an acoustic shadow where db < 0, enhancement ("glow") where
// db > 0.
func (s *section) band(x, half, from, db float32) {
	for i := range s.db {
		p := center(i)
		side := clamp(0.5+float32(0.2*(half-abs(p.x-x))), 0, 1)
		depth := smooth(clamp(float32(0.2*(p.y-from)), 0, 1))
		s.db[i] += float32(db * float32(smooth(side)*depth))
	}
}

// scan makes the picture that a probe would: the field of many scatterers with random
// phase, smeared by the pulse (wider than deep), whose strength is averaged over a few
// looks from different sides and shown as a logarithm. That gives speckle. Gain changes
// with depth and across as each probe is set and held.
func (s *section) scan(r *random) *picture {
	gain, deep, across := r.between(-3, 3), r.between(-12, 12), r.between(-4, 4)
	var amplitude, power plane
	for i := range s.db {
		p := center(i)
		db := s.db[i] + gain + float32(deep/Size*(p.y-Size/2)) + float32(across/Size*(p.x-Size/2))
		amplitude[i] = exp2(float32(0.16609640 * db)) // 10^(db/20)
	}
	const looks = 3
	wide, short := r.between(0.95, 1.25), r.between(0.6, 0.75)
	for range 2 * looks { // real and imaginary part
		var field plane
		for i, a := range amplitude {
			field[i] = float32(a * r.normal())
		}
		shrink := field.blur(wide, short)
		for i, v := range field {
			power[i] += float32(v*v) / (2 * looks * shrink)
		}
	}

	const shown, receiver = 42.0, 1.5e-2 // decibels from black to white; power of its noise
	bright := r.between(0.5, 0.56)
	p := new(picture)
	for i, v := range power {
		grey := bright + float32(3.0103/shown*log2(v+receiver)) // 10 log10
		p[0][i], p[1][i], p[2][i] = grey, grey, grey
	}
	return p
}
