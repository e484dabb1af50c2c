package score

import "math"

// z95 is the 97.5 % point of the normal distribution: two-sided intervals of 95 %.
const z95 = 1.959963984540054

// Wilson is the 95 % score interval of a proportion (E. B. Wilson, Probable inference, the
// law of succession, and statistical inference, JASA 22, 1927). Unlike right/of ± 1.96
// standard errors it holds for few pictures and near 0 and 1. of is at least 1.
func Wilson(right, of int) [2]float64 {
	n := float64(of)
	p, z2 := float64(right)/n, z95*z95
	centre := (p + z2/(2*n)) / (1 + z2/n)
	half := z95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return [2]float64{max(centre-half, 0), min(centre+half, 1)}
}
