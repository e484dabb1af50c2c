package simd

import (
	"math"
	"slices"
	"testing"
)

// withNegative is a table with the rows of -x: where a row has even and odd elements, it is of such a point.
func withNegative(table [][]float32) (all [][]float32) {
	for _, row := range table {
		all = append(all, row)
		negative := slices.Clone(row)
		var both [2]bool
		for i, v := range row {
			both[i%2] = both[i%2] || v != 0
			if i%2 == 0 {
				negative[i] = -v
			}
		}
		if both[0] && both[1] {
			all = append(all, negative)
		}
	}
	return all
}

// TestMinimal proves the tables: with input pixel i and tap t alone, A' [(G g) . (B' d)]
// is 1 at output pixel i-t and 0 elsewhere.
func TestMinimal(t *testing.T) {
	for _, f := range []filtering{filtering1, filtering3, filtering7} {
		taps := len(f.g[0])
		f.b, f.g = withNegative(f.b), withNegative(f.g)
		if len(f.a)+taps-1 != len(f.b) || len(f.b) != len(f.g) || len(f.b) != f.edge() {
			t.Errorf("F(%d, %d) of %d input pixels", len(f.a), taps, len(f.b))
		}
		for i := range f.b {
			for tap := range taps {
				for o, a := range f.a {
					var sum, want float64
					for j, b := range f.b {
						sum += float64(a[j]) * float64(f.g[j][tap]) * float64(b[i])
					}
					if i-tap == o {
						want = 1
					}
					if math.Abs(sum-want) > 1e-6 {
						t.Errorf("F(%d, %d): input %d and tap %d give %g at output %d", len(f.a), taps, i, tap, sum, o)
					}
				}
			}
		}
	}
}
