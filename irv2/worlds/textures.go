package worlds

// A texture tells at each point, in pixels of the object's own frame, how much of the
// second of two colors shows: 0 to 1, with edges about a pixel wide.
type texture func(p point) float32

// The textures of source. Periods of 6 pixels and more survive the blur; at 5 stripes and
// checks begin to vanish at this size.
var textures = []struct {
	name string
	draw func(r *random) texture
}{
	{"plain", plain}, {"striped", stripes}, {"checkered", checks},
	{"dotted", dots}, {"blotched", blotches}, {"halved", halves},
}

func (r *random) period() float32 { return r.between(6, 9) }

// edge turns a signed distance in pixels into a share.
func edge(d float32) float32 { return clamp(0.5+d, 0, 1) }

// wave is the signed distance to the nearest border of bands half a period wide.
func wave(x, period float32) float32 {
	x /= period
	return float32((abs(x-floor(x)-0.5) - 0.25) * period)
}

func plain(r *random) texture { return func(point) float32 { return 0 } }

func stripes(r *random) texture {
	d, period, phase := turn(r.unit()), r.period(), r.between(0, 9)
	return func(p point) float32 { return edge(wave(p.along(d)+phase, period)) }
}

func checks(r *random) texture {
	d, period := turn(r.unit()), float32(r.period()*1.3) // squares as wide as 0.65 periods
	phase := point{r.between(0, 9), r.between(0, 9)}
	return func(p point) float32 {
		q := p.in(d)
		a, b := edge(wave(q.x+phase.x, period)), edge(wave(q.y+phase.y, period))
		return a + b - float32(2*a*b)
	}
}

// dots stand in rows and columns, well apart: closer, or with every other row moved, they
// are mistaken for checks.
func dots(r *random) texture {
	d, period := turn(r.unit()), r.between(7.5, 10)
	phase := point{r.between(0, 9), r.between(0, 9)}
	return func(p point) float32 {
		q := p.in(d)
		x, y := (q.x+phase.x)/period, (q.y+phase.y)/period
		away := hypot(x-floor(x)-0.5, y-floor(y)-0.5)
		return edge(float32((0.29 - away) * period))
	}
}

func blotches(r *random) texture {
	f := r.field(6.5, 6.5)
	return func(p point) float32 { return edge(float32(9 * (f.at(p) - 0.5))) }
}

// halves meet in one line near the middle, within 40 degrees of crossing the object's
// long axis.
func halves(r *random) texture {
	d, at := turn(r.between(-0.11, 0.11)), r.between(-2, 2)
	return func(p point) float32 { return edge(p.along(d) + at) }
}
