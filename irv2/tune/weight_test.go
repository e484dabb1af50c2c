package tune

import (
	"math"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// unbalanced is a data set of three classes: 6, 3 and 2 images to train on, 2, 2 and 1 to
// validate with.
type unbalanced struct{}

var unbalancedLabels = [2][]int{{0, 0, 0, 1, 0, 2, 1, 0, 1, 0, 2}, {0, 1, 0, 2, 1}}

func (unbalanced) Len(s Split) int          { return len(unbalancedLabels[s]) }
func (unbalanced) Label(s Split, i int) int { return unbalancedLabels[s][i] }
func (unbalanced) Augmented() bool          { return false }
func (d unbalanced) Image(dst []float32, s Split, i, epoch int) {
	irv2.FillUniform(dst, uint64(i+1000*int(s)), "noise")
	for p := range dst {
		if p%3 == d.Label(s, i) {
			dst[p] = 0.5 + 0.5*dst[p]
		}
	}
}

func headed(t *testing.T, classes int) (*freeze.Plan, *irv2.Weights) {
	c := irv2.Mini(classes)
	c.Size, c.Dense = 32, 0
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := freeze.New(m, freeze.Spec{Preset: "head-only"})
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	return plan, w
}

// What Keras 3.15.1 shows of each epoch, fitting the same head to the same features in the
// same order with class_weight and label_smoothing: loss, accuracy, val_loss, val_accuracy;
// and the head's bias afterwards. Weights that are not whole are balanced as
// sklearn's compute_class_weight has it.
var fitted = []struct {
	Options
	epochs [3][4]float64
	bias   [3]float64
}{
	{Options{Optimizer: "sgd", LabelSmoothing: 0.2}, [3][4]float64{{1.083108, 0.4545455, 1.204789, 0.4}, {1.298214, 0.5454546, 1.322121, 0.4}, {1.029927, 0.4545455, 1.075685, 0.4}}, [3]float64{-0.05573009, -0.07902565, -0.09846783}},
	{Options{Optimizer: "sgd", ClassWeights: []float64{11. / 18, 11. / 9, 11. / 6}}, [3][4]float64{{1.191961, 0.2727273, 1.096534, 0.4}, {1.544359, 0.3636364, 1.454003, 0.2}, {1.022829, 0.2727273, 1.091761, 0.4}}, [3]float64{-0.05570615, -0.07885814, -0.09865928}},
	{Options{Optimizer: "sgd", ClassWeights: []float64{1, 1, 3}, LabelSmoothing: 0.1}, [3][4]float64{{1.564261, 0.4545455, 1.427316, 0.2}, {2.008454, 0.1818182, 2.07566, 0.4}, {1.670151, 0.6363636, 1.006974, 0.6}}, [3]float64{-0.05530304, -0.07956737, -0.09835315}},
	{Options{Optimizer: "adam", ClassWeights: []float64{11. / 18, 11. / 9, 11. / 6}, LabelSmoothing: 0.1}, [3][4]float64{{1.196566, 0.2727273, 1.0241, 0.4}, {1.154636, 0.2727273, 1.09691, 0.4}, {1.066508, 0.4545455, 1.115655, 0.2}}, [3]float64{-0.05389132, -0.08031088, -0.09657814}},
}

// Class weights and label smoothing are Keras's, in what is learned and in what is shown.
func TestFitsAsKeras(t *testing.T) {
	const tolerance = 2e-5 // 12 steps in float32, summed in another order
	for _, c := range fitted {
		o := c.Options
		o.Epochs, o.Batch, o.Seed, o.Rate, o.Momentum = 3, 4, 7, 1e-3, 0.9
		plan, w := headed(t, 3)
		l, err := NewLayout(plan, o, [2]int{11, 5}, false, host(0))
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(l, w, unbalanced{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range run(t, s) {
			if e.Epoch == nil {
				continue
			}
			got := [4]float64{e.Epoch.Loss, e.Epoch.Accuracy, e.Epoch.Validation.Loss, e.Epoch.Validation.Accuracy}
			for i, want := range c.epochs[e.Epoch.Epoch-1] {
				if math.Abs(got[i]-want) > tolerance*(1+want) {
					t.Errorf("%+v, epoch %d: %.7g, Keras %.7g", o, e.Epoch.Epoch, got, c.epochs[e.Epoch.Epoch-1])
					break
				}
			}
		}
		if err := s.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, got := range w.Data[len(w.Data)-1] {
			if math.Abs(float64(got)-c.bias[i]) > tolerance {
				t.Errorf("%+v: bias %v, Keras %v", o, w.Data[len(w.Data)-1], c.bias)
				break
			}
		}
		s.Close()
	}
	plan, _ := headed(t, 3)
	for _, wrong := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := NewLayout(plan, Options{ClassWeights: []float64{1, wrong, 1}}, [2]int{11, 5}, false, host(0)); err == nil {
			t.Errorf("a class weight of %g", wrong)
		}
	}
}

// As sklearn's balanced_accuracy_score: of classes without images nothing is said.
func TestBalancedAccuracy(t *testing.T) {
	e := Evaluation{Confusion: [][]int{{3, 1, 0, 0}, {0, 1, 0, 0}, {1, 0, 1, 0}, {0, 0, 0, 0}}}
	if got := e.BalancedAccuracy(); got != 0.75 {
		t.Errorf("%g, want 0.75", got)
	}
	if got := (&Evaluation{Confusion: [][]int{{0}}}).BalancedAccuracy(); !math.IsNaN(got) {
		t.Errorf("%g without images", got)
	}
}
