package simd

import (
	"math"
	"unsafe"

	"thaw/kernels"
)

// dropoutJob is the record of Dropout, a job over chunks of pixels.
type dropoutJob struct {
	sumsJob // first: chunk looks for it there
	seed    uint64
	rate    float32
	factor  float32 // 1/(1-rate)
}

var inDropout dropoutJob

var kernelDropout = newKernel(emitDropout)

// emitDropout: Out = Uniform(seed, i) >= rate ? X*factor : 0 for a chunk, where i
// counts elements of the whole view. The stream is that of kernels.Uniform; its
// counter, already times its increment, goes from element to element by one addition.
func emitDropout(m *module) function {
	c := m.chunk()
	f, channels, r := c.function, c.r.i32(&inSums.c), recordAt(c.r.arg, unsafe.Pointer(&inDropout), unsafe.Sizeof(inDropout))
	increment := i64const(0x9E3779B97F4A7C15)
	before := c.first.mul(channels).extend() // elements before the chunk
	counter := f.varI64(r.i64(&inDropout.seed).add(before.mul(increment)))
	x, out := f.varI32(c.start(&inSums.x, num(0))), f.varI32(c.start(&inSums.out, num(0)))
	offset, z := f.varI32(nil), f.varI64(nil)
	c.each(func() {
		offset.set(num(0))
		f.upTo(offset, channels.shl(2), 4, func() {
			counter.set(counter.add(increment))
			z.set(counter.xor(counter.shr(30)).mul(i64const(0xBF58476D1CE4E5B9)))
			z.set(z.xor(z.shr(27)).mul(i64const(0x94D049BB133111EB)))
			uniform := z.xor(z.shr(31)).shr(40).toF32().mul(f32const(float32(math.Ldexp(1, -24))))
			kept := x.add(offset.get()).f32(0).mul(r.f32(&inDropout.factor))
			f.storeF32(out.add(offset.get()), 0, ternaryF32(uniform.ge(r.f32(&inDropout.rate)), kept, f32const(0)))
		})
	}, map[*pixels]i32Var{&inSums.x: x, &inSums.out: out})
	return f
}

// Dropout implements kernels.Backend.
func (b *Backend) Dropout(a *kernels.DropoutArgs) {
	j := dropoutJob{seed: a.Seed, rate: a.Rate, factor: 1 / (1 - a.Rate)}
	chunks := j.over(a.X)
	j.x, j.out = pixelsOf(a.X), pixelsOf(a.Out)
	*(*dropoutJob)(b.record()) = j
	b.run(kernelDropout, chunks, at(a.X.Data) != at(a.Out.Data))
}
