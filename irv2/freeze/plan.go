// Package freeze says which layers of InceptionResNetV2 learn, by Keras's rules.
//
// A Spec (what a person chose: a preset, a block to thaw from, patterns) and a
// model give a Plan: Keras's trainable flag of every layer, and which batch norms
// run on batch statistics. Read plan.go, presets.go, then schedule.go:
// plans in time.
package freeze

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"thaw/irv2"
)

// BatchNormMode overrides how batch norm runs while training.
type BatchNormMode string

const (
	// Keras: a trainable batch norm uses batch statistics and moves its running
	// ones, one that is not trainable runs in inference mode.
	Keras BatchNormMode = "keras"
	// Inference: all run in inference mode, as base_model(x, training=False) does;
	// the betas of trainable ones still learn.
	Inference BatchNormMode = "inference"
	// Batch: all use batch statistics and move their running ones, frozen or not.
	Batch BatchNormMode = "batch"
)

// Plan is what each layer of a model does while training.
type Plan struct {
	Model    *irv2.Model
	Spec     Spec
	Name     string // runs are named by their plan
	Sentence string // what is frozen and what learns

	Trainable       []bool // by layer: Keras's layer.trainable
	BatchStatistics []bool // by layer: a batch norm that uses and moves batch statistics
}

// Learns says that training changes p by its gradient.
func (p *Plan) Learns(param *irv2.Param) bool {
	return p.Trainable[param.Layer.Index] && !param.Statistic()
}

// Moves says that training changes p by moving statistics.
func (p *Plan) Moves(param *irv2.Param) bool {
	return param.Statistic() && p.BatchStatistics[param.Layer.Index]
}

// Learning lists the layers with something to learn, as indices.
func (p *Plan) Learning() []int {
	var list []int
	for _, l := range p.Model.Layers {
		if slices.ContainsFunc(l.Params, p.Learns) {
			list = append(list, l.Index)
		}
	}
	return list
}

// Trained counts the values that gradients change.
func (p *Plan) Trained() int {
	n := 0
	for _, param := range p.Model.Params {
		if p.Learns(param) {
			n += param.Len()
		}
	}
	return n
}

// FromFlags makes a plan of explicit trainable flags for the backbone; the head always learns.
func FromFlags(m *irv2.Model, trainable func(*irv2.Layer) bool, mode BatchNormMode) *Plan {
	p := &Plan{Model: m, Trainable: make([]bool, len(m.Layers)), BatchStatistics: make([]bool, len(m.Layers))}
	for i, l := range m.Layers {
		p.Trainable[i] = i >= m.Backbone || trainable(l)
		if l.Class == irv2.BatchNormalization {
			p.BatchStatistics[i] = mode == Batch || mode != Inference && p.Trainable[i]
		}
	}
	return p
}

// Matches says whether pattern names l: its Keras 3 name, its Keras 2 name or its
// block, where * stands for any letters (block8_*).
func Matches(pattern string, l *irv2.Layer) bool {
	for _, name := range []string{l.Name, l.Alias, l.Block} {
		if name == "" {
			continue
		}
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

func checkPattern(m *irv2.Model, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("%.100q is not a pattern: use letters, digits, _ and *", pattern)
	}
	for _, l := range m.Layers {
		if Matches(pattern, l) {
			return nil
		}
	}
	return fmt.Errorf("no layer or block is named %.100q: try a block (%s) or a pattern such as block8_*", pattern, strings.Join(m.Blocks[:3], ", "))
}
