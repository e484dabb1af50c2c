package worlds

// random is Steele, Lea and Flood's SplitMix64 ("Fast splittable pseudorandom number
// generators", OOPSLA 2014): one addition and one mix per number.
type random struct{ state uint64 }

// newRandom starts a stream that belongs to one picture. Each part is mixed before the
// next is added, so that neighbouring classes and indices share nothing.
func newRandom(world string, class, index uint64) *random {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(world) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = mix(h)
	h = mix(h + class)
	h = mix(h + index)
	return &random{h}
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// unit is uniform in [0, 1), with 24 bits.
func (r *random) unit() float32 { return float32(float32(r.next()>>40) / (1 << 24)) }

// between is uniform in [lo, hi).
func (r *random) between(lo, hi float32) float32 { return lo + float32((hi-lo)*r.unit()) }

// count is uniform in lo, ..., hi.
func (r *random) count(lo, hi int) int { return lo + int(r.next()>>33)%(hi-lo+1) }

// chance is true with probability p.
func (r *random) chance(p float32) bool { return r.unit() < p }

// sign is -1 or 1.
func (r *random) sign() float32 { return float32(1 - 2*int(r.next()>>63)) }

// normal is nearly Gaussian with mean 0 and variance 1: the sum of four uniform 16-bit
// numbers, which needs no logarithm and no table. It never exceeds 3.5.
func (r *random) normal() float32 {
	z := r.next()
	sum := int64(z&0xffff) + int64(z>>16&0xffff) + int64(z>>32&0xffff) + int64(z>>48)
	const deviation = 37837.2 // sqrt(4 * (2^32 - 1) / 12)
	return float32(sum-2*0xffff) / deviation
}
