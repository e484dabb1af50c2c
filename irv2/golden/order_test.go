package golden

import (
	"math"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// An image's features are the same bits wherever it stands among others: package project
// takes them from an earlier run's cache after images were moved to other classes. GPUs need
// not: nothing is kept of theirs.
func TestFeaturesDoNotDependOnOrder(t *testing.T) {
	const batch = 5
	for _, size := range []int{37, 64} {
		c := irv2.Mini(2)
		c.Size = size
		m, err := irv2.New(c)
		if err != nil {
			t.Fatal(err)
		}
		w := irv2.NewWeights(m)
		w.Synthesize(1)
		plan := freeze.FromFlags(m, func(*irv2.Layer) bool { return false }, freeze.Keras)
		host := machine(t)
		outputs := compile.BlockOutputs(m)
		to := outputs[len(outputs)-2]
		p, err := compile.Compile(plan, compile.Options{Batch: batch, To: to}, host)
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Load(host, w)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		images, one := Images(1, batch, size), size*size*3
		var first [][]float32 // of each image
		for shift := range batch {
			for i := range batch {
				l.Write(l.Input, (i+shift)%batch*one, images[i*one:][:one])
			}
			if err := l.Do(program.Forward); err != nil {
				t.Fatal(err)
			}
			got, err := l.Value(to)
			if err != nil {
				t.Fatal(err)
			}
			n := len(got) / batch
			for i := range batch {
				features := got[(i+shift)%batch*n:][:n]
				if shift == 0 {
					first = append(first, features)
					continue
				}
				for k, v := range features {
					if math.Float32bits(v) != math.Float32bits(first[i][k]) {
						t.Fatalf("size %d: image %d at place %d: feature %d is %g, at place %d %g", size, i, (i+shift)%batch, k, v, i, first[i][k])
					}
				}
			}
		}
	}
}
