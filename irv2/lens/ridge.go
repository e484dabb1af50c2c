package lens

import "math"

// penalties of a ridge regression, in units of the features' mean square length.
var penalties = []float64{1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100}

// ridge fits a linear classifier on the features of training images by least squares on
// one-hot labels, with an intercept and the penalty whose errors on training images that
// are left out, one at a time, are least. It returns the scores [test.n][classes] of other
// images, those [train.n][classes] of each training image by all others, and the penalty.
// The others keep the intercept of all: one that is fitted anew leans against the class of
// the image that is left out, and where features say nothing no answer would be right.
//
// It works on inner products: blocks have more channels than there are images, or so few
// that nothing takes long. Features keep their sizes among each other: evened out by few
// images, those that hardly vary would be mostly noise.
func ridge(train, test *features, labels []int, classes int) (scores, left []float64, penalty float64) {
	n := train.n
	x := centred(train, train, test)
	y, mean := oneHot(labels, classes)
	gram, size := make([]float64, n*n), 0.0
	for i := range n {
		for j := range i + 1 {
			v := dot(x[0][i*train.channels:][:train.channels], x[0][j*train.channels:][:train.channels])
			gram[i*n+j] = v
		}
		size += gram[i*n+i] / float64(n)
	}
	var dual, diagonal []float64
	least := math.Inf(1)
	for _, p := range penalties {
		if a, d, e := leaveOneOut(gram, y, n, p*(size+math.SmallestNonzeroFloat32)); dual == nil || e < least { // nil: no numbers at all
			dual, diagonal, penalty, least = a, d, p, e
		}
	}
	left = make([]float64, n*classes)
	for i := range left {
		image, class := i/classes, i%classes
		at := class*n + image
		left[i] = mean[class] + y[at] - dual[at]/diagonal[image]
	}
	scores = make([]float64, test.n*classes)
	for i := range test.n {
		row := scores[i*classes:][:classes]
		copy(row, mean)
		for j := range n {
			k := dot(x[1][i*train.channels:][:train.channels], x[0][j*train.channels:][:train.channels])
			for c := range row {
				row[c] += k * dual[c*n+j]
			}
		}
	}
	return scores, left, penalty
}

// oneHot is labels as columns [classes][n] of zeros and ones less their mean, and the means.
func oneHot(labels []int, classes int) (y, mean []float64) {
	n := len(labels)
	y, mean = make([]float64, classes*n), make([]float64, classes)
	for i, label := range labels {
		y[label*n+i] = 1
		mean[label] += 1 / float64(n)
	}
	for i := range y {
		y[i] -= mean[i/n]
	}
	return y, mean
}

// leaveOneOut solves (gram + penalty) dual = y for each column of y and sums the squares of
// the errors that each image would have were it left out. With G the inverse, that error is
// penalty*dual[i] / (penalty*G[i,i] - 1/n), exactly, the intercept fitted anew too, and
// dual[i] / G[i,i] with the intercept of all. diagonal is G's. gram is [n, n], its lower half,
// of centred features.
func leaveOneOut(gram, y []float64, n int, penalty float64) (dual, diagonal []float64, squares float64) {
	l := cholesky(gram, n, penalty)
	inverse := make([]float64, n*n) // of l, transposed: row i is column i
	diagonal = make([]float64, n)   // of the inverse of l*lT
	for i := range n {
		column := inverse[i*n:][:n]
		column[i] = 1 / l[i*n+i]
		for k := i + 1; k < n; k++ {
			column[k] = -dot(l[k*n+i:][:k-i], column[i:k]) / l[k*n+k]
		}
		diagonal[i] = dot(column, column)
	}
	dual = make([]float64, len(y))
	half := make([]float64, n)
	for at := 0; at < len(y); at += n {
		clear(half)
		for i := range n { // half = inverse(l) y
			v, column := y[at+i], inverse[i*n:][:n]
			for k := i; k < n; k++ {
				half[k] += column[k] * v
			}
		}
		for i := range n {
			dual[at+i] = dot(inverse[i*n+i:][:n-i], half[i:])
			e := penalty * dual[at+i] / (penalty*diagonal[i] - 1/float64(n))
			squares += e * e
		}
	}
	return dual, diagonal, squares
}

// cholesky is the lower l with l*lT = a + penalty on the diagonal; a is [n, n], its lower half.
func cholesky(a []float64, n int, penalty float64) []float64 {
	l := make([]float64, n*n)
	for i := range n {
		for j := range i {
			l[i*n+j] = (a[i*n+j] - dot(l[i*n:][:j], l[j*n:][:j])) / l[j*n+j]
		}
		l[i*n+i] = math.Sqrt(a[i*n+i] + penalty - dot(l[i*n:][:i], l[i*n:][:i]))
	}
	return l
}
