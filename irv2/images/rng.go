package images

import (
	"math/bits"

	"thaw/kernels/splitmix"
)

// rng is a stream of splitmix64: small, the same everywhere, and any numbers make a
// stream of their own.
type rng struct{ seed, drawn uint64 }

// The first key of a stream: one seed serves all three without their sharing draws.
const (
	shuffling uint64 = iota + 1
	augmenting
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

// below is in [0, n), its bias under n/2^64.
func (r *rng) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n))
	return int(high)
}

// permutation of 0 .. n-1 (Fisher-Yates).
func (r *rng) permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.below(i + 1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
