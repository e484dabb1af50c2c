package worlds

// A shape is a figure about the origin that reaches about as far as the unit circle. Its
// value is the signed distance to the outline: negative inside, exact or close to it near
// the outline, which is where it is used.
type shape func(p point) float32

// The shapes of source.
var shapes = []struct {
	name  string
	shape shape
}{
	{"disc", disc}, {"ring", ring}, {"square", square}, {"triangle", triangle},
	{"star", star}, {"plus", plus}, {"crescent", crescent}, {"bar", bar},
}

func disc(p point) float32 { return p.length() - 0.85 }
func ring(p point) float32 { return abs(p.length()-0.68) - 0.25 }

func square(p point) float32 { return box(p, 0.76, 0.76) }
func bar(p point) float32    { return box(p, 1.15, 0.38) }

// crescent is a disc without another, moved so that it sits about the origin.
func crescent(p point) float32 {
	return max(point{p.x - 0.32, p.y}.length()-0.98, 0.76-point{p.x - 0.72, p.y}.length())
}

var (
	triangle = polygon(regular(3, 1.12, 1.12))
	star     = polygon(regular(10, 1.15, 0.5))
	plus     = polygon(symmetric(point{0.32, 0.98}, point{0.32, 0.32}, point{0.98, 0.32}))
)

// Shapes that pretraining does not see.
var (
	arrow = polygon([]point{{-1.1, -0.26}, {0.15, -0.26}, {0.15, -0.75}, {1.15, 0}, {0.15, 0.75}, {0.15, 0.26}, {-1.1, 0.26}})
	angle = polygon([]point{{-0.8, -1.05}, {-0.2, -1.05}, {-0.2, 0.4}, {0.95, 0.4}, {0.95, 1}, {-0.8, 1}}) // an L
	bow   = polygon([]point{{-1.1, -0.7}, {0, -0.14}, {1.1, -0.7}, {1.1, 0.7}, {0, 0.14}, {-1.1, 0.7}})
)

func dumbbell(p point) float32 {
	x := abs(p.x) - 0.75
	return min(point{x, p.y}.length()-0.44, box(p, 0.75, 0.17))
}

func capsule(p point) float32 {
	return point{max(abs(p.x)-0.75, 0), p.y}.length() - 0.42
}

// box is a rectangle of half width w and half height h.
func box(p point, w, h float32) float32 {
	x, y := abs(p.x)-w, abs(p.y)-h
	return min(max(x, y), 0) + point{max(x, 0), max(y, 0)}.length()
}

// regular lists n corners around the origin, at distance even and odd by turns.
func regular(n int, even, odd float32) []point {
	corners := make([]point, n)
	for i := range corners {
		r := even
		if i%2 == 1 {
			r = odd
		}
		corners[i] = turn(float32(i) / float32(n)).times(r)
	}
	return corners
}

// symmetric repeats the corners of one quadrant, given in order from the y axis to the x
// axis, in all four.
func symmetric(quadrant ...point) (corners []point) {
	n := len(quadrant)
	for i := range 4 * n {
		p, at := quadrant[i%n], i/n
		if at%2 == 1 {
			p = quadrant[n-1-i%n]
		}
		if at == 1 || at == 2 {
			p.y = -p.y
		}
		if at >= 2 {
			p.x = -p.x
		}
		corners = append(corners, p)
	}
	return corners
}

// polygon is the distance to the nearest edge, negative where a ray to the left crosses
// an odd number of edges.
func polygon(corners []point) shape {
	type edge struct {
		from, along point
		perLength2  float32
	}
	edges := make([]edge, len(corners))
	for i, p := range corners {
		d := corners[(i+1)%len(corners)].minus(p)
		edges[i] = edge{p, d, 1 / (float32(d.x*d.x) + float32(d.y*d.y))}
	}
	return func(p point) float32 {
		nearest, inside := float32(1e9), false
		for i := range edges {
			e := &edges[i]
			q := p.minus(e.from)
			dot := float32(q.x*e.along.x) + float32(q.y*e.along.y)
			t := clamp(float32(dot*e.perLength2), 0, 1)
			x, y := q.x-float32(t*e.along.x), q.y-float32(t*e.along.y)
			nearest = min(nearest, float32(x*x)+float32(y*y))
			if (q.y >= 0) != (q.y >= e.along.y) && q.x > float32(q.y/e.along.y)*e.along.x {
				inside = !inside
			}
		}
		if inside {
			return -sqrt(nearest)
		}
		return sqrt(nearest)
	}
}
