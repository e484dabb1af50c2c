package images

import "math/bits"

// rng is splitmix64 (doi 10.1145/2714064.2660195): small, the same everywhere, and
// any numbers make a stream of their own.
type rng uint64

// The first key of a stream: one seed serves all three without their sharing draws.
const (
	shuffling uint64 = iota + 1
	augmenting
	splitting
)

func newRNG(keys ...uint64) *rng {
	r := rng(0)
	for _, k := range keys {
		r = rng(r.next() ^ k)
	}
	return &r
}

func (r *rng) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
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
