package kernels

// ReLUBiasBackward implements Backend.
func (p *Portable) ReLUBiasBackward(a *ReLUBiasBackwardArgs) {
	a.D.check("ReLUBiasBackward")
	if a.Out.Data != nil {
		a.D.same("ReLUBiasBackward", a.Out)
	}
	p.parallel(a.D.C, func(_, c int) {
		var sum float64
		for i := range a.D.Pixels() {
			d := &a.D.Data[i*a.D.Stride+c]
			if a.Out.Data != nil && !(a.Out.Data[i*a.Out.Stride+c] > 0) {
				*d = 0
			}
			sum += float64(*d)
		}
		if a.DBias != nil {
			a.DBias[c] = a.Alpha * float32(sum)
		}
	})
}
