package kernels

import "math"

// BatchNormFold implements Backend.
func (p *Portable) BatchNormFold(a *BatchNormFoldArgs) {
	for c := range a.Scale {
		a.Scale[c] = float32(1 / math.Sqrt(float64(a.Variance[c]+a.Eps)))
		a.Shift[c] = a.Beta[c] - a.Mean[c]*a.Scale[c]
	}
}

// BatchNormTrain implements Backend.
func (p *Portable) BatchNormTrain(a *BatchNormTrainArgs) {
	a.X.same("BatchNormTrain", a.Out)
	pixels := a.X.Pixels()
	p.parallel(a.X.C, func(_, c int) {
		var sum, squares float64
		for i := range pixels {
			sum += float64(a.X.Data[i*a.X.Stride+c])
		}
		mean := sum / float64(pixels)
		for i := range pixels {
			d := float64(a.X.Data[i*a.X.Stride+c]) - mean
			squares += d * d
		}
		variance := squares / float64(pixels)
		a.Mean[c] = float32(mean)
		a.InvStd[c] = float32(1 / math.Sqrt(variance+float64(a.Eps)))
		if a.RunningMean != nil {
			a.RunningMean[c] = a.RunningMean[c]*a.Momentum + float32(mean)*(1-a.Momentum)
			a.RunningVariance[c] = a.RunningVariance[c]*a.Momentum + float32(variance)*(1-a.Momentum)
		}
	})
	p.BatchNormApply(&BatchNormApplyArgs{a.X, a.Out, a.Beta, a.Mean, a.InvStd, a.ReLU})
}

// BatchNormApply implements Backend.
func (p *Portable) BatchNormApply(a *BatchNormApplyArgs) {
	a.X.same("BatchNormApply", a.Out)
	for i := range a.X.Pixels() {
		x, out := a.X.pixel(i), a.Out.pixel(i)
		for c, v := range x {
			v = (v-a.Mean[c])*a.InvStd[c] + a.Beta[c]
			if a.ReLU {
				v = max(v, 0)
			}
			out[c] = v
		}
	}
}

// BatchNormBackward implements Backend.
func (p *Portable) BatchNormBackward(a *BatchNormBackwardArgs) {
	a.X.same("BatchNormBackward", a.DOut)
	pixels := a.X.Pixels()
	p.parallel(a.X.C, func(_, c int) {
		var sum, sumX float64
		gradient := func(i int) (xhat, g float32) {
			xhat = (a.X.Data[i*a.X.Stride+c] - a.Mean[c]) * a.InvStd[c]
			if a.ReLU && !(xhat+a.Beta[c] > 0) {
				return xhat, 0
			}
			return xhat, a.DOut.Data[i*a.DOut.Stride+c]
		}
		for i := range pixels {
			xhat, g := gradient(i)
			sum += float64(g)
			sumX += float64(g) * float64(xhat)
		}
		if a.DBeta != nil {
			a.DBeta[c] = float32(sum)
		}
		if a.DX.Data == nil {
			return
		}
		mean, meanX := float32(sum/float64(pixels)), float32(sumX/float64(pixels))
		for i := range pixels {
			xhat, g := gradient(i)
			a.DX.Data[i*a.DX.Stride+c] = a.InvStd[c] * (g - mean - xhat*meanX)
		}
	})
}
