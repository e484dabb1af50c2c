package worlds

import (
	"math"
	"testing"
)

// The stated accuracies of the functions that stand in for package math.
func TestFloat(t *testing.T) {
	for i := range 20001 {
		x := float32(i-10000) / 1000
		for _, c := range []struct {
			name       string
			got        float32
			want, most float64
		}{
			{"sin", sin(x), math.Sin(2 * math.Pi * float64(x)), 1e-3},
			{"cos", cos(x), math.Cos(2 * math.Pi * float64(x)), 1e-3},
			{"exp2", exp2(x) / float32(math.Exp2(float64(x))), 1, 1.1e-4},
			{"log2", log2(float32(math.Exp2(float64(x)))), float64(x), 1.2e-4},
			{"floor", floor(x), math.Floor(float64(x)), 0},
			{"atan", atan(point{x, 1.3}), math.Atan2(1.3, float64(x)) / (2 * math.Pi), 8e-4},
			{"atan", atan(point{-2, x}), math.Atan2(float64(x), -2) / (2 * math.Pi), 8e-4},
		} {
			if d := math.Abs(float64(c.got) - c.want); !(d <= c.most) && !(c.name == "atan" && math.Abs(d-1) < 1e-3) {
				t.Fatalf("%s at %g is %g away from %g, want at most %g", c.name, x, d, c.want, c.most)
			}
		}
	}
}

func TestNormal(t *testing.T) {
	r := newRandom("test", 0, 0)
	const n = 1 << 18
	var sum, square float64
	for range n {
		v := float64(r.normal())
		sum += v
		square += v * v
	}
	if mean, variance := sum/n, square/n; math.Abs(mean) > 0.01 || math.Abs(variance-1) > 0.01 {
		t.Errorf("mean %g, variance %g, want 0 and 1", mean, variance)
	}
}

// Inside and outside of every shape, and slope 1 across outlines where distance is exact.
func TestShapes(t *testing.T) {
	for _, s := range shapes {
		var area float64
		for i := range 200 * 200 {
			p := point{float32(i%200)/66.6 - 1.5, float32(i/200)/66.6 - 1.5}
			d := s.shape(p)
			if d < 0 {
				area += 1 / 66.6 / 66.6
			}
			step := s.shape(point{p.x + 0.01, p.y}) - d
			if abs(step) > 0.0101 {
				t.Fatalf("%s: distance changes by %g over 0.01 at %v", s.name, step, p)
			}
			if p.length() > 1.4 && d < 0.1 {
				t.Fatalf("%s reaches %v", s.name, p)
			}
		}
		if area < 1 || area > 2.5 {
			t.Errorf("%s has area %.2f", s.name, area)
		}
	}
}
