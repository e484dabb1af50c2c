package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"thaw/irv2"
	"thaw/irv2/weights"
)

// peerOp is an op of the list that peers/tfjs.js runs, in order.
type peerOp struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"` // of its output
	Inputs []string `json:"inputs"`
	Filter string   `json:"filter,omitempty"`
	Bias   string   `json:"bias,omitempty"`
	Window int      `json:"window,omitempty"`
	Stride int      `json:"stride,omitempty"`
	Pad    string   `json:"pad,omitempty"`
	ReLU   bool     `json:"relu,omitempty"`
}

// peerTensor is an array of net.bin.
type peerTensor struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`
	Offset int    `json:"offset"` // bytes
	values []float32
}

// peerNet is the network as a list of ops, with inference-mode batch norm and the
// residual scale folded into filters, and ReLU fused: as fast as the list can be.
type peerNet struct {
	Ops     []*peerOp     `json:"ops"`
	Tensors []*peerTensor `json:"tensors"`
	weights *irv2.Weights
	bytes   int
	byName  map[string]*peerTensor
	output  map[*irv2.Layer]*peerOp // whose output is the layer's
}

const peerEpsilon = 1e-3 // of batch norm

func newPeerNet(w *irv2.Weights) (*peerNet, error) {
	n := &peerNet{weights: w, byName: map[string]*peerTensor{}, output: map[*irv2.Layer]*peerOp{}}
	for _, l := range w.Model.Layers {
		if err := n.layer(l); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *peerNet) layer(l *irv2.Layer) error {
	op := &peerOp{Name: l.Name, Stride: l.Stride, Window: l.K, Pad: "valid"}
	if l.Same {
		op.Pad = "same"
	}
	for _, in := range l.Inputs {
		op.Inputs = append(op.Inputs, n.output[in].Name)
	}
	switch l.Class {
	case irv2.InputLayer:
		n.output[l] = op // given, not computed
		return nil
	case irv2.Conv2D:
		op.Kind = "conv"
		op.Filter, op.Bias = n.parameters(l, l.C)
	case irv2.BatchNormalization:
		n.fold(l)
		return nil
	case irv2.Activation:
		if before := n.output[l.Inputs[0]]; before.Kind == "conv" {
			before.ReLU = true // Nobody else reads it in this network.
			n.output[l] = before
			return nil
		}
		op.Kind = "relu"
	case irv2.MaxPooling2D:
		op.Kind = "maxPool"
	case irv2.AveragePooling2D:
		op.Kind = "averagePool"
	case irv2.Concatenate:
		op.Kind = "concat"
	case irv2.CustomScaleLayer:
		op.Kind = "add"
		up := n.output[l.Inputs[1]]
		scale(n.byName[up.Filter].values, l.Scale)
		scale(n.byName[up.Bias].values, l.Scale)
	case irv2.GlobalAveragePooling2D:
		op.Kind = "mean"
	case irv2.Dense:
		op.Kind, op.ReLU = "dense", l.ReLU
		op.Filter, op.Bias = n.parameters(l, l.C)
	case irv2.Dropout:
		n.output[l] = n.output[l.Inputs[0]]
		return nil
	default:
		return fmt.Errorf("%s: no op for the peers", l)
	}
	n.output[l] = op
	n.Ops = append(n.Ops, op)
	return nil
}

// parameters copies kernel and bias (zeros where the layer has none).
func (n *peerNet) parameters(l *irv2.Layer, channels int) (filter, bias string) {
	kernel := l.Param("kernel")
	b := make([]float32, channels)
	if p := l.Param("bias"); p != nil {
		copy(b, n.weights.Of(p))
	}
	n.add(l.Name+"/kernel", kernel.Shape, append([]float32(nil), n.weights.Of(kernel)...))
	n.add(l.Name+"/bias", []int{channels}, b)
	return l.Name + "/kernel", l.Name + "/bias"
}

func (n *peerNet) add(name string, shape []int, values []float32) {
	t := &peerTensor{name, shape, n.bytes, values}
	n.bytes += 4 * len(values)
	n.Tensors = append(n.Tensors, t)
	n.byName[name] = t
}

// fold puts batch norm's scale and shift into the convolution before it.
func (n *peerNet) fold(l *irv2.Layer) {
	conv := n.output[l.Inputs[0]]
	filter, bias := n.byName[conv.Filter].values, n.byName[conv.Bias].values
	beta, mean, variance := n.weights.Of(l.Param("beta")), n.weights.Of(l.Param("moving_mean")), n.weights.Of(l.Param("moving_variance"))
	for c := range bias {
		s := float32(1 / math.Sqrt(float64(variance[c])+peerEpsilon))
		for i := c; i < len(filter); i += len(bias) {
			filter[i] *= s
		}
		bias[c] = beta[c] + (bias[c]-mean[c])*s
	}
	n.output[l] = conv
}

func scale(values []float32, by float32) {
	for i := range values {
		values[i] *= by
	}
}

// writePeerNet writes the full network into dir for both peers.
func writePeerNet(dir string, size int) error {
	m, err := irv2.New(irv2.Full(size, classes))
	if err != nil {
		return err
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	n, err := newPeerNet(w)
	if err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer) error{
		"net.onnx": func(to io.Writer) error { return weights.WriteONNXCore(to, w) },
		"net.json": func(to io.Writer) error { return json.NewEncoder(to).Encode(n) },
		"net.bin": func(to io.Writer) error {
			for _, t := range n.Tensors {
				if err := binary.Write(to, binary.LittleEndian, t.values); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Close()
}
