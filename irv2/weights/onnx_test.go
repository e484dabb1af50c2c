package weights

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// fields splits a message; it fails on anything that is not well formed.
func fields(t *testing.T, b []byte) map[protowire.Number][][]byte {
	t.Helper()
	out := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		value := b[:n]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(b)
		}
		out[number] = append(out[number], value)
		b = b[n:]
	}
	return out
}

// Labels and what is done to a picture stand in the metadata, for programs that know no Thaw.
func TestONNXSaysWhatGoesIn(t *testing.T) {
	var b bytes.Buffer
	about := About{Model: "thin", Size: 75, Classes: []string{"boat", "é"}, Preprocessing: &Preprocessing{[3]float32{0.5, 0.25, 1}, [3]float32{-1, 0, 2}}}
	if err := WriteONNX(&b, golden(thin(t, 2, 0)), about); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, raw := range fields(t, b.Bytes())[modelMetadata] {
		entry := fields(t, raw)
		said[string(entry[1][0])] = string(entry[2][0])
	}
	if said["labels"] != `["boat","é"]` {
		t.Errorf("labels %q", said["labels"])
	}
	for _, part := range []string{"RGB, 75 x 75, 0 to 255", "BILINEAR", "rounded to 8 bits", about.Preprocessing.String()} {
		if !strings.Contains(said["input"], part) {
			t.Errorf("no %q in %q", part, said["input"])
		}
	}
}

// Every node reads what stands before it, and every initializer has its length.
// (TestONNXRuntimeReadsOurs compares the numbers, where ONNX Runtime is there.)
func TestONNXIsWellFormed(t *testing.T) {
	m := thin(t, 3, 4)
	var b bytes.Buffer
	if err := WriteONNX(&b, golden(m), About{Model: "thin"}); err != nil {
		t.Fatal(err)
	}
	model := fields(t, b.Bytes())
	if len(model[modelGraph]) != 1 || len(model[modelMetadata]) != 7 {
		t.Fatalf("%d graphs, %d metadata", len(model[modelGraph]), len(model[modelMetadata]))
	}
	graph := fields(t, model[modelGraph][0])
	known := []string{"pixels"}
	values := 0
	for _, raw := range graph[graphInitializer] {
		tensor := fields(t, raw)
		count := 1
		for _, d := range tensor[tensorDims] {
			n, _ := protowire.ConsumeVarint(d)
			count *= int(n)
		}
		name := string(tensor[tensorName][0])
		if len(tensor[tensorRaw][0]) != 4*count || slices.Contains(known, name) {
			t.Fatalf("%s has %d bytes for %d values", name, len(tensor[tensorRaw][0]), count)
		}
		known = append(known, name)
		values++
	}
	for _, raw := range graph[graphNode] {
		node := fields(t, raw)
		for _, in := range node[nodeInput] {
			if !slices.Contains(known, string(in)) {
				t.Fatalf("%s reads %s, which nothing before it makes", node[nodeName][0], in)
			}
		}
		known = append(known, string(node[nodeOutput][0]))
	}
	if !slices.Contains(known, "probabilities") || values < len(m.Params) {
		t.Errorf("%d initializers for %d parameters", values, len(m.Params))
	}
}
