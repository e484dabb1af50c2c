package main

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Scores from papers that rank pretrained networks for a task by features and labels
// alone, nothing trained. They compete with the probe: see foretell.go. All take features
// x, [images, channels]. LEEP is not among them: it asks what the source's head says, and
// a backbone has none. H-score stands in irv2/lens. testdata/lesson/metrics.py holds them to
// numpy.

// logME is the logarithm of maximum evidence (You et al., LogME, ICML 2021, algorithm 1):
// how probable labels, one class against the rest, are under a Bayesian linear model whose
// precisions are chosen to make them most probable; per image, averaged over classes.
func logME(x mat.Matrix, labels []int, classes int) float64 {
	n, d := x.Dims()
	var svd mat.SVD
	svd.Factorize(x, mat.SVDThin)
	var u mat.Dense
	svd.UTo(&u)
	squares := svd.Values(nil)
	floats.Mul(squares, squares)
	evidence := 0.0
	for class := range classes {
		y, length := mat.NewVecDense(n, nil), 0.0
		for i, label := range labels {
			if label == class {
				y.SetVec(i, 1)
				length++
			}
		}
		var along mat.VecDense
		along.MulVec(u.T(), y)
		evidence += maximumEvidence(squares, along.RawVector().Data, length, n, d) / float64(n*classes)
	}
	return evidence
}

// maximumEvidence iterates to the fixed point of both precisions. along is the target on
// the left singular vectors, length its squared norm.
func maximumEvidence(squares, along []float64, length float64, n, d int) float64 {
	alpha, beta := 1.0, 1.0
	var weight, rest float64
	for range 1000 {
		ratio := alpha / beta
		effective := 0.0
		weight, rest = 0, length
		for k, s := range squares {
			a2 := along[k] * along[k]
			effective += s / (s + ratio)
			weight += s * a2 / ((s + ratio) * (s + ratio))
			rest += a2*math.Pow(ratio/(s+ratio), 2) - a2
		}
		rest = max(rest, 0)
		alpha, beta = effective/(weight+1e-5), (float64(n)-effective)/(rest+1e-5)
		if math.Abs(alpha/beta-ratio) < 1e-8*ratio {
			break
		}
	}
	e := float64(d)/2*math.Log(alpha) + float64(n)/2*math.Log(beta/(2*math.Pi)) - beta/2*rest - alpha/2*weight
	for _, s := range squares {
		e -= math.Log(alpha+beta*s) / 2
	}
	return e - float64(d-len(squares))/2*math.Log(alpha)
}

// gbc is Gaussian Bhattacharyya coefficient (Pándy et al., CVPR 2022), negative: how little
// classes overlap as spheres in the 64 first principal components.
func gbc(x mat.Matrix, labels []int, classes int) float64 {
	c := centre(x)
	var svd mat.SVD
	svd.Factorize(c, mat.SVDThin)
	var v, z mat.Dense
	svd.VTo(&v)
	d, k := v.Dims()
	k = min(k, 64)
	z.Mul(c, v.Slice(0, d, 0, k))
	means, counts := classMeans(&z, labels, classes)
	variance := make([]float64, classes) // of each coordinate
	for i, label := range labels {
		distance := floats.Distance(z.RawRowView(i), means[label], 2)
		variance[label] += distance * distance / (counts[label] * float64(k))
	}
	overlap := 0.0
	for a := range classes {
		for b := range classes {
			if a == b {
				continue
			}
			both := (variance[a]+variance[b])/2 + 1e-12
			distance := floats.Distance(means[a], means[b], 2)
			overlap -= math.Exp(-distance*distance/(8*both) - float64(k)/2*math.Log(both/math.Sqrt(variance[a]*variance[b]+1e-24)))
		}
	}
	return overlap
}

// centre takes the mean off every column.
func centre(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	c := mat.DenseCopyOf(x)
	for k := range d {
		mean := 0.0
		for i := range n {
			mean += c.At(i, k) / float64(n)
		}
		for i := range n {
			c.Set(i, k, c.At(i, k)-mean)
		}
	}
	return c
}

func classMeans(x *mat.Dense, labels []int, classes int) (means [][]float64, counts []float64) {
	_, d := x.Dims()
	means, counts = make([][]float64, classes), make([]float64, classes)
	for class := range means {
		means[class] = make([]float64, d)
	}
	for i, label := range labels {
		floats.Add(means[label], x.RawRowView(i))
		counts[label]++
	}
	for class, mean := range means {
		floats.Scale(1/counts[class], mean)
	}
	return means, counts
}
