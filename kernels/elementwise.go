package kernels

import "thaw/kernels/internal/vec"

// ReLUBiasBackward implements Backend.
func (p *Portable) ReLUBiasBackward(a *ReLUBiasBackwardArgs) {
	a.D.check("ReLUBiasBackward")
	if a.Out.Data != nil {
		a.D.same("ReLUBiasBackward", a.Out)
	}
	pixels := a.D.Pixels()
	p.channels(a.D.C, pixels*a.D.C, func(c0, c1 int) {
		var out []float32
		if a.Out.Data != nil {
			out = a.Out.Data[c0:]
		}
		var sums [channelUnit]float64
		vec.ChannelGate(sums[:c1-c0], a.D.Data[c0:], a.D.Stride, out, a.Out.Stride, pixels)
		if a.DBias != nil {
			for i, sum := range sums[:c1-c0] {
				a.DBias[c0+i] = a.Alpha * float32(sum)
			}
		}
	})
}
