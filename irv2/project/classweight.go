package project

import (
	"encoding/json"
	"slices"

	"thaw/irv2/images"
)

// ClassWeight says how much the images of each class count in the loss, as Keras's
// class_weight: "none", "balanced", or numbers by class, 1 where none is given.
type ClassWeight struct {
	Balanced bool
	Of       map[string]float64
}

// maxWeights is more classes than a head can have.
const maxWeights = 10_000

// UnmarshalJSON reads a word or an object.
func (w *ClassWeight) UnmarshalJSON(text []byte) error {
	var word string
	var of map[string]*float64
	switch isWord := json.Unmarshal(text, &word) == nil && text[0] == '"'; {
	case isWord && (word == "none" || word == "balanced"):
		*w = ClassWeight{Balanced: word == "balanced"}
		return nil
	case isWord:
		return Errorf(Invalid, "There are no class weights called %.100q: choose none, balanced, or a number for each class.", word)
	}
	if err := json.Unmarshal(text, &of); err != nil || of == nil || len(of) > maxWeights {
		return Errorf(Invalid, "Class weights are none, balanced, or a number for each class.")
	}
	*w = ClassWeight{Of: map[string]float64{}}
	for name, weight := range of {
		if weight == nil {
			return Errorf(Invalid, "The class weight of %.100q is no number: leave it out for 1.", name)
		}
		w.Of[name] = *weight
	}
	return nil
}

// MarshalJSON is what UnmarshalJSON reads.
func (w ClassWeight) MarshalJSON() ([]byte, error) {
	switch {
	case w.Balanced:
		return []byte(`"balanced"`), nil
	case len(w.Of) == 0:
		return []byte(`"none"`), nil
	}
	return json.Marshal(w.Of)
}

// weighted is o with the weights of a split's classes. Balanced ones are, as sklearn has
// it, images / (classes * images of the class), of those that are trained on.
func (o Options) weighted(s *images.Split) (Options, error) {
	o.weights = nil
	if !o.ClassWeight.Balanced && len(o.ClassWeight.Of) == 0 {
		return o, nil
	}
	o.weights = make([]float64, len(s.Classes))
	if o.ClassWeight.Balanced {
		of := make([]int, len(s.Classes))
		for _, e := range s.Train {
			of[e.Label]++
		}
		for label, n := range of {
			o.weights[label] = float64(len(s.Train)) / float64(len(of)*max(n, 1))
		}
		return o, nil
	}
	for label := range o.weights {
		o.weights[label] = 1
	}
	for name, weight := range o.ClassWeight.Of {
		label := slices.Index(s.Classes, name)
		if label < 0 {
			return o, Errorf(Invalid, "A class weight is given for %.100q, which is no class: give weights for classes that are there.", name)
		}
		if !(weight >= 0 && weight <= 1e6) {
			return o, Errorf(Invalid, "The class weight of %.100q must be 0 to 1,000,000, not %g.", name, weight)
		}
		o.weights[label] = weight
	}
	return o, nil
}
