package worlds

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

var linear = flag.String("linear", "", "measure linear classifiers on a world, or on all (minutes)")

// A world that a linear classifier reads from pixels or histograms would show nothing about
// learned features. Here the far worlds are held to the limit; with -linear all the table
// of testdata/worlds/README.md is measured. What is compared is the best accuracy
// over epochs and decays on the very pictures it is chosen on, which favors the linear
// classifier.
func TestLinearClassifiersFail(t *testing.T) {
	if testing.Short() {
		t.Skip("draws and fits thousands of pictures")
	}
	for _, w := range All() {
		each, far := 500, w == Shadow || w == Margin || w == Cells
		if w == Source {
			each = 100
		}
		if !(far && *linear == "") && *linear != w.Name && *linear != "all" {
			continue
		}
		grey := w == Shadow || w == Margin
		for _, f := range []struct {
			name     string
			features func(*Image, bool) []float32
		}{{"pixels", pixels}, {"histogram", histogram}} {
			train := features(w, Training, each, grey, f.features)
			fresh := features(w, Fresh, 250*4/len(w.Classes)+20, grey, f.features)
			standardize(train, fresh)
			best := 0.0
			for _, decay := range []float32{0.01, 0.3} {
				best = max(best, softmaxRegression(train, fresh, len(w.Classes), decay))
			}
			t.Logf("%s: %s: %.1f %% of %d fresh pictures, %d a class to learn from, chance %.1f %%",
				w.Name, f.name, 100*best, len(fresh), each, 100/float64(len(w.Classes)))
			if far && best >= 0.4 {
				t.Errorf("%s: a linear classifier on the %s reaches %.1f %%, want less than 40 %%", w.Name, f.name, 100*best)
			}
		}
	}
}

type example struct {
	x     []float32
	class int
}

func features(w *World, from uint64, each int, grey bool, f func(*Image, bool) []float32) (all []example) {
	for c := range w.Classes {
		for i := range each {
			all = append(all, example{f(w.Image(c, from+uint64(i)), grey), c})
		}
	}
	return all
}

func pixels(img *Image, grey bool) []float32 {
	step := 1
	if grey {
		step = 3
	}
	var x []float32
	for i := 0; i < len(img); i += step {
		x = append(x, float32(img[i]))
	}
	return x
}

// histogram counts 64 levels of grey, or 6 x 6 x 6 colors; roots even out the counts.
func histogram(img *Image, grey bool) []float32 {
	x := make([]float32, 216)
	if grey {
		x = x[:64]
	}
	for i := 0; i < len(img); i += 3 {
		if grey {
			x[img[i]/4]++
		} else {
			x[int(img[i])*6/256+6*(int(img[i+1])*6/256)+36*(int(img[i+2])*6/256)]++
		}
	}
	for i, n := range x {
		x[i] = float32(math.Sqrt(float64(n)))
	}
	return x
}

// standardize gives every feature mean 0 and variance 1 in train.
func standardize(train, fresh []example) {
	for j := range train[0].x {
		var sum, square float64
		for _, e := range train {
			sum += float64(e.x[j])
			square += float64(e.x[j]) * float64(e.x[j])
		}
		mean := sum / float64(len(train))
		scale := 1 / math.Sqrt(square/float64(len(train))-mean*mean+1e-6)
		for _, set := range [][]example{train, fresh} {
			for _, e := range set {
				e.x[j] = float32((float64(e.x[j]) - mean) * scale)
			}
		}
	}
}

// softmaxRegression fits logits = W x + b by Adam on batches of 32 with decoupled decay,
// and returns the best accuracy on fresh over 15 epochs.
func softmaxRegression(train, fresh []example, classes int, decay float32) (best float64) {
	const batch, epochs = 32, 15
	d := len(train[0].x)
	n := classes * (d + 1)
	w, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	rate := 0.3 / float32(d) // of the size of a step of W x
	rate = max(min(rate, 1e-2), 1e-4)
	logits := make([]float64, classes)
	predict := func(e example) (at int) {
		for c := range logits {
			row, sum := w[c*(d+1):(c+1)*(d+1)], float32(0)
			for j, x := range e.x {
				sum += x * row[j]
			}
			logits[c] = float64(sum + row[d])
			if logits[c] > logits[at] {
				at = c
			}
		}
		return at
	}
	order, r := rand.New(rand.NewPCG(1, 2)).Perm(len(train)), rand.New(rand.NewPCG(3, 4))
	step := 0
	for range epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for at := 0; at+batch <= len(order); at += batch {
			clear(g)
			for _, i := range order[at : at+batch] {
				e := train[i]
				top, sum := logits[predict(e)], 0.0
				for c := range logits {
					logits[c] = math.Exp(logits[c] - top)
					sum += logits[c]
				}
				for c := range logits {
					row, p := g[c*(d+1):(c+1)*(d+1)], float32(logits[c]/sum)
					if c == e.class {
						p--
					}
					p /= batch
					for j, x := range e.x {
						row[j] += p * x
					}
					row[d] += p
				}
			}
			step++
			corrected := rate * float32(math.Sqrt(1-math.Pow(0.999, float64(step)))/(1-math.Pow(0.9, float64(step))))
			for i := range w {
				m[i] += 0.1 * (g[i] - m[i])
				v[i] += 0.001 * (g[i]*g[i] - v[i])
				w[i] -= corrected*m[i]/(float32(math.Sqrt(float64(v[i])))+1e-8) + rate*decay*w[i]
			}
		}
		right := 0
		for _, e := range fresh {
			if predict(e) == e.class {
				right++
			}
		}
		best = max(best, float64(right)/float64(len(fresh)))
	}
	return best
}
