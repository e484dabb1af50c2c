package kernels

var registerSink [maxLanes]float32

// RegisterFMA does rounds of multiply-adds on registers and returns their number
// of floating-point operations.
func RegisterFMA(rounds int) float64 {
	registerFMA(rounds, []float32{.1, .2, .3, .4, .5, .6, .7, .8})
	return float64(rounds) * 8 * 2 * float64(lanes())
}
