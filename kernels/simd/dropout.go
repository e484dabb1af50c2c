package simd

import "math"

// Record of Dropout, a job over chunks of pixels: the views of batchnorm.go's record and
const (
	dropoutSeed  = normScale + 4   // uint64
	dropoutRate  = dropoutSeed + 8 // float32
	dropoutScale = dropoutRate + 4 // float32: 1/(1-rate)
)

// emitDropout: Out = Uniform(seed, i) >= rate ? X*scale : 0 for a chunk, where i
// counts elements of the whole view. The stream is that of kernels.Uniform; its
// counter, already times its increment, goes from element to element by one addition.
func emitDropout(m *module) function {
	c := m.chunk()
	f, channels := c.function, c.arg.i32(normC)
	increment := i64const(0x9E3779B97F4A7C15)
	before := c.first.mul(channels).extend() // elements before the chunk
	counter := f.varI64(c.arg.i64(dropoutSeed).add(before.mul(increment)))
	x, out := f.varI32(c.start(normX, num(0))), f.varI32(c.start(normOut, num(0)))
	offset, z := f.varI32(nil), f.varI64(nil)
	c.each(func() {
		offset.set(num(0))
		f.upTo(offset, channels.shl(2), 4, func() {
			counter.set(counter.add(increment))
			z.set(counter.xor(counter.shr(30)).mul(i64const(0xBF58476D1CE4E5B9)))
			z.set(z.xor(z.shr(27)).mul(i64const(0x94D049BB133111EB)))
			uniform := z.xor(z.shr(31)).shr(40).toF32().mul(f32const(float32(math.Ldexp(1, -24))))
			kept := x.add(offset.get()).f32(0).mul(c.arg.f32(dropoutScale))
			f.storeF32(out.add(offset.get()), 0, ternaryF32(uniform.ge(c.arg.f32(dropoutRate)), kept, f32const(0)))
		})
	}, map[int]i32Var{normX: x, normOut: out})
	return f
}
