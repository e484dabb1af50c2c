package main

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// A scene is painted per pixel, from far to near, in coordinates where the short
// side of the picture is 1, y grows downwards and (0, 0) is the middle.

type rgb [3]float64

var classes = []struct {
	name  string
	paint func(*rand.Rand) painter
}{
	{"boat", paintBoat},
	{"fruit", paintFruit},
	{"house", paintHouse},
}

// painter gives the colour, 0 to 1, at a place.
type painter func(x, y float64) rgb

// scene paints w x h pixels, four samples each, with a lens's darker corners and a
// sensor's grain.
func scene(make func(*rand.Rand) painter, w, h, seed int) *image.RGBA {
	r := rand.New(rand.NewPCG(uint64(seed), uint64(len(classes))))
	paint := make(r)
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	short := float64(min(w, h))
	for py := range h {
		for px := range w {
			var sum rgb
			for s := range 4 {
				x := (float64(px) + 0.25 + 0.5*float64(s%2) - float64(w)/2) / short
				y := (float64(py) + 0.25 + 0.5*float64(s/2) - float64(h)/2) / short
				sum = sum.plus(paint(x, y).times(0.25 * (1 - 0.35*(x*x+y*y))))
			}
			grain := 0.02 * r.NormFloat64()
			var c [3]uint8
			for i, v := range sum {
				c[i] = uint8(255*min(max(v+grain, 0), 1) + 0.5)
			}
			m.SetRGBA(px, py, color.RGBA{c[0], c[1], c[2], 255})
		}
	}
	return m
}

func paintBoat(r *rand.Rand) painter {
	sky, sails := someSky(r), someColour(r).mix(rgb{1, 1, 0.95}, 0.6)
	hull := someColour(r).times(0.8)
	horizon := between(r, -0.1, 0.15)
	bx, scale, lean := between(r, -0.2, 0.2), between(r, 0.7, 1.1), between(r, -0.12, 0.12)
	water, phase := between(r, 0.3, 0.6), uint64(r.Uint32())
	return func(x, y float64) rgb {
		c := sky(x, y)
		if y > horizon {
			depth := 1 / (y - horizon + 0.05)
			ripple := fbm(x*depth*2, depth*6, phase)
			c = rgb{0.05, 0.2 + 0.2*water, 0.3 + 0.3*water}.mix(sky(x, 2*horizon-y), 0.25+0.5*ripple)
		}
		u, v := (x-bx)/scale, (y-horizon-0.12)/scale
		u -= lean * v
		if v > 0 && v < 0.12 && math.Abs(u) < 0.3-0.8*v {
			c = hull.times(1.1 - 0.5*(u+0.3))
		}
		if math.Abs(u) < 0.008 && v < 0 && v > -0.55 {
			c = rgb{0.25, 0.18, 0.12}
		}
		if v < -0.03 && v > -0.5 && u > 0.02 && u < 0.02+0.26*(v+0.5)/0.47*0.95 {
			c = sails.times(0.75 + 0.8*u)
		}
		if v < -0.03 && v > -0.45 && u < -0.02 && u > -0.02-0.2*(v+0.45)/0.42 {
			c = sails.times(0.95 + 0.5*u)
		}
		return c
	}
}

func paintFruit(r *rand.Rand) painter {
	type ball struct{ x, y, radius float64 }
	var balls []ball
	for i := range 2 + r.IntN(3) {
		balls = append(balls, ball{-0.45 + 0.3*float64(i) + between(r, -0.05, 0.05), between(r, 0.02, 0.2), between(r, 0.15, 0.22)})
	}
	skin := []rgb{{0.8, 0.12, 0.1}, {0.9, 0.55, 0.1}, {0.5, 0.7, 0.15}, {0.9, 0.8, 0.2}}[r.IntN(4)]
	table, wall := rgb{0.45, 0.3, 0.18}.mix(someColour(r), 0.2), someColour(r).mix(rgb{0.8, 0.8, 0.75}, 0.7)
	phase := uint64(r.Uint32())
	return func(x, y float64) rgb {
		c := wall.times(0.8 + 0.2*fbm(x*3, y*3, phase))
		if y > 0.12 {
			c = table.times(0.7 + 0.6*fbm(x*3, y*40, phase))
			for _, b := range balls {
				shade := math.Hypot((x-b.x-0.08)/1.4, (y-b.y-b.radius*0.9)*3) / b.radius
				c = c.times(1 - 0.55*smooth(1.1-shade))
			}
		}
		for _, b := range balls {
			u, v := (x-b.x)/b.radius, (y-b.y)/b.radius
			d := u*u + v*v
			if math.Abs(u-0.1*v) < 0.05 && v < -0.8 && v > -1.25 {
				c = rgb{0.3, 0.2, 0.1}
			}
			if d > 1 {
				continue
			}
			z := math.Sqrt(1 - d)
			light := 0.25 + 0.8*max(0, -0.45*u-0.55*v+0.7*z)
			c = skin.times(light * (0.85 + 0.3*fbm(u*6, v*6, phase+1)))
			c = c.plus(rgb{1, 1, 1}.times(0.7 * smooth(1-12*math.Hypot(u+0.35, v+0.45))))
		}
		return c
	}
}

func paintHouse(r *rand.Rand) painter {
	sky, wall := someSky(r), someColour(r).mix(rgb{0.9, 0.85, 0.75}, 0.55)
	roof := rgb{0.5, 0.2, 0.15}.mix(someColour(r), 0.3)
	hx, wide, tall := between(r, -0.15, 0.15), between(r, 0.22, 0.32), between(r, 0.2, 0.35)
	steep := between(r, 0.6, 1.1)
	ground, phase := between(r, 0.2, 0.3), uint64(r.Uint32())
	return func(x, y float64) rgb {
		c := sky(x, y)
		if hill := 0.08 - 0.15*fbm(x*2, 0, phase); y > hill {
			c = rgb{0.3, 0.42, 0.3}.times(0.7 + 0.4*fbm(x*8, y*8, phase))
		}
		if y > ground-0.02 {
			c = rgb{0.28, 0.5, 0.15}.times(0.5 + 0.9*fbm(x*30, y*60, phase+2))
		}
		u, v := x-hx, ground-y // v is the height above ground
		if v > 0 && v < tall && math.Abs(u) < wide {
			c = wall.times(1 - 0.25*(u+wide)/wide + 0.1*fbm(x*20, y*20, phase))
			if math.Abs(u) < 0.05 && v < 0.17 {
				c = rgb{0.3, 0.17, 0.1}
			}
			for _, at := range []float64{-0.6, 0.6} {
				du, dv := math.Abs(u-at*wide), math.Abs(v-0.6*tall)
				if du < 0.055 && dv < 0.055 {
					c = rgb{0.9, 0.9, 0.88}
					if du > 0.006 && dv > 0.006 && du < 0.048 && dv < 0.048 {
						c = rgb{0.2, 0.28, 0.38}.plus(rgb{0.3, 0.3, 0.3}.times(v * 2))
					}
				}
			}
		}
		if over := v - tall; over > 0 && over < steep*(wide+0.04-math.Abs(u)) {
			tiles := 0.8 + 0.2*math.Sin(over*150)
			c = roof.times(tiles * (1.1 - 0.8*(u+wide)))
		}
		return c
	}
}

// someSky is a gradient with clouds, blue to orange.
func someSky(r *rand.Rand) painter {
	top := rgb{0.25, 0.5, 0.85}.mix(rgb{0.35, 0.35, 0.55}, r.Float64())
	low := rgb{0.8, 0.88, 0.95}.mix(rgb{0.98, 0.7, 0.45}, r.Float64())
	cover, phase := between(r, 0.35, 0.6), uint64(r.Uint32())
	return func(x, y float64) rgb {
		clouds := smooth(4 * (fbm(x*3, y*7, phase) - cover))
		return top.mix(low, min(max(y+0.7, 0), 1)).mix(rgb{0.97, 0.96, 0.95}, 0.8*clouds)
	}
}

func someColour(r *rand.Rand) rgb { return rgb{r.Float64(), r.Float64(), r.Float64()} }

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func (a rgb) plus(b rgb) rgb { return rgb{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }

func (a rgb) times(f float64) rgb { return rgb{a[0] * f, a[1] * f, a[2] * f} }

func (a rgb) mix(b rgb, t float64) rgb { return a.times(1 - t).plus(b.times(t)) }

func smooth(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}

// fbm is four octaves of value noise, about 0 to 1.
func fbm(x, y float64, seed uint64) float64 {
	sum, weight := 0.0, 0.5
	for range 4 {
		sum += weight * noise(x, y, seed)
		x, y, weight, seed = 2*x, 2*y, weight/2, seed+1
	}
	return sum
}

func noise(x, y float64, seed uint64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	at := func(dx, dy float64) float64 {
		h := uint64(int64(x0+dx))*0x9E3779B97F4A7C15 ^ uint64(int64(y0+dy))*0xC2B2AE3D27D4EB4F ^ seed*0x165667B19E3779F9
		h = (h ^ h>>31) * 0xBF58476D1CE4E5B9
		return float64((h^h>>29)>>11) / (1 << 53)
	}
	u, v := smooth(x-x0), smooth(y-y0)
	top := at(0, 0)*(1-u) + at(1, 0)*u
	return top*(1-v) + (at(0, 1)*(1-u)+at(1, 1)*u)*v
}
