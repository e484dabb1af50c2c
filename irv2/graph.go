// Package irv2 describes InceptionResNetV2 as Keras builds it: the layers, their
// names, order, shapes and parameters, in one description for every size.
//
// It is free of arithmetic: packages below it compile (irv2/compile) and train
// (irv2/tune) what is described here. Data enters as a Config and leaves as a
// Model: a list of layers in the order of Keras's model.layers, with edges.
//
// Read graph.go (what a model is), network.go (the network itself), order.go
// (Keras's order), config.go (the two sizes), values.go (of the parameters).
package irv2

import "fmt"

// Class is a layer's Keras class.
type Class string

const (
	InputLayer             Class = "InputLayer"
	Conv2D                 Class = "Conv2D"
	BatchNormalization     Class = "BatchNormalization"
	Activation             Class = "Activation" // relu
	MaxPooling2D           Class = "MaxPooling2D"
	AveragePooling2D       Class = "AveragePooling2D"
	Concatenate            Class = "Concatenate"
	CustomScaleLayer       Class = "CustomScaleLayer" // Inputs[0] + Scale*Inputs[1]; a Lambda in Keras 2
	GlobalAveragePooling2D Class = "GlobalAveragePooling2D"
	Dense                  Class = "Dense"
	Dropout                Class = "Dropout"
)

// Param is one variable of a layer.
type Param struct {
	Index int    // in Model.Params
	Layer *Layer // its owner
	Kind  string // kernel, bias, beta, moving_mean, moving_variance
	Shape []int  // HWIO, [in, out] or [channels]
}

// Name is "layer/kind", e.g. "conv2d_7/kernel".
func (p *Param) Name() string { return p.Layer.Name + "/" + p.Kind }

// Len is the number of values.
func (p *Param) Len() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Statistic says that p is a moving statistic, which no gradient reaches.
func (p *Param) Statistic() bool { return p.Kind == "moving_mean" || p.Kind == "moving_variance" }

// Layer is one Keras layer; all layers of this network have one output.
type Layer struct {
	Index  int    // in Model.Layers, as in Keras's model.layers
	Name   string // Keras name after clear_session()
	Alias  string // the Keras 2 name where it differs (block35_1, ...), else ""
	Class  Class
	Block  string // the map's unit: stem, mixed_5b, block35_1, ..., conv_7b, head
	Inputs []*Layer
	Params []*Param

	H, W, C int // output [batch, H, W, C]; H = W = 1 after global pooling

	// Conv2D and pools.
	K               int // pools: window
	KH, KW          int // convolutions
	Stride          int
	Same            bool
	PadTop, PadLeft int     // derived from Same
	Scale           float32 // CustomScaleLayer
	Rate            float32 // Dropout
	ReLU            bool    // Dense: relu; else linear (softmax belongs to the loss)
	UseBias         bool
	construction    int
}

// Param returns the layer's parameter of that kind, or nil.
func (l *Layer) Param(kind string) *Param {
	for _, p := range l.Params {
		if p.Kind == kind {
			return p
		}
	}
	return nil
}

func (l *Layer) String() string {
	return fmt.Sprintf("%d %s (%s) [%d,%d,%d]", l.Index, l.Name, l.Class, l.H, l.W, l.C)
}

// Model is a network with its head, in Keras's order.
type Model struct {
	Config   Config
	Layers   []*Layer // Layers[:Backbone] is Keras's base.layers; the head follows
	Backbone int
	Params   []*Param // by layer, in Keras's order within a layer
	Blocks   []string // in the order of data flow
	byName   map[string]*Layer
}

// Layer finds a layer by its Keras 3 name, Keras 2 alias, or nil.
func (m *Model) Layer(name string) *Layer { return m.byName[name] }

// Output is the last layer: predictions (its logits; softmax is taken with the loss).
func (m *Model) Output() *Layer { return m.Layers[len(m.Layers)-1] }

// ParamCount counts the backbone's values: all, and those trainable by default.
func (m *Model) ParamCount() (total, trainable int) {
	for _, l := range m.Layers[:m.Backbone] {
		for _, p := range l.Params {
			total += p.Len()
			if !p.Statistic() {
				trainable += p.Len()
			}
		}
	}
	return total, trainable
}
