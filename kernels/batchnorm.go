package kernels

import (
	"math"

	"thaw/kernels/internal/vec"
)

// BatchNormFold implements Backend.
func (p *Portable) BatchNormFold(a *BatchNormFoldArgs) {
	for c := range a.Scale {
		a.Scale[c] = float32(1 / math.Sqrt(float64(a.Variance[c]+a.Eps)))
		a.Shift[c] = a.Beta[c] - a.Mean[c]*a.Scale[c]
	}
}

// SumsLen is 0: a channel is summed by one thread, on its stack.
func (p *Portable) SumsLen(pixels, channels int) int { return 0 }

// BatchNormTrain implements Backend: mean, then variance about it, then the map.
func (p *Portable) BatchNormTrain(a *BatchNormTrainArgs) {
	a.X.same("BatchNormTrain", a.Out)
	pixels := a.X.Pixels()
	p.channels(a.X.C, pixels*a.X.C, func(c0, c1 int) {
		var sums [channelUnit]float64
		total := sums[:c1-c0]
		vec.ChannelSums(total, a.X.Data[c0:], a.X.Stride, pixels)
		for i, sum := range total {
			a.Mean[c0+i] = float32(sum / float64(pixels))
		}
		vec.ChannelSquares(total, a.X.Data[c0:], a.X.Stride, pixels, a.Mean[c0:])
		for i, sum := range total {
			variance := sum / float64(pixels)
			a.InvStd[c0+i] = float32(1 / math.Sqrt(variance+float64(a.Eps)))
			if a.RunningMean != nil {
				move(&a.RunningMean[c0+i], a.Mean[c0+i], a.Momentum)
				move(&a.RunningVariance[c0+i], float32(variance), a.Momentum)
			}
		}
		vec.Normalize(a.Out.Data[c0:], a.Out.Stride, a.X.Data[c0:], a.X.Stride, pixels, a.Beta[c0:c1], a.Mean[c0:c1], a.InvStd[c0:c1], a.ReLU)
	})
}

// move takes running a step towards batch.
func move(running *float32, batch, momentum float32) {
	*running = *running*momentum + batch*(1-momentum)
}

// BatchNormApply implements Backend.
func (p *Portable) BatchNormApply(a *BatchNormApplyArgs) {
	a.X.same("BatchNormApply", a.Out)
	p.channels(a.X.C, a.X.Pixels()*a.X.C, func(c0, c1 int) {
		vec.Normalize(a.Out.Data[c0:], a.Out.Stride, a.X.Data[c0:], a.X.Stride, a.X.Pixels(), a.Beta[c0:c1], a.Mean[c0:c1], a.InvStd[c0:c1], a.ReLU)
	})
}

// BatchNormBackward implements Backend: the two sums, then the map.
func (p *Portable) BatchNormBackward(a *BatchNormBackwardArgs) {
	a.X.same("BatchNormBackward", a.DOut)
	if a.DX.Data != nil {
		a.X.same("BatchNormBackward", a.DX)
	}
	pixels := a.X.Pixels()
	p.channels(a.X.C, pixels*a.X.C, func(c0, c1 int) {
		var sums, sumsX [channelUnit]float64
		var meanG, meanGX [channelUnit]float32
		beta, mean, inv := a.Beta[c0:c1], a.Mean[c0:c1], a.InvStd[c0:c1]
		vec.ChannelGradientSums(sums[:c1-c0], sumsX[:c1-c0], a.X.Data[c0:], a.X.Stride, a.DOut.Data[c0:], a.DOut.Stride, pixels, beta, mean, inv, a.ReLU)
		for i := range c1 - c0 {
			meanG[i], meanGX[i] = float32(sums[i]/float64(pixels)), float32(sumsX[i]/float64(pixels))
			if a.DBeta != nil {
				a.DBeta[c0+i] = float32(sums[i])
			}
		}
		if a.DX.Data != nil {
			vec.NormGradient(a.DX.Data[c0:], a.DX.Stride, a.X.Data[c0:], a.X.Stride, a.DOut.Data[c0:], a.DOut.Stride, pixels, beta, mean, inv, meanG[:], meanGX[:], a.ReLU)
		}
	})
}
