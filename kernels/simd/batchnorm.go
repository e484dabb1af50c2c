package simd

import "unsafe"

// Batch norm and everything else that sums over pixels works on chunks of pixels:
// a tile of the first job leaves the sums of its chunk, a second job adds the
// chunks up in float64, in order, so that neither threads nor the number of pixels
// cost accuracy. A chunk stays in the cache for its second pass: its statistics
// are taken about its own mean and joined by Chan's formula,
//
//	mean = sum n_i mean_i / n;  M2 = sum M2_i + sum n_i (mean_i - mean)^2
//
// sumsJob is the record of all of these jobs; each reads what it needs.
type sumsJob struct {
	x, out, d           pixels // out is DX, too, and d the D of ReLUBiasBackward
	pixels              int
	chunk               int // pixels of a chunk
	c                   int
	partial             int // per chunk two rows of c floats
	beta, mean, invStd  int
	floor               float32 // 0 for ReLU, -Inf for none
	eps, momentum, rest float32 // rest is 1-momentum
	runMean, runVar     int     // 0: not moved
	sums                int     // two rows of c floats: sums over all pixels
	scale               float32 // factor of sums, or 1/pixels
}

var inSums sumsJob

// chunk starts a tile function over the pixels of chunk `tile`.
type chunk struct {
	function
	r             *record
	tile          i32
	first, pixels i32 // the first one, and how many
}

func (m *module) chunk() chunk {
	f, arg, tile, _ := m.tile()
	c := chunk{function: f, r: recordAt(arg, unsafe.Pointer(&inSums), unsafe.Sizeof(inSums)), tile: tile}
	c.first = f.newI32(tile.mul(c.r.i32(&inSums.chunk)))
	c.pixels = f.newI32(minimum(c.r.i32(&inSums.chunk), c.r.i32(&inSums.pixels).sub(c.first)))
	return c
}

// start is where the chunk's first pixel of a view stands, at a channel offset.
func (c chunk) start(view *pixels, offset i32) i32 {
	return c.r.i32(&view.at).add(c.first.mul(c.r.i32(&view.pixel))).add(offset)
}

// each runs body for every pixel of the chunk; pointers move by their view's pixel.
func (c chunk) each(body func(), pointers map[*pixels]i32Var) {
	left := c.varI32(c.pixels)
	c.repeat(func() {
		body()
		for _, view := range [...]*pixels{&inSums.x, &inSums.out, &inSums.d} {
			if p, ok := pointers[view]; ok {
				p.set(p.add(c.r.i32(&view.pixel)))
			}
		}
		left.inc(-1)
	}, left.get())
}

// partial is row 0 or 1 of the chunk's sums, at a channel offset.
func (c chunk) partial(row int, offset i32) i32 {
	return c.r.i32(&inSums.partial).add(c.tile.mulN(2).addN(row).mul(c.r.i32(&inSums.c)).shl(2)).add(offset)
}

func (c chunk) strips(m *module, body func(offset i32, ls []lane)) {
	m.strips(c.function, num(0), c.r.i32(&inSums.c), body)
}

var kernelNormStats = newKernel(emitNormStats)

// emitNormStats leaves a chunk's mean and M2 = sum (x-mean)^2. The mean is summed
// about the first pixel: values far from zero lose no digits.
func emitNormStats(m *module) function {
	c := m.chunk()
	n := c.newVec(c.pixels.number().splat())
	c.strips(m, func(offset i32, ls []lane) {
		f := c.function
		x := f.varI32(c.start(&inSums.x, offset))
		origin, sum, dev := f.vars(ls), f.vars(ls), f.varVec(nil)
		f.setAll(origin, func(i int) vec { return ls[i].load(x.get()) })
		f.setAll(sum, func(int) vec { return vconst(0) })
		pointers := map[*pixels]i32Var{&inSums.x: x}
		c.each(func() {
			f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(x.get()).sub(origin[i].get())) })
		}, pointers)
		// From here on origin is the chunk's mean.
		f.setAll(origin, func(i int) vec { return origin[i].add(sum[i].div(n)) })
		f.setAll(sum, func(int) vec { return vconst(0) })
		x.set(c.start(&inSums.x, offset))
		c.each(func() {
			for i := range ls {
				dev.set(ls[i].load(x.get()).sub(origin[i].get()))
				sum[i].set(m.madd(dev.get(), dev.get(), sum[i].get()))
			}
		}, pointers)
		for i, l := range ls {
			l.store(f, c.partial(0, offset), origin[i].get())
			l.store(f, c.partial(1, offset), sum[i].get())
		}
	})
	return c.function
}

// combineChannels of a tile of the jobs that join chunks.
const combineChannels = 64

// eachChunk runs body for all chunks with p at row 0 of its sums and n its pixels.
func (m *module) eachChunk(f function, r *record, offset i32, body func(p, n i32)) {
	p, n := f.varI32(r.i32(&inSums.partial).add(offset)), f.varI32(nil)
	left := f.varI32(r.i32(&inSums.pixels))
	f.while(left.gt(num(0)), func() {
		n.set(minimum(left.get(), r.i32(&inSums.chunk)))
		body(p.get(), n.get())
		p.set(p.add(r.i32(&inSums.c).shl(3)))
		left.set(left.sub(n.get()))
	})
}

// combine is a tile function over combineChannels channels.
func (m *module) combine(f function, tile, channels i32, body func(offset i32, l lane)) function {
	first := f.newI32(tile.mulN(combineChannels))
	last := f.newI32(minimum(first.addN(combineChannels), channels))
	m.strips(f, first, last, func(offset i32, ls []lane) {
		for _, l := range ls {
			body(offset, l)
		}
	})
	return f
}

var kernelNormCombine = newKernel(emitNormCombine)

// emitNormCombine joins the chunks' statistics into Mean, InvStd and the running ones.
func emitNormCombine(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inSums), unsafe.Sizeof(inSums))
	return m.combine(f, tile, r.i32(&inSums.c), func(offset i32, l lane) {
		row := r.i32(&inSums.c).shl(2)
		n := r.i32(&inSums.pixels).wide()
		mean, m2, dev := f.newPair(), f.newPair(), f.newPair()
		mean.set(wideConst(0))
		m.eachChunk(f, r, offset, func(p, pixels i32) {
			mean.set(mean.add(wide(l.load(p)).mul(pixels.wide())))
		})
		mean.set(mean.div(n))
		m2.set(wideConst(0))
		m.eachChunk(f, r, offset, func(p, pixels i32) {
			dev.set(wide(l.load(p)).sub(mean.pair))
			m2.set(m2.add(wide(l.load(p.add(row)))).add(dev.mul(dev.pair).mul(pixels.wide())))
		})
		m2.set(m2.div(n)) // now the variance
		l.store(f, r.i32(&inSums.mean).add(offset), mean.narrow())
		std := m2.add(r.wideF32(&inSums.eps)).sqrt()
		l.store(f, r.i32(&inSums.invStd).add(offset), wideConst(1).div(std).narrow())
		f.when(r.i32(&inSums.runMean), func() {
			for _, run := range []struct {
				field *int
				now   pair
			}{{&inSums.runMean, mean.pair}, {&inSums.runVar, m2.pair}} {
				p := r.i32(run.field).add(offset)
				kept := l.load(p).mul(r.splat(&inSums.momentum))
				l.store(f, p, kept.add(run.now.narrow().mul(r.splat(&inSums.rest))))
			}
		})
	})
}

var kernelNormApply = newKernel(emitNormApply)

// emitNormApply: Out = max((X-Mean)*InvStd + Beta, Floor) for a chunk.
func emitNormApply(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.r.splat(&inSums.floor))
	c.strips(m, func(offset i32, ls []lane) {
		x, out := f.varI32(c.start(&inSums.x, offset)), f.varI32(c.start(&inSums.out, offset))
		mean, inv, beta := c.perChannel(&inSums.mean, offset, ls), c.perChannel(&inSums.invStd, offset, ls), c.perChannel(&inSums.beta, offset, ls)
		c.each(func() {
			for i, l := range ls {
				l.store(f, out.get(), l.load(x.get()).sub(mean[i].get()).mul(inv[i].get()).add(beta[i].get()).atLeast(floor))
			}
		}, map[*pixels]i32Var{&inSums.x: x, &inSums.out: out})
	})
	return f
}

// perChannel loads a field's values for the lanes of a step.
func (c chunk) perChannel(field *int, offset i32, ls []lane) []vecVar {
	p, v := c.newI32(c.r.i32(field).add(offset)), c.vars(ls)
	c.setAll(v, func(i int) vec { return ls[i].load(p) })
	return v
}

// gradient sets g to DOut where the ReLU passed, and xhat.
func (c chunk) gradient(l lane, x, d i32, g, xhat vecVar, mean, inv, beta, floor vec) {
	xhat.set(l.load(x).sub(mean).mul(inv))
	g.set(l.load(d).and(xhat.add(beta).gt(floor)))
}

var kernelNormGradStats = newKernel(emitNormGradStats)

// emitNormGradStats leaves a chunk's sums of g and g*xhat.
func emitNormGradStats(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.r.splat(&inSums.floor))
	c.strips(m, func(offset i32, ls []lane) {
		x, d := f.varI32(c.start(&inSums.x, offset)), f.varI32(c.start(&inSums.d, offset))
		mean, inv, beta := c.perChannel(&inSums.mean, offset, ls), c.perChannel(&inSums.invStd, offset, ls), c.perChannel(&inSums.beta, offset, ls)
		sum, dot, g, xhat := f.vars(ls), f.vars(ls), f.varVec(nil), f.varVec(nil)
		f.setAll(sum, func(int) vec { return vconst(0) })
		f.setAll(dot, func(int) vec { return vconst(0) })
		c.each(func() {
			for i, l := range ls {
				c.gradient(l, x.get(), d.get(), g, xhat, mean[i].get(), inv[i].get(), beta[i].get(), floor)
				sum[i].set(sum[i].add(g.get()))
				dot[i].set(m.madd(g.get(), xhat.get(), dot[i].get()))
			}
		}, map[*pixels]i32Var{&inSums.x: x, &inSums.d: d})
		for i, l := range ls {
			l.store(f, c.partial(0, offset), sum[i].get())
			l.store(f, c.partial(1, offset), dot[i].get())
		}
	})
	return f
}

var kernelSumCombine = newKernel(emitSumCombine)

// emitSumCombine: Sums[c] = Scale * sum over chunks, for both rows of sums.
func emitSumCombine(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inSums), unsafe.Sizeof(inSums))
	return m.combine(f, tile, r.i32(&inSums.c), func(offset i32, l lane) {
		row := r.i32(&inSums.c).shl(2)
		sum, dot := f.newPair(), f.newPair()
		sum.set(wideConst(0))
		dot.set(wideConst(0))
		m.eachChunk(f, r, offset, func(p, _ i32) {
			sum.set(sum.add(wide(l.load(p))))
			dot.set(dot.add(wide(l.load(p.add(row)))))
		})
		scale := r.wideF32(&inSums.scale)
		l.store(f, r.i32(&inSums.sums).add(offset), sum.mul(scale).narrow())
		l.store(f, r.i32(&inSums.sums).add(row).add(offset), dot.mul(scale).narrow())
	})
}

var kernelNormGradApply = newKernel(emitNormGradApply)

// emitNormGradApply: DX = InvStd * (g - mean(g) - xhat*mean(g*xhat)) for a chunk.
func emitNormGradApply(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.r.splat(&inSums.floor))
	scale := f.newVec(c.r.splat(&inSums.scale)) // 1/pixels
	row := f.newI32(c.r.i32(&inSums.c).shl(2))
	c.strips(m, func(offset i32, ls []lane) {
		x, d, dx := f.varI32(c.start(&inSums.x, offset)), f.varI32(c.start(&inSums.d, offset)), f.varI32(c.start(&inSums.out, offset))
		mean, inv, beta := c.perChannel(&inSums.mean, offset, ls), c.perChannel(&inSums.invStd, offset, ls), c.perChannel(&inSums.beta, offset, ls)
		meanG, meanGX := c.perChannel(&inSums.sums, offset, ls), c.perChannel(&inSums.sums, offset.add(row), ls)
		f.setAll(meanG, func(i int) vec { return meanG[i].mul(scale) })
		f.setAll(meanGX, func(i int) vec { return meanGX[i].mul(scale) })
		g, xhat := f.varVec(nil), f.varVec(nil)
		c.each(func() {
			for i, l := range ls {
				c.gradient(l, x.get(), d.get(), g, xhat, mean[i].get(), inv[i].get(), beta[i].get(), floor)
				l.store(f, dx.get(), inv[i].mul(g.sub(meanG[i].get()).sub(xhat.mul(meanGX[i].get()))))
			}
		}, map[*pixels]i32Var{&inSums.x: x, &inSums.d: d, &inSums.out: dx})
	})
	return f
}

var kernelReLUBias = newKernel(emitReLUBias)

// emitReLUBias: D = Out > 0 ? D : 0 (where there is an Out), and the chunk's sums of D.
func emitReLUBias(m *module) function {
	c := m.chunk()
	f := c.function
	c.strips(m, func(offset i32, ls []lane) {
		out, d := f.varI32(c.start(&inSums.x, offset)), f.varI32(c.start(&inSums.d, offset))
		sum, g := f.vars(ls), f.varVec(nil)
		f.setAll(sum, func(int) vec { return vconst(0) })
		f.choose(c.r.i32(&inSums.x.at), func() {
			c.each(func() {
				for i, l := range ls {
					g.set(l.load(d.get()).and(l.load(out.get()).gt(vconst(0))))
					l.store(f, d.get(), g.get())
					sum[i].set(sum[i].add(g.get()))
				}
			}, map[*pixels]i32Var{&inSums.x: out, &inSums.d: d})
		}, func() {
			c.each(func() {
				f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(d.get())) })
			}, map[*pixels]i32Var{&inSums.d: d})
		})
		for i, l := range ls {
			l.store(f, c.partial(0, offset), sum[i].get())
			l.store(f, c.partial(1, offset), vconst(0))
		}
	})
	return f
}
