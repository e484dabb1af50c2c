package kernels

// Uniform is number i of the stream named seed, in [0, 1) with 24 bits: output i
// of splitmix64 (Steele, Lea, Flood 2014) started at seed, its top 24 bits times
// 2^-24. A counter is the only state, so any backend draws any element alone:
//
//	z = seed + (i+1)*0x9E3779B97F4A7C15          (mod 2^64, as all that follows)
//	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
//	z = (z ^ z>>27) * 0x94D049BB133111EB
//	z =  z ^ z>>31
//	Uniform = float32(z>>40) * 2^-24             (exact)
func Uniform(seed, i uint64) float32 {
	z := seed + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float32(z>>40) * (1.0 / (1 << 24))
}

// DropoutKeep says whether element i survives dropout: Uniform(seed, i) >= rate.
func DropoutKeep(seed, i uint64, rate float32) bool { return Uniform(seed, i) >= rate }

// Dropout implements Backend: kept elements are multiplied by float32(1/(1-Rate)),
// computed in float32.
func (p *Portable) Dropout(a *DropoutArgs) {
	a.X.same("Dropout", a.Out)
	scale := 1 / (1 - a.Rate)
	for i := range a.X.Pixels() {
		x, out := a.X.pixel(i), a.Out.pixel(i)
		for c, v := range x {
			if DropoutKeep(a.Seed, uint64(i*a.X.C+c), a.Rate) {
				out[c] = v * scale
			} else {
				out[c] = 0
			}
		}
	}
}
