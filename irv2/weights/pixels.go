package weights

import (
	"fmt"
	"math"
	"strings"

	"thaw/irv2/weights/topology"
)

// Preprocessing says how a pixel's channel c, from 0 to 255, is fed to a network:
// v*Scale[c] + Offset[c]. A nil one is keras.applications' for this network,
// v/127.5 - 1.
type Preprocessing struct {
	Scale  [3]float32 `json:"scale"`
	Offset [3]float32 `json:"offset"`
}

// pixels reads the preprocessing in front of the backbone; front is what could not be.
func (f *Matched) pixels(c *contents, around topology.Around) (front []*topology.Layer, err error) {
	m, passed, front, err := around.Pixels(func(l *topology.Layer) (mean, variance []float64, err error) {
		from := c.find(l)
		if from == nil || len(from.tensors) < 2 {
			return nil, nil, nil
		}
		if mean, err = statistics(from.tensors[0]); err == nil {
			variance, err = statistics(from.tensors[1])
		}
		return mean, variance, err
	})
	if err != nil {
		return nil, err
	}
	if len(passed) > 0 {
		f.warn("The file's own %s in front of the network was left out: Thaw resizes and varies pictures itself.", strings.Join(list(passed), ", "))
	}
	if len(front) > 0 {
		return front, nil
	}
	if len(around.Front) == len(passed) {
		return nil, nil // whoever trained it prepared pixels elsewhere, as keras.applications does
	}
	p := &Preprocessing{}
	usual := true
	for c := range 3 {
		p.Scale[c], p.Offset[c] = float32(m.Scale[c]), float32(m.Offset[c])
		usual = usual && math.Abs(m.Scale[c]*127.5-1) < 1e-5 && math.Abs(m.Offset[c]+1) < 1e-5
	}
	if !usual {
		f.report.Preprocessing = p
	}
	return nil, nil
}

// statistics reads the few values of a tensor of one for each channel.
func statistics(t tensor) ([]float64, error) {
	n := 1
	for _, side := range t.shape {
		n *= side
	}
	if n > 3 || widths[t.dtype] == 0 {
		return nil, nil
	}
	l := loader{buffer: make([]byte, 64)}
	values := make([]float32, n)
	err := l.read(values, t, "gamma") // not a variance: 0 is fine, and progress is not told
	out := make([]float64, n)
	for i, v := range values {
		out[i] = float64(v)
	}
	return out, err
}

// String is the map in a formula: v/255, (v/255 - 0.485)/0.229 of red and so on.
func (p Preprocessing) String() string {
	var channels []string
	for c := range 3 {
		channels = append(channels, formula(float64(p.Scale[c]), float64(p.Offset[c])))
	}
	if channels[0] == channels[1] && channels[1] == channels[2] {
		return channels[0]
	}
	return fmt.Sprintf("%s (red), %s (green), %s (blue)", channels[0], channels[1], channels[2])
}

func formula(scale, offset float64) string {
	s := "v"
	switch {
	case scale < 1 && scale > 0:
		s = fmt.Sprintf("v/%.5g", 1/scale)
	case scale != 1:
		s = fmt.Sprintf("%.4g*v", scale)
	}
	switch {
	case math.Abs(offset) < 1e-6:
		return s
	case offset < 0:
		return fmt.Sprintf("%s - %.4g", s, -offset)
	}
	return fmt.Sprintf("%s + %.4g", s, offset)
}
