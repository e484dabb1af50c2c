// Package lens looks into a network block by block: how far weights and statistics went,
// how alike two networks see the same images, and what a linear classifier finds in each
// block's features. What gradients do is read by a training program itself, see
// compile.Reading.
//
// Figures are per block, in the order of the model's blocks, NaN where there is none. The
// package knows no pages and no files. testdata/lens holds it to numpy and Keras.
//
// Read weights.go and statistics.go (before and after), pool.go (features),
// representation.go (two networks), probe.go with ridge.go (a network and labels), hscore.go
// and forecast.go (what freezing will cost), cam.go with occlusion.go (a network and one image).
package lens

import "math"

// Interval is an estimate with an interval that holds it with 95 % confidence.
type Interval struct{ Value, Low, High float64 }

// Wilson is a share, right of n, with Wilson's score interval. Without images all is NaN.
func Wilson(right, n int) Interval {
	const z = 1.959964
	if n == 0 {
		return none()
	}
	images := float64(n)
	share := float64(right) / images
	middle := (share + z*z/(2*images)) / (1 + z*z/images)
	half := z / (1 + z*z/images) * math.Sqrt(share*(1-share)/images+z*z/(4*images*images))
	return Interval{share, max(middle-half, 0), min(middle+half, 1)}
}

func none() Interval { return Interval{math.NaN(), math.NaN(), math.NaN()} }
