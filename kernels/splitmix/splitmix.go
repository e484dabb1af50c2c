// Package splitmix is the random numbers of what must be repeatable in any order:
// dropout, generated weights, changes of images.
package splitmix

// At is output i of splitmix64 (Steele, Lea, Flood 2014, doi 10.1145/2714064.2660195)
// started at seed. A counter is the only state, so anyone draws any number alone.
func At(seed, i uint64) uint64 {
	z := seed + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
