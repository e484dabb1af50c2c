package lens

import "math"

// HScore says how far apart features hold the classes, in units of how much they vary at
// all: the trace of inv(covariance) * covariance of class means (Bao et al., An
// information-theoretic approach to transferability, 2019), the covariance shrunk towards a
// sphere as Ledoit and Wolf do, which fewer images than channels need (Ibrahim et al., Newer
// is not always better, 2021). It is 0 where classes have the same mean, classes-1 at most.
// values are [len(labels)][channels].
func HScore(values []float32, channels int, labels []int, classes int) float64 {
	n := len(labels)
	f := &features{n, channels, values}
	x := centred(f, f)[0]
	covariance, shrink := shrunk(x, n, channels)
	l := cholesky(covariance, channels, math.SmallestNonzeroFloat32)
	means, counts := make([]float64, classes*channels), make([]float64, classes)
	for i, label := range labels {
		counts[label]++
		for c, v := range x[i*channels:][:channels] {
			means[label*channels+c] += v
		}
	}
	score := 0.0
	for class, count := range counts {
		if count == 0 {
			continue
		}
		z := means[class*channels:][:channels]
		for c := range z {
			z[c] /= count
		}
		for c := range z { // z = inverse(l) mean: its square is mean*inv(covariance)*mean
			z[c] = (z[c] - dot(l[c*channels:][:c], z[:c])) / l[c*channels+c]
		}
		score += count / float64(n) * dot(z, z)
	}
	return (1 - shrink) * score
}

// shrunk is the covariance [d, d], its lower half, of n centred rows x, and how far it was
// shrunk: 0 not at all, 1 to a sphere.
func shrunk(x []float64, n, d int) (covariance []float64, shrink float64) {
	covariance = make([]float64, d*d)
	spread := 0.0 // of the rows' outer products
	for i := range n {
		row := x[i*d:][:d]
		square := dot(row, row)
		spread += square * square / float64(n)
		for a := range d {
			to, scale := covariance[a*d:][:a+1], row[a]/float64(n)
			for b := range to {
				to[b] += scale * row[b]
			}
		}
	}
	size, norm := 0.0, 0.0
	for a := range d {
		row := covariance[a*d:][:a+1]
		size += row[a] / float64(d)
		norm += 2*dot(row, row) - row[a]*row[a]
	}
	shrink = 1
	if far := norm - float64(d)*size*size; far > 0 { // from a sphere
		shrink = min(1, (spread-norm)/float64(n)/far)
	}
	for a := range d {
		for b := range a + 1 {
			covariance[a*d+b] *= 1 - shrink
		}
		covariance[a*d+a] += shrink * size
	}
	return covariance, shrink
}
