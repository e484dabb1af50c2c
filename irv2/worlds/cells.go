package worlds

// Cells is stained tissue under a microscope: nuclei of the same number, size and stain
// in every class, arranged in one of four ways in which pathologists see them.
var Cells = &World{
	Name:        "cells",
	Title:       "How nuclei lie",
	Description: "Stained tissue. The nuclei are the same in every class; only their arrangement differs: spread evenly, in nests, in rosettes, in single file.",
	Classes:     []string{"even", "nests", "rosettes", "files"},
	Expects:     Open,
	Because:     "these classes differ in how many objects lie, which pretraining neither asked for nor discarded.",
	draw: func(r *random, class int) *picture {
		p := new(picture)
		stroma, nucleus := stain(r)
		tissue(r, p, stroma)
		arrange := []func(*random, *nuclei){even, nests, rosettes, files}[class]
		n := &nuclei{want: r.count(24, 30)}
		stray := r.count(1, 4)
		n.want -= stray
		arrange(r, n)
		n.want += stray
		even(r, n)
		size := r.between(2.1, 2.7)
		for _, at := range n.at {
			n.draw(r, p, at, size, nucleus)
		}
		p.light(r, r.between(0, 0.2))
		sd := r.between(0.4, 0.7)
		for k := range p {
			p[k].blur(sd, sd)
		}
		p.expose(r, r.between(0.8, 1.05), r.between(-0.06, 0.06), r.between(0.01, 0.04))
		return p
	},
}

// stain draws the colors of a slide: pink from eosin, violet from hematoxylin, both from
// faint to strong.
func stain(r *random) (stroma, nucleus color) {
	stroma = r.near(color{0.88, 0.62, 0.76}, 0.08)
	nucleus = r.near(color{0.36, 0.22, 0.55}, 0.1)
	return stroma, nucleus
}

// tissue is stroma with fibers along one direction and pale gaps.
func tissue(r *random, p *picture, stroma color) {
	fibers, gaps, more, cloud := r.field(22, 3), r.field(8, 8), r.field(13, 13), r.field(26, 26)
	pale := color{0.95, 0.9, 0.94}
	dark := mixColors(stroma, color{0.7, 0.3, 0.55}, 0.55)
	for i := range Size * Size {
		at := center(i)
		p.cover(i, stroma, 1)
		p.cover(i, dark, float32(0.6*fibers.at(at))+float32(0.3*(cloud.at(at)-0.5)))
		p.cover(i, pale, clamp(float32(6*(float32(0.5*(gaps.at(at)+more.at(at)))-0.66)), 0, 0.8))
	}
}

// nuclei are places at least apart pixels from each other. The picture counts as a torus:
// what leaves it on one side comes back on the other. So every arrangement is as dense at
// the borders as in the middle, and a pixel alone tells nothing of the class.
type nuclei struct {
	at   []point
	want int
}

const apart = 5.2

// wrap is where p lies on the torus.
func wrap(p point) point {
	return point{p.x - float32(Size*floor(p.x/Size)), p.y - float32(Size*floor(p.y/Size))}
}

// around is the distance of two places on the torus.
func around(p, q point) float32 {
	x, y := abs(p.x-q.x), abs(p.y-q.y)
	return hypot(min(x, Size-x), min(y, Size-y))
}

// nearest is the distance from p to the nearest of some places.
func nearest(p point, places []point) float32 {
	d := float32(Size)
	for _, q := range places {
		d = min(d, around(p, q))
	}
	return d
}

func (r *random) place() point { return point{r.between(0, Size), r.between(0, Size)} }

// even tries places anywhere and prefers, of a few, the one that is farthest from all.
func even(r *random, n *nuclei) {
	for len(n.at) < n.want {
		best, far := point{}, float32(-1)
		for range 8 {
			p := r.place()
			if d := nearest(p, n.at); d > far {
				best, far = p, d
			}
		}
		if far < apart {
			return // full
		}
		n.at = append(n.at, best)
	}
}

// nests packs two or three groups from the middle outwards: of a few free places, each
// nucleus takes the one nearest to the middle of its nest.
func nests(r *random, n *nuclei) {
	middles := spread(r, r.count(2, 3), 26)
	for k := 0; len(n.at) < n.want && k < 3*n.want; k++ {
		m, best, least := middles[k%len(middles)], point{}, float32(Size)
		for range 40 {
			q := turn(r.unit()).times(float32(15 * r.unit()))
			p := wrap(point{m.x + q.x, m.y + q.y})
			if d := around(p, m); d < least && nearest(p, n.at) >= apart {
				best, least = p, d
			}
		}
		if least < Size {
			n.at = append(n.at, best)
		}
	}
}

// rosettes sets two or three rings around empty middles.
func rosettes(r *random, n *nuclei) {
	middles := spread(r, r.count(2, 3), 25)
	for _, m := range middles {
		count := (n.want + len(middles) - 1) / len(middles)
		radius := max(float32((apart+0.4)/6.2831853*float32(count)), 7.5)
		phase := r.unit()
		for i := range count {
			q := turn(float32(i)/float32(count) + phase).times(radius + r.between(-0.6, 0.6))
			p := wrap(point{m.x + q.x, m.y + q.y})
			if nearest(p, n.at) >= apart-0.8 && len(n.at) < n.want {
				n.at = append(n.at, p)
			}
		}
	}
}

// files follows gently bent rows side by side, which go on beyond the picture, and leaves
// out nuclei at random where there are too many.
func files(r *random, n *nuclei) {
	d, bend, long, phase := turn(r.unit()), r.between(1, 3.5), r.between(0.7, 1.2)/Size, r.unit()
	gap, step, first := r.between(18, 24), float32(apart+0.5), r.unit()
	for row := -3; row <= 3; row++ {
		start := r.unit()
		for k := -10; k <= 10; k++ {
			x := float32((float32(k)+start)*step) + r.between(-0.5, 0.5)
			y := float32((float32(row)+first)*gap) + float32(bend*sin(float32(x*long)+phase)) + r.between(-0.5, 0.5)
			q := point{x, y}.in(point{d.x, -d.y})
			if max(abs(q.x), abs(q.y)) < Size/2 {
				n.at = append(n.at, point{Size/2 + q.x, Size/2 + q.y})
			}
		}
	}
	for len(n.at) > n.want {
		k := r.count(0, len(n.at)-1)
		n.at[k] = n.at[len(n.at)-1]
		n.at = n.at[:len(n.at)-1]
	}
}

// spread draws places at least gap pixels apart; fewer if they do not fit.
func spread(r *random, want int, gap float32) (places []point) {
	for tries := 0; len(places) < want && tries < 200; tries++ {
		if p := r.place(); nearest(p, places) >= gap {
			places = append(places, p)
		}
	}
	return places
}

// draw lays a nucleus: an ellipse with grains of chromatin and a darker rim.
func (n *nuclei) draw(r *random, p *picture, at point, size float32, c color) {
	d, ratio := turn(r.unit()), r.between(1, 1.25)
	size = float32(size * r.between(0.9, 1.1))
	c = r.near(c, 0.05)
	grain := r.field(2.2, 2.2)
	light := mixColors(c, color{0.8, 0.65, 0.85}, 0.5)
	for y := max(int(at.y)-5, 0); y < min(int(at.y)+6, Size); y++ {
		for x := max(int(at.x)-5, 0); x < min(int(at.x)+6, Size); x++ {
			i := y*Size + x
			q := center(i).minus(at).in(d)
			inner := size - hypot(q.x/ratio, q.y*ratio)
			p.cover(i, mixColors(light, c, max(clamp(1.5-inner, 0, 1), grain.at(center(i)))), edge(inner))
		}
	}
}
