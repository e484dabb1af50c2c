// Package kernels holds every op of a training step of InceptionResNetV2.
//
// The contract of an op is written once, on its argument struct here; a Backend
// is one implementation of all of them. Portable (portable.go) is the reference:
// plain Go, or Go's simd package under GOEXPERIMENT=simd, on several cores. SIMD
// (emitted WebAssembly, threads) is held to the same contract by kerneltest.
//
// The package knows nothing of layers, plans or pages. Tensors are float32, NHWC;
// filters are HWIO as Keras stores them. Buffers, scratch included, are given by
// the caller, who asked the methods of Sizes how large they must be: a kernel
// allocates nothing, so that a compiled program knows its exact memory before it
// runs. Shape errors are bugs of the caller and panic with both shapes.
//
// Reading order: this file, conv2d.go (what convolution is), then the backends.
package kernels

import "math"

// View is a float32 tensor [N, H, W, C] seen inside a larger buffer: pixel p,
// channel c stands at Data[p*Stride+c]. A view of some channels of a wider
// tensor has Stride > C; that makes concatenation free.
type View struct {
	Data       []float32
	N, H, W, C int
	Stride     int // floats from one pixel to the next, >= C
}

// Pixels returns N*H*W.
func (v View) Pixels() int { return v.N * v.H * v.W }

// Len returns the floats that the view spans in Data: up to its last pixel's last channel.
func (v View) Len() int { return (v.Pixels()-1)*v.Stride + v.C }

// ConvShape is the geometry of a convolution, square strides, no dilation:
// input [N, H, W, CIn], filter [KH, KW, CIn, COut], output [N, OH, OW, COut].
// Output pixel (oh, ow) reads input rows oh*Stride-PadTop+kh; outside is zero.
type ConvShape struct {
	N, H, W, CIn    int
	KH, KW, COut    int
	Stride          int
	PadTop, PadLeft int
	OH, OW          int
}

// FilterLen returns KH*KW*CIn*COut.
func (s ConvShape) FilterLen() int { return s.KH * s.KW * s.CIn * s.COut }

// FLOPs returns 2 x multiply-adds of one pass (forward, input gradient or filter
// gradient), padding counted as work.
func (s ConvShape) FLOPs() int64 {
	return 2 * int64(s.N) * int64(s.OH) * int64(s.OW) * int64(s.FilterLen())
}

// Pass says which gradient (or the forward pass) a filter is packed for.
type Pass int

const (
	Forward Pass = iota
	BackwardInput
	BackwardFilter
)

// Sizes says how much memory a machine's ops need: a program places it before it runs.
type Sizes interface {
	// PackedLen is the length of a filter packed for pass (Forward or BackwardInput).
	// Neither it nor the packing may depend on N, H or W: programs of other batch
	// sizes share packed filters. 0 means that the machine packs nothing and takes
	// every filter in place: then InPlace is true for both passes.
	PackedLen(s ConvShape, pass Pass) int
	// InPlace says whether a pass (Forward or BackwardInput) over s is faster with the
	// filter where it stands than with one packed for this pass alone: over few pixels,
	// packing costs more than it gives. It may depend on N, H and W.
	InPlace(s ConvShape, pass Pass) bool
	// ScratchLen is the length of Scratch that a convolution pass needs, the filter in
	// place or not.
	ScratchLen(s ConvShape, pass Pass) int
	// SumsLen is the length of Scratch that an op needs which sums each of so many
	// channels over so many pixels: BatchNormTrain, BatchNormBackward, ReLUBiasBackward.
	SumsLen(pixels, channels int) int
	// SquaresLen is the length of Scratch that SumSquares needs for n numbers.
	SquaresLen(n int) int
}

// Backend runs ops on views of Go memory. All methods return when the work is
// done; a Backend is not safe for concurrent use (it is itself parallel).
// The same call on the same backend with the same thread count gives the same
// bits.
type Backend interface {
	// Name is "portable" or "simd"; Threads is the number of cores it uses.
	Name() string
	Threads() int

	Sizes

	PackFilter(*PackFilterArgs)
	Conv2D(*Conv2DArgs)
	Conv2DBackwardInput(*Conv2DBackwardInputArgs)
	Conv2DBackwardFilter(*Conv2DBackwardFilterArgs)

	BatchNormFold(*BatchNormFoldArgs)
	BatchNormTrain(*BatchNormTrainArgs)
	BatchNormApply(*BatchNormApplyArgs)
	BatchNormBackward(*BatchNormBackwardArgs)
	ReLUBiasBackward(*ReLUBiasBackwardArgs)

	MaxPool(*PoolArgs)
	MaxPoolBackward(*PoolBackwardArgs)
	AvgPool(*PoolArgs)
	AvgPoolBackward(*PoolBackwardArgs)
	GlobalAvgPool(*GlobalAvgPoolArgs)
	GlobalAvgPoolBackward(*GlobalAvgPoolArgs)

	Dropout(*DropoutArgs)
	SoftmaxCrossEntropy(*SoftmaxCrossEntropyArgs)

	SumSquares(*SumSquaresArgs)
	ClipByNorm(*ClipByNormArgs)
	Adam(*AdamArgs)
	SGD(*SGDArgs)
}

// PackFilterArgs: Dst = the backend's own layout, for Pass, of
//
//	Filter[kh,kw,ci,co] * Scale[co] * Alpha
//
// Scale may be nil (1). Dst has PackedLen(Shape, Pass) floats and is overwritten.
type PackFilterArgs struct {
	Shape  ConvShape
	Pass   Pass // Forward or BackwardInput
	Filter []float32
	Scale  []float32
	Alpha  float32
	Dst    []float32
}

// Conv2DArgs: with acc the convolution of In with the packed Filter,
//
//	v   = Alpha * (acc + Shift[co]) + Residual
//	Out = ReLU ? max(v, 0) : v
//
// Shift may be nil (0), Residual.Data may be nil (0). Out overwrites, and may
// alias Residual exactly (same Data, Stride) but not In. A dense layer is the
// 1x1 convolution of an [N, 1, 1, CIn] view.
//
// InPlace (only where the backend's InPlace says so): Filter is HWIO, not packed, and
// times Scale[co], which may be nil (1).
type Conv2DArgs struct {
	Shape    ConvShape
	In, Out  View
	Filter   []float32 // packed, Pass Forward
	InPlace  bool
	Scale    []float32
	Shift    []float32
	Alpha    float32
	Residual View
	ReLU     bool
	Scratch  []float32
}

// Conv2DBackwardInputArgs: DIn (+)= transposed convolution of DOut with Filter.
// Overwrites DIn, or adds to it where Accumulate.
//
// InPlace (only where the backend's InPlace says so): Filter is HWIO, not packed, and
// times Scale[co] * Alpha, where Scale may be nil (1).
type Conv2DBackwardInputArgs struct {
	Shape      ConvShape
	DOut, DIn  View
	Filter     []float32 // packed, Pass BackwardInput
	InPlace    bool
	Scale      []float32
	Alpha      float32
	Accumulate bool
	Scratch    []float32
}

// Conv2DBackwardFilterArgs, overwriting DFilter (HWIO, not packed):
//
//	DFilter[kh,kw,ci,co] = Alpha * Scale[co] * sum_{n,oh,ow} In[n, oh*Stride-PadTop+kh, ow*Stride-PadLeft+kw, ci] * DOut[n,oh,ow,co]
//
// Scale may be nil (1).
type Conv2DBackwardFilterArgs struct {
	Shape    ConvShape
	In, DOut View
	Scale    []float32
	Alpha    float32
	DFilter  []float32
	Scratch  []float32
}

// BatchNormFoldArgs turns inference-mode batch norm (no gamma) into an affine map:
//
//	Scale[c] = 1/sqrt(Variance[c]+Eps);  Shift[c] = Beta[c] - Mean[c]*Scale[c]
type BatchNormFoldArgs struct {
	Beta, Mean, Variance []float32
	Eps                  float32
	Scale, Shift         []float32
}

// BatchNormTrainArgs: batch statistics per channel over all pixels of X (biased
// variance, computed about the mean in two passes or Welford: never E[x^2]-E[x]^2),
//
//	Mean, InvStd = mean(X), 1/sqrt(var(X)+Eps)
//	Out          = (X-Mean)*InvStd + Beta, then ReLU if asked
//	RunningMean  = RunningMean*Momentum + mean*(1-Momentum), RunningVariance likewise
//
// Out may alias X exactly. RunningMean may be nil (statistics not moved).
type BatchNormTrainArgs struct {
	X, Out                       View
	Beta                         []float32
	Eps, Momentum                float32
	Mean, InvStd                 []float32 // out, kept for the backward pass
	RunningMean, RunningVariance []float32 // in/out
	ReLU                         bool
	Scratch                      []float32 // SumsLen(pixels, channels)
}

// BatchNormApplyArgs: Out = (X-Mean)*InvStd + Beta, then ReLU if asked: the
// second half of BatchNormTrain, bit for bit, to compute Out again.
type BatchNormApplyArgs struct {
	X, Out             View
	Beta, Mean, InvStd []float32
	ReLU               bool
}

// BatchNormBackwardArgs is the gradient of BatchNormTrain. With
// xhat = (X-Mean)*InvStd and g = DOut where (not ReLU or xhat+Beta > 0), else 0:
//
//	DBeta = sum(g)
//	DX    = InvStd * (g - mean(g) - xhat*mean(g*xhat))
//
// DBeta may be nil only if not wanted; DX may alias DOut exactly, and DX.Data may
// be nil (only DBeta wanted).
type BatchNormBackwardArgs struct {
	X, DOut, DX        View
	Beta, Mean, InvStd []float32
	ReLU               bool
	DBeta              []float32
	Scratch            []float32 // SumsLen(pixels, channels)
}

// ReLUBiasBackwardArgs: D = Out > 0 ? D : 0, overwriting D (skipped where Out.Data is
// nil), then DBias[c] = Alpha * sum over pixels of D (skipped where DBias is nil).
type ReLUBiasBackwardArgs struct {
	Out, D  View
	Alpha   float32
	DBias   []float32
	Scratch []float32 // SumsLen(pixels, channels)
}

// PoolArgs: K x K windows of In; K and Stride for both axes, PadTop/PadLeft zero
// rows in front that no window counts: a max ignores them, an average divides by
// the pixels inside. H, W of Out say how many windows there are.
type PoolArgs struct {
	In, Out         View
	K, Stride       int
	PadTop, PadLeft int
}

// PoolBackwardArgs: DIn (+)= gradient of the pool. In and Out are read by max
// pooling only: the gradient goes to the first maximum of a window in row-major order.
type PoolBackwardArgs struct {
	In, Out, DOut, DIn View
	K, Stride          int
	PadTop, PadLeft    int
	Accumulate         bool
}

// GlobalAvgPoolArgs: Vec [N,1,1,C] = mean of Map [N,H,W,C] over H, W. Backward:
// Map[n,h,w,c] = Vec[n,c]/(H*W), overwriting.
type GlobalAvgPoolArgs struct{ Map, Vec View }

// DropoutArgs: element i of X (row-major over [N,H,W,C], ignoring Stride) is kept
// and divided by 1-Rate where Uniform(Seed, i) >= Rate, else 0 (see DropoutKeep).
// Forward and backward are the same call with the same Seed. Out may alias X.
type DropoutArgs struct {
	X, Out View
	Rate   float32
	Seed   uint64
}

// SoftmaxCrossEntropyArgs: rows of Logits [N,1,1,C]; Probs = softmax(Logits);
// Loss[n] = -sum_c Labels[n,c]*log(Probs[n,c]) computed by log-sum-exp;
// DLogits = (Probs*sum(Labels) - Labels) / N. DLogits.Data may be nil (evaluation).
type SoftmaxCrossEntropyArgs struct {
	Logits, Labels, Probs, DLogits View
	Loss                           []float32
}

// SumSquaresArgs: Sum[0] = sum of X[i]^2, summed in float64 and rounded once.
type SumSquaresArgs struct {
	X, Sum  []float32
	Scratch []float32 // SquaresLen(len(X))
}

// ClipByNormArgs: one tensor of clipping by global norm (tf.clip_by_global_norm). With
// the squares of all tensors summed in Sums, one each, X *= Scale(). X stays as it is
// where they fit.
type ClipByNormArgs struct {
	X, Sums []float32
	Norm    float64
}

// Scale is min(1, Norm/sqrt(total)), total the sum over Sums in float64. Where that is
// no number it is 1: clipping does not spread a NaN.
func (a *ClipByNormArgs) Scale() float32 {
	total := 0.0
	for _, sum := range a.Sums {
		total += float64(sum)
	}
	if scale := float32(a.Norm / math.Sqrt(total)); scale < 1 {
		return scale
	}
	return 1
}

// AdamArgs: one Keras Adam update (github.com/keras-team/keras optimizers/adam.py), Step counted from 1:
//
//	alpha = Rate*sqrt(1-Beta2^Step)/(1-Beta1^Step)   (see Alpha)
//	M += (Grad-M)*(1-Beta1);  V += (Grad^2-V)*(1-Beta2)
//	Param = Param*Kept() - M*alpha/(sqrt(V)+Eps)
//
// Decay is AdamW's decoupled weight decay, 0: none.
type AdamArgs struct {
	Param, Grad, M, V       []float32
	Rate, Beta1, Beta2, Eps float64
	Decay                   float64
	Step                    int
}

// Alpha is the bias-corrected rate. Keras casts the betas to float32 before it takes
// their powers, in float64 runs too: 1-0.999f is 1.3e-5 off, and so are its steps.
func (a *AdamArgs) Alpha() float32 {
	power := func(beta float64) float64 { return math.Pow(float64(float32(beta)), float64(a.Step)) }
	return float32(a.Rate * math.Sqrt(1-power(a.Beta2)) / (1 - power(a.Beta1)))
}

// Kept is the share of Param that decay leaves, 1-Rate*Decay.
func (a *AdamArgs) Kept() float32 { return float32(1 - a.Rate*a.Decay) }

// SGDArgs: one Keras SGD update. Momentum 0: Param = Param*Kept() - Rate*Grad (M unused,
// may be nil). Else
//
//	M = Momentum*M - Rate*Grad
//	Param = Param*Kept() + (Nesterov ? Momentum*M - Rate*Grad : M)
//
// Decay is decoupled weight decay, 0: none.
type SGDArgs struct {
	Param, Grad, M        []float32
	Rate, Momentum, Decay float64
	Nesterov              bool
}

// Kept is the share of Param that decay leaves, 1-Rate*Decay.
func (a *SGDArgs) Kept() float32 { return float32(1 - a.Rate*a.Decay) }
