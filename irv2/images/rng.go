package images

import "thaw/kernels/splitmix"

// rng is a stream of splitmix64: small, the same everywhere, and any numbers make a
// stream of their own.
type rng struct{ seed, drawn uint64 }

// The first key of a stream: one seed serves both without their sharing draws.
const (
	augmenting uint64 = iota + 2
	splitting
)

func newRNG(keys ...uint64) *rng {
	r := &rng{}
	for _, k := range keys {
		*r = rng{seed: r.next() ^ k}
	}
	return r
}

func (r *rng) next() uint64 {
	r.drawn++
	return splitmix.At(r.seed, r.drawn-1)
}

// uniform is in [low, high).
func (r *rng) uniform(low, high float64) float64 {
	u := float64(r.next()>>11) / (1 << 53)
	return low + float64((high-low)*u)
}
