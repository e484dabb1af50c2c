package lens

import (
	"math"

	"thaw/irv2"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Representation is how a network sees some images: for each block of the backbone the
// inner products of their centred features (a Gram matrix).
type Representation struct {
	images int
	grams  [][]float32 // [block][images*images]
}

// maxRepresented images are enough for an interval, and few enough to keep of every run.
const maxRepresented = 200

// Represent looks at the held-back images, or as many of them as it takes, evenly spread.
// poll is called as in tune.Session.Run.
func Represent(w *irv2.Weights, data tune.Data, machine program.Machine, poll func() error) (*Representation, error) {
	chosen := Spread(data.Len(tune.Validation), maxRepresented)
	r := &Representation{images: len(chosen)}
	if len(chosen) < leastImages {
		return r, nil
	}
	blocks, err := pool(w, data, tune.Validation, chosen, machine, poll, func(int) {})
	if err != nil {
		return nil, err
	}
	for _, f := range blocks {
		if err := poll(); err != nil {
			return nil, err
		}
		r.grams = append(r.grams, gramOf(f))
	}
	return r, nil
}

func gramOf(f *features) []float32 {
	x := centred(f, f)[0]
	gram := make([]float32, f.n*f.n)
	for i := range f.n {
		for j := range i + 1 {
			v := float32(dot(x[i*f.channels:][:f.channels], x[j*f.channels:][:f.channels]))
			gram[i*f.n+j], gram[j*f.n+i] = v, v
		}
	}
	return gram
}

// Comparable says that b is of as many images and blocks.
func (r *Representation) Comparable(b *Representation) bool {
	return r.images == b.images && len(r.grams) == len(b.grams)
}

// Alike compares two networks' representations of the same images: the linear CKA of each
// block (Kornblith et al., arXiv 1905.00414), 1 where features are the same up to rotation
// and scale, 0 where they have nothing in common. It is the unbiased form (Nguyen et al.,
// arXiv 2010.15327): the plain one comes out high for unrelated features where images are
// fewer than channels. Intervals are by the jackknife over groups of images. Features that
// are the same for all images: NaN. Fewer than leastImages images: nothing.
func Alike(a, b *Representation) []Interval {
	blocks := make([]Interval, len(a.grams))
	for i := range blocks {
		blocks[i] = jackknife(a.images, func(kept []int) float64 { return cka(a.grams[i], b.grams[i], a.images, kept) })
	}
	return blocks
}

// leastImages of an Alike: with one group left out there must be four.
const leastImages = 8

// cka over the kept images.
func cka(a, b []float32, n int, kept []int) float64 {
	k, l := centre(a, n, kept), centre(b, n, kept)
	return dot(k, l) / math.Sqrt(dot(k, k)*dot(l, l))
}

// centre is the kept part of a Gram matrix with its diagonal 0 and its rows and columns
// centred without bias (U-centring, Székely and Rizzo, arXiv 1310.2926).
func centre(gram []float32, n int, kept []int) []float64 {
	m := len(kept)
	out, rows, total := make([]float64, m*m), make([]float64, m), 0.0
	for i, from := range kept {
		for j, to := range kept {
			if i != j {
				v := float64(gram[from*n+to])
				out[i*m+j] = v
				rows[i] += v
				total += v
			}
		}
	}
	for i := range m {
		for j := range m {
			if i != j {
				out[i*m+j] += total/float64((m-1)*(m-2)) - (rows[i]+rows[j])/float64(m-2)
			}
		}
	}
	return out
}

// jackknife gives estimate over n images with an interval from leaving out each of up to
// ten groups, of every tenth image, in turn.
func jackknife(n int, estimate func(kept []int) float64) Interval {
	groups := min(n, len(studentT))
	without := func(group int) (kept []int) {
		for i := range n {
			if i%groups != group {
				kept = append(kept, i)
			}
		}
		return kept
	}
	value := estimate(without(-1))
	left, mean := make([]float64, groups), 0.0
	for g := range left {
		left[g] = estimate(without(g))
		mean += left[g] / float64(groups)
	}
	square := 0.0
	for _, v := range left {
		square += (v - mean) * (v - mean)
	}
	half := studentT[groups-1] * math.Sqrt(square*float64(groups-1)/float64(groups))
	return Interval{value, max(value-half, -1), min(value+half, 1)}
}

// studentT are the 97.5 % points of Student's t with 0, 1, ... 9 degrees of freedom.
var studentT = [...]float64{math.Inf(1), 12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622}
