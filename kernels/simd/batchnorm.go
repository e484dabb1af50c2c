package simd

// Batch norm and everything else that sums over pixels works on chunks of pixels:
// a tile of the first job leaves the sums of its chunk, a second job adds the
// chunks up in float64, in order, so that neither threads nor the number of pixels
// cost accuracy. A chunk stays in the cache for its second pass: its statistics
// are taken about its own mean and joined by Chan's formula,
//
//	mean = sum n_i mean_i / n;  M2 = sum M2_i + sum n_i (mean_i - mean)^2
//
// Record of all of these jobs; each reads what it needs. A view is its address
// and the bytes from one pixel to the next.
const (
	normX = 4 * iota
	normXCol
	normOut // Out, or DX
	normOutCol
	normD // DOut, or the D of ReLUBiasBackward
	normDCol
	normPixels
	normChunk // pixels of a chunk
	normC
	normPartial // per chunk two rows of C floats
	normBeta
	normMean
	normInvStd
	normFloor    // float32: 0 for ReLU, -Inf for none
	normEps      // float32
	normMomentum // float32
	normRest     // float32: 1-momentum
	normRunMean  // 0: not moved
	normRunVariance
	normSums  // two rows of C floats: sums over all pixels
	normScale // float32: factor of sums, or 1/pixels
)

// chunk starts a tile function over the pixels of chunk `tile`.
type chunk struct {
	function
	arg, tile     i32
	first, pixels i32 // the first one, and how many
}

func (m *module) chunk() chunk {
	f, arg, tile, _ := m.tile()
	c := chunk{function: f, arg: arg, tile: tile}
	c.first = f.newI32(tile.mul(arg.i32(normChunk)))
	c.pixels = f.newI32(minimum(arg.i32(normChunk), arg.i32(normPixels).sub(c.first)))
	return c
}

// start is where the chunk's first pixel of a view stands, at a channel offset.
func (c chunk) start(view int, offset i32) i32 {
	return c.arg.i32(view).add(c.first.mul(c.arg.i32(view + normXCol - normX))).add(offset)
}

// each runs body for every pixel of the chunk; pointers move by their view's pixel.
func (c chunk) each(body func(), pointers map[int]i32Var) {
	left := c.varI32(c.pixels)
	c.repeat(func() {
		body()
		for _, view := range [...]int{normX, normOut, normD} {
			if p, ok := pointers[view]; ok {
				p.set(p.add(c.arg.i32(view + normXCol - normX)))
			}
		}
		left.inc(-1)
	}, left.get())
}

// partial is row 0 or 1 of the chunk's sums, at a channel offset.
func (c chunk) partial(row int, offset i32) i32 {
	return c.arg.i32(normPartial).add(c.tile.mulN(2).addN(row).mul(c.arg.i32(normC)).shl(2)).add(offset)
}

func (c chunk) strips(m *module, body func(offset i32, ls []lane)) {
	m.strips(c.function, num(0), c.arg.i32(normC), body)
}

// emitNormStats leaves a chunk's mean and M2 = sum (x-mean)^2. The mean is summed
// about the first pixel: values far from zero lose no digits.
func emitNormStats(m *module) function {
	c := m.chunk()
	n := c.newVec(c.pixels.number().splat())
	c.strips(m, func(offset i32, ls []lane) {
		f := c.function
		x := f.varI32(c.start(normX, offset))
		origin, sum, dev := f.vars(ls), f.vars(ls), f.varVec(nil)
		f.setAll(origin, func(i int) vec { return ls[i].load(x.get()) })
		f.setAll(sum, func(int) vec { return vconst(0) })
		pointers := map[int]i32Var{normX: x}
		c.each(func() {
			f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(x.get()).sub(origin[i].get())) })
		}, pointers)
		// From here on origin is the chunk's mean.
		f.setAll(origin, func(i int) vec { return origin[i].add(sum[i].div(n)) })
		f.setAll(sum, func(int) vec { return vconst(0) })
		x.set(c.start(normX, offset))
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
func (m *module) eachChunk(f function, arg, offset i32, body func(p, n i32)) {
	p, n := f.varI32(arg.i32(normPartial).add(offset)), f.varI32(nil)
	left := f.varI32(arg.i32(normPixels))
	f.while(left.gt(num(0)), func() {
		n.set(minimum(left.get(), arg.i32(normChunk)))
		body(p.get(), n.get())
		p.set(p.add(arg.i32(normC).shl(3)))
		left.set(left.sub(n.get()))
	})
}

// combine starts a tile function over combineChannels channels.
func (m *module) combine(limit int, body func(f function, arg, offset i32, l lane)) function {
	f, arg, tile, _ := m.tile()
	first := f.newI32(tile.mulN(combineChannels))
	last := f.newI32(minimum(first.addN(combineChannels), arg.i32(limit)))
	m.strips(f, first, last, func(offset i32, ls []lane) {
		for _, l := range ls {
			body(f, arg, offset, l)
		}
	})
	return f
}

// emitNormCombine joins the chunks' statistics into Mean, InvStd and the running ones.
func emitNormCombine(m *module) function {
	return m.combine(normC, func(f function, arg, offset i32, l lane) {
		row := arg.i32(normC).shl(2)
		n := arg.i32(normPixels).wide()
		mean, m2, dev := f.newPair(), f.newPair(), f.newPair()
		mean.set(wideConst(0))
		m.eachChunk(f, arg, offset, func(p, pixels i32) {
			mean.set(mean.add(wide(l.load(p)).mul(pixels.wide())))
		})
		mean.set(mean.div(n))
		m2.set(wideConst(0))
		m.eachChunk(f, arg, offset, func(p, pixels i32) {
			dev.set(wide(l.load(p)).sub(mean.pair))
			m2.set(m2.add(wide(l.load(p.add(row)))).add(dev.mul(dev.pair).mul(pixels.wide())))
		})
		m2.set(m2.div(n)) // now the variance
		l.store(f, arg.i32(normMean).add(offset), mean.narrow())
		std := m2.add(arg.wideF32(normEps)).sqrt()
		l.store(f, arg.i32(normInvStd).add(offset), wideConst(1).div(std).narrow())
		f.when(arg.i32(normRunMean), func() {
			for _, run := range []struct {
				field int
				now   pair
			}{{normRunMean, mean.pair}, {normRunVariance, m2.pair}} {
				p := arg.i32(run.field).add(offset)
				kept := l.load(p).mul(arg.splat(normMomentum))
				l.store(f, p, kept.add(run.now.narrow().mul(arg.splat(normRest))))
			}
		})
	})
}

// emitNormApply: Out = max((X-Mean)*InvStd + Beta, Floor) for a chunk.
func emitNormApply(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.arg.splat(normFloor))
	c.strips(m, func(offset i32, ls []lane) {
		x, out := f.varI32(c.start(normX, offset)), f.varI32(c.start(normOut, offset))
		mean, inv, beta := c.perChannel(normMean, offset, ls), c.perChannel(normInvStd, offset, ls), c.perChannel(normBeta, offset, ls)
		c.each(func() {
			for i, l := range ls {
				l.store(f, out.get(), l.load(x.get()).sub(mean[i].get()).mul(inv[i].get()).add(beta[i].get()).atLeast(floor))
			}
		}, map[int]i32Var{normX: x, normOut: out})
	})
	return f
}

// perChannel loads a field's values for the lanes of a step.
func (c chunk) perChannel(field int, offset i32, ls []lane) []vecVar {
	p, v := c.newI32(c.arg.i32(field).add(offset)), c.vars(ls)
	c.setAll(v, func(i int) vec { return ls[i].load(p) })
	return v
}

// gradient sets g to DOut where the ReLU passed, and xhat.
func (c chunk) gradient(l lane, x, d i32, g, xhat vecVar, mean, inv, beta, floor vec) {
	xhat.set(l.load(x).sub(mean).mul(inv))
	g.set(l.load(d).and(xhat.add(beta).gt(floor)))
}

// emitNormGradStats leaves a chunk's sums of g and g*xhat.
func emitNormGradStats(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.arg.splat(normFloor))
	c.strips(m, func(offset i32, ls []lane) {
		x, d := f.varI32(c.start(normX, offset)), f.varI32(c.start(normD, offset))
		mean, inv, beta := c.perChannel(normMean, offset, ls), c.perChannel(normInvStd, offset, ls), c.perChannel(normBeta, offset, ls)
		sum, dot, g, xhat := f.vars(ls), f.vars(ls), f.varVec(nil), f.varVec(nil)
		f.setAll(sum, func(int) vec { return vconst(0) })
		f.setAll(dot, func(int) vec { return vconst(0) })
		c.each(func() {
			for i, l := range ls {
				c.gradient(l, x.get(), d.get(), g, xhat, mean[i].get(), inv[i].get(), beta[i].get(), floor)
				sum[i].set(sum[i].add(g.get()))
				dot[i].set(m.madd(g.get(), xhat.get(), dot[i].get()))
			}
		}, map[int]i32Var{normX: x, normD: d})
		for i, l := range ls {
			l.store(f, c.partial(0, offset), sum[i].get())
			l.store(f, c.partial(1, offset), dot[i].get())
		}
	})
	return f
}

// emitSumCombine: Sums[c] = Scale * sum over chunks, for both rows of sums.
func emitSumCombine(m *module) function {
	return m.combine(normC, func(f function, arg, offset i32, l lane) {
		row := arg.i32(normC).shl(2)
		sum, dot := f.newPair(), f.newPair()
		sum.set(wideConst(0))
		dot.set(wideConst(0))
		m.eachChunk(f, arg, offset, func(p, _ i32) {
			sum.set(sum.add(wide(l.load(p))))
			dot.set(dot.add(wide(l.load(p.add(row)))))
		})
		scale := arg.wideF32(normScale)
		l.store(f, arg.i32(normSums).add(offset), sum.mul(scale).narrow())
		l.store(f, arg.i32(normSums).add(row).add(offset), dot.mul(scale).narrow())
	})
}

// emitNormGradApply: DX = InvStd * (g - mean(g) - xhat*mean(g*xhat)) for a chunk.
func emitNormGradApply(m *module) function {
	c := m.chunk()
	f := c.function
	floor := f.newVec(c.arg.splat(normFloor))
	scale := f.newVec(c.arg.splat(normScale)) // 1/pixels
	row := f.newI32(c.arg.i32(normC).shl(2))
	c.strips(m, func(offset i32, ls []lane) {
		x, d, dx := f.varI32(c.start(normX, offset)), f.varI32(c.start(normD, offset)), f.varI32(c.start(normOut, offset))
		mean, inv, beta := c.perChannel(normMean, offset, ls), c.perChannel(normInvStd, offset, ls), c.perChannel(normBeta, offset, ls)
		meanG, meanGX := c.perChannel(normSums, offset, ls), c.perChannel(normSums, offset.add(row), ls)
		f.setAll(meanG, func(i int) vec { return meanG[i].mul(scale) })
		f.setAll(meanGX, func(i int) vec { return meanGX[i].mul(scale) })
		g, xhat := f.varVec(nil), f.varVec(nil)
		c.each(func() {
			for i, l := range ls {
				c.gradient(l, x.get(), d.get(), g, xhat, mean[i].get(), inv[i].get(), beta[i].get(), floor)
				l.store(f, dx.get(), inv[i].mul(g.sub(meanG[i].get()).sub(xhat.mul(meanGX[i].get()))))
			}
		}, map[int]i32Var{normX: x, normD: d, normOut: dx})
	})
	return f
}

// emitReLUBias: D = Out > 0 ? D : 0 (where there is an Out), and the chunk's sums of D.
func emitReLUBias(m *module) function {
	c := m.chunk()
	f := c.function
	c.strips(m, func(offset i32, ls []lane) {
		out, d := f.varI32(c.start(normX, offset)), f.varI32(c.start(normD, offset))
		sum, g := f.vars(ls), f.varVec(nil)
		f.setAll(sum, func(int) vec { return vconst(0) })
		f.choose(c.arg.i32(normX), func() {
			c.each(func() {
				for i, l := range ls {
					g.set(l.load(d.get()).and(l.load(out.get()).gt(vconst(0))))
					l.store(f, d.get(), g.get())
					sum[i].set(sum[i].add(g.get()))
				}
			}, map[int]i32Var{normX: out, normD: d})
		}, func() {
			c.each(func() {
				f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(d.get())) })
			}, map[int]i32Var{normD: d})
		})
		for i, l := range ls {
			l.store(f, c.partial(0, offset), sum[i].get())
			l.store(f, c.partial(1, offset), vconst(0))
		}
	})
	return f
}
