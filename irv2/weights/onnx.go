package weights

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"thaw/irv2"
)

// Field numbers and enum values of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), as far as they are
// written here.
const (
	modelIRVersion, modelProducer, modelGraph, modelOpset, modelMetadata = 1, 2, 7, 8, 14
	graphNode, graphName, graphInitializer, graphInput, graphOutput      = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute               = 1, 2, 3, 4, 5
	attrName, attrFloat, attrInt, attrString, attrInts, attrType         = 1, 2, 3, 4, 8, 20
	tensorDims, tensorType, tensorName, tensorRaw                        = 1, 2, 8, 9

	onnxFloat                                    = 1 // TensorProto.DataType
	attrIsFloat, attrIsInt, attrIsStr, attrIsVec = 1, 2, 3, 7
	onnxIRVersion, onnxOpset                     = 7, 13
)

// WriteONNX writes the whole network: input "pixels" [N, H, W, 3] from 0 to 255, which its
// first nodes prepare, output "probabilities" [N, classes]. What about says becomes the
// model's metadata_props.
func WriteONNX(w io.Writer, weights *irv2.Weights, about About) error {
	g := &onnxGraph{weights: weights, ones: map[int]bool{}}
	way := about.pixels()
	g.node("Mul", "scaled", []string{"pixels", g.channels("scale", way.Scale)}, "scaled")
	g.node("Add", "images", []string{"scaled", g.channels("offset", way.Offset)}, "images")
	metadata := about.Metadata()
	if metadata != nil {
		metadata["labels"], metadata["input"] = metadata[keyClasses], about.input()
	}
	return g.whole(w, "pixels", metadata)
}

// WriteONNXCore writes what WriteONNX does without preparing pixels: input "images" in
// [-1, 1], as keras.applications' network takes it.
func WriteONNXCore(w io.Writer, weights *irv2.Weights) error {
	g := &onnxGraph{weights: weights, ones: map[int]bool{}}
	return g.whole(w, "images", nil)
}

// whole adds the network, from "images" on, and writes it all.
func (g *onnxGraph) whole(w io.Writer, input string, metadata map[string]string) error {
	m := g.weights.Model
	for _, l := range m.Layers {
		g.layer(l)
	}
	g.node("Softmax", "probabilities", []string{m.Output().Name}, "probabilities", intAttr("axis", -1))
	c := m.Config
	g.head = appendString(g.head, graphName, "InceptionResNetV2")
	g.head = appendMessage(g.head, graphInput, valueInfo(input, c.Size, c.Size, 3))
	g.head = appendMessage(g.head, graphOutput, valueInfo("probabilities", c.Classes))
	return g.write(w, metadata)
}

// onnxStart is how Thaw's own files begin.
var onnxStart = appendString(appendInt(nil, modelIRVersion, onnxIRVersion), modelProducer, "Thaw")

// onnxGraph collects a GraphProto: all of it but the values of its initializers,
// which are streamed, because the lengths in front of them are known.
type onnxGraph struct {
	weights      *irv2.Weights
	head         []byte
	initializers []initializer
	ones         map[int]bool
}

type initializer struct {
	message []byte // a TensorProto up to the length of its raw data
	count   int
	values  func() []float32
}

func (g *onnxGraph) layer(l *irv2.Layer) {
	var in []string
	for _, x := range l.Inputs {
		in = append(in, x.Name)
	}
	pad := "VALID"
	if l.Same {
		pad = "SAME_UPPER" // as in TensorFlow, the odd pixel stands behind
	}
	switch l.Class {
	case irv2.InputLayer:
		g.node("Transpose", l.Name, []string{"images"}, l.Name, intsAttr("perm", 0, 3, 1, 2))
	case irv2.Conv2D:
		in = append(in, g.parameter(l.Param("kernel")))
		if l.UseBias {
			in = append(in, g.parameter(l.Param("bias")))
		}
		g.node("Conv", l.Name, in, l.Name, stringAttr("auto_pad", pad), intsAttr("strides", l.Stride, l.Stride), intsAttr("kernel_shape", l.KH, l.KW))
	case irv2.BatchNormalization:
		in = append(in, g.scale(l.C), g.parameter(l.Param("beta")), g.parameter(l.Param("moving_mean")), g.parameter(l.Param("moving_variance")))
		g.node("BatchNormalization", l.Name, in, l.Name, floatAttr("epsilon", 1e-3))
	case irv2.Activation:
		g.node("Relu", l.Name, in, l.Name)
	case irv2.MaxPooling2D, irv2.AveragePooling2D:
		op := map[irv2.Class]string{irv2.MaxPooling2D: "MaxPool", irv2.AveragePooling2D: "AveragePool"}[l.Class]
		g.node(op, l.Name, in, l.Name, stringAttr("auto_pad", pad), intsAttr("strides", l.Stride, l.Stride), intsAttr("kernel_shape", l.K, l.K))
	case irv2.Concatenate:
		g.node("Concat", l.Name, in, l.Name, intAttr("axis", 1))
	case irv2.CustomScaleLayer:
		factor := g.constant(l.Name+"/scale", nil, func() []float32 { return []float32{l.Scale} }, 1)
		g.node("Mul", l.Name+"/scaled", []string{in[1], factor}, l.Name+"/scaled")
		g.node("Add", l.Name, []string{in[0], l.Name + "/scaled"}, l.Name)
	case irv2.GlobalAveragePooling2D:
		g.node("GlobalAveragePool", l.Name+"/mean", in, l.Name+"/mean")
		g.node("Flatten", l.Name, []string{l.Name + "/mean"}, l.Name)
	case irv2.Dense:
		out := l.Name
		if l.ReLU {
			out += "/linear"
		}
		g.node("Gemm", out, append(in, g.parameter(l.Param("kernel")), g.parameter(l.Param("bias"))), out)
		if l.ReLU {
			g.node("Relu", l.Name, []string{out}, l.Name)
		}
	case irv2.Dropout:
		g.node("Identity", l.Name, in, l.Name)
	default:
		panic(fmt.Sprintf("weights: no ONNX operator for %s", l))
	}
}

func (g *onnxGraph) node(op, name string, inputs []string, output string, attributes ...[]byte) {
	var b []byte
	for _, in := range inputs {
		b = appendString(b, nodeInput, in)
	}
	b = appendString(b, nodeOutput, output)
	b = appendString(b, nodeName, name)
	b = appendString(b, nodeOp, op)
	for _, a := range attributes {
		b = appendMessage(b, nodeAttribute, a)
	}
	g.head = appendMessage(g.head, graphNode, b)
}

// parameter adds p as an initializer: filters as OIHW, all else as it is.
func (g *onnxGraph) parameter(p *irv2.Param) string {
	shape := p.Shape
	if len(shape) == 4 {
		shape = []int{p.Shape[3], p.Shape[2], p.Shape[0], p.Shape[1]}
	}
	return g.constant(p.Name(), shape, func() []float32 {
		values := g.weights.Of(p)
		if len(p.Shape) != 4 {
			return values
		}
		return filtersFirst(values, p.Shape)
	}, p.Len())
}

// channels is a constant for each channel of [N, H, W, 3].
func (g *onnxGraph) channels(name string, values [3]float32) string {
	return g.constant(name, []int{3}, func() []float32 { return values[:] }, 3)
}

// scale is a gamma of ones, which ONNX's batch norm insists on.
func (g *onnxGraph) scale(c int) string {
	name := fmt.Sprint("ones_", c)
	if !g.ones[c] {
		g.ones[c] = true
		g.constant(name, []int{c}, func() []float32 { return slices.Repeat([]float32{1}, c) }, c)
	}
	return name
}

func (g *onnxGraph) constant(name string, shape []int, values func() []float32, count int) string {
	var b []byte
	for _, side := range shape {
		b = appendInt(b, tensorDims, int64(side))
	}
	b = appendInt(b, tensorType, onnxFloat)
	b = appendString(b, tensorName, name)
	b = protowire.AppendTag(b, tensorRaw, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(4*count))
	g.initializers = append(g.initializers, initializer{b, count, values})
	return name
}

func (g *onnxGraph) write(w io.Writer, metadata map[string]string) error {
	out := bufio.NewWriterSize(w, 1<<16)
	size := len(g.head)
	for _, t := range g.initializers {
		n := len(t.message) + 4*t.count
		size += protowire.SizeTag(graphInitializer) + protowire.SizeBytes(n)
	}
	b := appendMessage(onnxStart[:len(onnxStart):len(onnxStart)], modelOpset, appendInt(nil, 2, onnxOpset))
	for _, key := range sortedKeys(metadata) {
		b = appendMessage(b, modelMetadata, appendString(appendString(nil, 1, key), 2, metadata[key]))
	}
	b = protowire.AppendTag(b, modelGraph, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	out.Write(append(b, g.head...))
	for _, t := range g.initializers {
		b = protowire.AppendTag(b[:0], graphInitializer, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(len(t.message)+4*t.count))
		out.Write(append(b, t.message...))
		if err := writeFloats(out, t.values()); err != nil {
			return err
		}
	}
	return out.Flush()
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// valueInfo is a ValueInfoProto: float32 of [N, dims...].
func valueInfo(name string, dims ...int) []byte {
	shape := appendMessage(nil, 1, appendString(nil, 2, "N"))
	for _, d := range dims {
		shape = appendMessage(shape, 1, appendInt(nil, 1, int64(d)))
	}
	tensor := appendMessage(appendInt(nil, 1, onnxFloat), 2, shape)
	return appendMessage(appendString(nil, 1, name), 2, appendMessage(nil, 1, tensor))
}

func intAttr(name string, v int) []byte {
	return appendInt(appendInt(appendString(nil, attrName, name), attrType, attrIsInt), attrInt, int64(v))
}

func intsAttr(name string, values ...int) []byte {
	b := appendInt(appendString(nil, attrName, name), attrType, attrIsVec)
	for _, v := range values {
		b = appendInt(b, attrInts, int64(v))
	}
	return b
}

func floatAttr(name string, v float32) []byte {
	b := appendInt(appendString(nil, attrName, name), attrType, attrIsFloat)
	return protowire.AppendFixed32(protowire.AppendTag(b, attrFloat, protowire.Fixed32Type), math.Float32bits(v))
}

func stringAttr(name, v string) []byte {
	return appendString(appendInt(appendString(nil, attrName, name), attrType, attrIsStr), attrString, v)
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendMessage(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}
