package worlds

// Source is what mini is pretrained on: class = 6*shape + texture.
var Source = &World{
	Name:        "source",
	Title:       "Shapes and textures",
	Description: "One object in front of and behind clutter; 8 shapes by 6 textures make 48 classes. Color, direction, place, size and light say nothing.",
	Classes:     sourceClasses(),
	draw: func(r *random, class int) *picture {
		return scene(r, shapes[class/len(textures)].shape, textures[class%len(textures)].draw, r.unit())
	},
}

func sourceClasses() (names []string) {
	for _, s := range shapes {
		for _, t := range textures {
			names = append(names, t.name+" "+s.name)
		}
	}
	return names
}

// Near has new shapes in the same world, each with a texture of source.
var Near = &World{
	Name:        "near",
	Title:       "New shapes, same world",
	Description: "Four objects that pretraining did not see, in the world that it did see.",
	Classes:     []string{"plain arrow", "dotted dumbbell", "checkered angle", "striped bow tie"},
	Expects:     Little,
	Because:     "these classes differ in shape and texture, which pretraining had to keep: the frozen features hold what is needed.",
	draw: func(r *random, class int) *picture {
		s := []shape{arrow, dumbbell, angle, bow}[class]
		t := []func(*random) texture{plain, dots, checks, stripes}[class]
		return scene(r, s, t, r.unit())
	},
}

// Upright asks for the direction of a long object, which source draws at random.
var Upright = &World{
	Name:        "upright",
	Title:       "Upright or sideways",
	Description: "The same colored world, but the class is how a long object stands, whatever it is: a thing that pretraining taught the network to ignore.",
	Classes:     []string{"upright", "leaning right", "sideways", "leaning left"},
	Expects:     Much,
	Because:     "these images look just like those of pretraining, but the class is a direction, which it taught the network to ignore. It is not the looks that make freezing costly.",
	draw: func(r *random, class int) *picture {
		s := []shape{bar, dumbbell, capsule, bow}[r.count(0, 3)]
		t := textures[r.count(0, len(textures)-1)].draw
		const jitter = 12.0 / 360 // classes are 45 degrees apart
		direction := []float32{-0.25, -0.125, 0, 0.125}[class] + r.between(-jitter, jitter)
		if r.chance(0.5) {
			direction += 0.5
		}
		return scene(r, s, t, direction)
	},
}

// scene draws an object that lies in a direction (in turns) over a background, with
// clutter behind and before it.
func scene(r *random, s shape, t func(*random) texture, direction float32) *picture {
	ground, first, second := contrasting(r)
	p := new(picture)
	background(r, p, ground)
	for range r.count(2, 5) {
		clutter(r, p)
	}
	object(r, p, s, t(r), direction, first, second)
	for range r.count(0, 2) {
		clutter(r, p)
	}
	p.light(r, r.between(0, 0.25))
	if r.chance(0.5) {
		sd := r.between(0.4, 0.8)
		for k := range p {
			p[k].blur(sd, sd)
		}
	}
	p.expose(r, r.between(0.75, 1.05), r.between(-0.08, 0.08), r.between(0, 0.06))
	return p
}

// contrasting draws three colors that are easily told apart.
func contrasting(r *random) (ground, first, second color) {
	for {
		ground, first, second = r.color(), r.color(), r.color()
		if first.distance(second) > 0.5 && first.distance(ground) > 0.35 && second.distance(ground) > 0.35 {
			return
		}
	}
}

// background mixes two close colors like clouds and, half the time, a faint texture.
func background(r *random, p *picture, ground color) {
	other := r.near(ground, 0.15)
	large, small := r.field(30, 30), r.field(11, 11)
	pattern, strength := textures[r.count(1, len(textures)-1)].draw(r), float32(0)
	if r.chance(0.5) {
		strength = r.between(0.1, 0.35)
	}
	third := r.near(ground, 0.25)
	for i := range Size * Size {
		at := center(i)
		p.cover(i, ground, 1)
		p.cover(i, other, float32(0.7*large.at(at))+float32(0.3*small.at(at)))
		if strength > 0 {
			p.cover(i, third, float32(strength*pattern(at)))
		}
	}
}

// clutter is a small stick, disc or square in any color and place.
func clutter(r *random, p *picture) {
	at, d, c := point{r.between(0, Size), r.between(0, Size)}, turn(r.unit()), r.color()
	half := point{r.between(1.5, 3.2), 0}
	kind := r.count(0, 2)
	half.y = half.x
	if kind == 0 {
		half = point{r.between(5, 11), r.between(0.7, 1.3)}
	}
	for i := range Size * Size {
		q := center(i).minus(at)
		if max(abs(q.x), abs(q.y)) > 13 {
			continue
		}
		q = q.in(d)
		distance := box(q, half.x, half.y)
		if kind == 1 {
			distance = q.length() - half.x
		}
		p.cover(i, c, edge(-distance))
	}
}

// object draws a shape with a radius of 15 to 23 pixels, mirrored or not, stretched by up
// to a fifth along any axis, with its middle at least 13 pixels from the border.
func object(r *random, p *picture, s shape, t texture, direction float32, first, second color) {
	radius, d, mirror := r.between(15, 23), turn(direction), r.sign()
	at := point{r.between(13, Size-13), r.between(13, Size-13)}
	axis, stretch := turn(r.unit()), r.between(1, 1.2)
	outline, outlined := color{}, r.chance(0.3)
	if r.chance(0.5) {
		outline = color{1, 1, 1}
	}
	for i := range Size * Size {
		q := center(i).minus(at)
		if q.length() > float32(1.5*radius) {
			continue
		}
		q = q.in(axis)
		q.x /= stretch
		q = q.in(point{axis.x, -axis.y}).in(d)
		q.y *= mirror
		distance := float32(s(q.times(1/radius)) * radius)
		share := edge(-distance)
		if share == 0 {
			continue
		}
		c := mixColors(first, second, t(q))
		if outlined {
			c = mixColors(c, outline, edge(distance+1))
		}
		p.cover(i, c, share)
	}
}
