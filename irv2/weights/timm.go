package weights

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2"
	"thaw/irv2/weights/safetensors"
	"thaw/irv2/weights/torch"
)

// timm's names (timm/models/inception_resnet_v2.py) follow PyTorch's modules:
// mixed_5b.branch1.0.conv.weight, repeat.3.branch0.bn.running_mean, ... Filters
// are OIHW, dense weights [out, in]. Cadene's pretrainedmodels has the same names, its
// classifier is last_linear.

// firstTimm is the tensor by which the layout is known.
const firstTimm = "conv2d_1a.conv.weight"

func matchSafetensors(r io.ReaderAt, size int64, m *irv2.Model) (*Matched, error) {
	file, err := safetensors.Open(r, size)
	if err != nil {
		return nil, err
	}
	tensors := map[string]tensor{}
	for _, t := range file.Tensors {
		tensors[t.Name] = tensor{name: t.Name, shape: t.Shape, dtype: floatNames[t.DType], open: func() (io.Reader, error) { return file.Reader(t), nil }}
		if floatNames[t.DType] == "" {
			tensors[t.Name] = tensor{name: t.Name, shape: t.Shape, dtype: t.DType}
		}
	}
	if prefix, ok := timmPrefix(tensors); ok {
		found := newMatched(m, Timm)
		found.report.Metadata = file.Metadata
		return found, found.timm(tensors, prefix)
	}
	found := newMatched(m, Thaw)
	found.report.Metadata = file.Metadata
	return found, found.thaw(tensors)
}

// matchTorch reads a checkpoint of PyTorch itself.
func matchTorch(r io.ReaderAt, size int64, m *irv2.Model) (*Matched, error) {
	file, err := torch.Open(r, size)
	if err != nil {
		return nil, err
	}
	tensors := map[string]tensor{}
	for _, t := range file.Tensors {
		tensors[t.Name] = tensor{name: t.Name, shape: t.Shape, dtype: t.DType, open: func() (io.Reader, error) { return file.Reader(t) }}
	}
	found := newMatched(m, Torch)
	found.report.Outputs = file.Classes
	prefix, ok := timmPrefix(tensors)
	if !ok {
		return nil, fmt.Errorf("its tensors are not named as timm's or Cadene's%s: choose a file of %s", example(tensors), found.network())
	}
	return found, found.timm(tensors, prefix)
}

// timmPrefix is what stands before timm's names ("module.", "model."), and whether these
// are timm's.
func timmPrefix(tensors map[string]tensor) (prefix string, ok bool) {
	for name := range tensors {
		if p, is := strings.CutSuffix(name, firstTimm); is && (!ok || len(p) < len(prefix)) {
			prefix, ok = p, true
		}
	}
	return prefix, ok
}

// floatNames are the types of safetensors in this package's words.
var floatNames = map[string]string{"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}

func (f *Matched) timm(tensors map[string]tensor, prefix string) error {
	get := func(name string) (tensor, error) {
		t, ok := tensors[prefix+name]
		if !ok {
			return t, fmt.Errorf("it has no tensor %s, which timm's %s has: choose a file of that network", prefix+name, f.network())
		}
		return t, nil
	}
	modules := timmNames(f.model)
	for _, l := range f.backbone() {
		for _, p := range l.Params {
			from, err := get(timmKey(modules, p))
			if err != nil {
				return err
			}
			if err := f.fit(assignment{param: p, from: from, torch: true}); err != nil {
				return err
			}
		}
		if l.Class != irv2.BatchNormalization {
			continue
		}
		if gamma, ok := tensors[prefix+modules[l.Inputs[0]]+".bn.weight"]; ok {
			if err := f.fitGamma(gamma, l); err != nil {
				return err
			}
		}
	}
	f.timmHead(tensors, prefix)
	return nil
}

// timmKey is timm's name for a parameter of the backbone; modules are timmNames.
func timmKey(modules map[*irv2.Layer]string, p *irv2.Param) string {
	switch l := p.Layer; {
	case l.Class == irv2.BatchNormalization:
		return modules[l.Inputs[0]] + ".bn" + timmKind[p.Kind]
	case l.UseBias:
		return modules[l] + timmKind[p.Kind]
	default:
		return modules[l] + ".conv" + timmKind[p.Kind]
	}
}

var timmKind = map[string]string{"kernel": ".weight", "bias": ".bias", "beta": ".bias", "moving_mean": ".running_mean", "moving_variance": ".running_var"}

// timmHeads are what classifiers are called: by timm, by Cadene, by people.
var timmHeads = []string{"classif", "last_linear", "fc", "head", "classifier"}

func (f *Matched) timmHead(tensors map[string]tensor, prefix string) {
	var head []*fileLayer
	for _, name := range timmHeads {
		if head = timmDense(tensors, prefix+name); len(head) > 0 {
			break
		}
	}
	// Class 0 of 1001 is "background", which Keras's 1000 do not have.
	skip := 0
	if classes := f.model.Config.Classes; classes == 1000 && len(head) == 1 && slices.Equal(head[0].tensors[1].shape, []int{classes + 1}) {
		skip = 1
		f.warn("Its classifier has 1001 classes; the first one, background, was left out.")
	}
	f.matchHead(head, true, skip)
	f.leftOut(nil, nil, f.unused(tensors, head))
}

// timmDense are the linear layers of a module: the module itself, or those of a
// Sequential (name.0, name.3), which has a ReLU between them.
func timmDense(tensors map[string]tensor, name string) (layers []*fileLayer) {
	for _, key := range slices.SortedFunc(maps.Keys(tensors), byNumberedPart) {
		module, ok := strings.CutSuffix(key, ".weight")
		inside, below := strings.CutPrefix(module, name)
		bias, biased := tensors[module+".bias"]
		if l := (&fileLayer{name: module, tensors: []tensor{tensors[key], bias}}); ok && biased && below && isIndex(inside) && l.isDense() {
			layers = append(layers, l)
		}
	}
	return layers
}

// isIndex: "" or ".3".
func isIndex(s string) bool {
	return s == "" || s[0] == '.' && strings.Trim(s[1:], "0123456789") == ""
}

// byNumberedPart orders fc.2.weight before fc.10.weight.
func byNumberedPart(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// unused lists the modules of which nothing was taken.
func (f *Matched) unused(tensors map[string]tensor, head []*fileLayer) (modules []string) {
	used := map[string]bool{}
	for _, a := range f.assign {
		used[parent(a.from.name)] = true
	}
	for _, l := range head {
		used[l.name] = true // taken, or spoken of
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if module := parent(name); !used[module] {
			used[module] = true
			modules = append(modules, module)
		}
	}
	return modules
}

// parent is the module that a tensor belongs to.
func parent(name string) string { return name[:max(0, strings.LastIndexByte(name, '.'))] }

// timmNames gives every convolution the name of timm's module. Within a block,
// both name convolutions in the order in which the branches are written.
func timmNames(m *irv2.Model) map[*irv2.Layer]string {
	convs := map[string][]*irv2.Layer{} // of a block, in order of construction
	names := map[*irv2.Layer]string{}
	for _, l := range m.Layers[:m.Backbone] {
		if l.Class == irv2.Conv2D && !l.UseBias {
			convs[l.Block] = append(convs[l.Block], l)
		}
	}
	for _, l := range m.Layers[:m.Backbone] {
		if l.Class == irv2.Conv2D && l.UseBias {
			names[l] = timmBlock(m, l.Block) + ".conv2d"
		}
	}
	for block, list := range convs {
		slices.SortFunc(list, func(a, b *irv2.Layer) int { return cmp.Compare(autoNumber(a), autoNumber(b)) })
		modules := timmModules[kindOf(block)]
		for i, l := range list {
			name := modules[i]
			if module := timmBlock(m, block); module != "" {
				name = module + "." + name
			}
			names[l] = name
		}
	}
	return names
}

// autoNumber is the k of conv2d_k, which counts constructions.
func autoNumber(l *irv2.Layer) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(l.Name, "conv2d_"))
	return n
}

// kindOf drops the number of a repeated block: block35_3 -> block35.
func kindOf(block string) string {
	if strings.HasPrefix(block, "block") {
		block, _, _ = strings.Cut(block, "_")
	}
	return block
}

// timmBlock is timm's module for a block: block35_1 -> repeat.0; the last block8
// stands alone.
func timmBlock(m *irv2.Model, block string) string {
	kind := kindOf(block)
	_, number, _ := strings.Cut(block, "_")
	i, _ := strconv.Atoi(number)
	switch {
	case kind == "block35":
		return fmt.Sprint("repeat.", i-1)
	case kind == "block17":
		return fmt.Sprint("repeat_1.", i-1)
	case kind == "block8" && i == m.Config.Repeat8:
		return "block8"
	case kind == "block8":
		return fmt.Sprint("repeat_2.", i-1)
	case kind == "stem", kind == "conv_7b":
		return ""
	}
	return block
}

// timmModules lists the modules of a block in the order of Keras's construction.
var timmModules = map[string][]string{
	"stem":     {"conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"},
	"mixed_5b": {"branch0", "branch1.0", "branch1.1", "branch2.0", "branch2.1", "branch2.2", "branch3.1"},
	"block35":  {"branch0", "branch1.0", "branch1.1", "branch2.0", "branch2.1", "branch2.2"},
	"mixed_6a": {"branch0", "branch1.0", "branch1.1", "branch1.2"},
	"block17":  {"branch0", "branch1.0", "branch1.1", "branch1.2"},
	"mixed_7a": {"branch0.0", "branch0.1", "branch1.0", "branch1.1", "branch2.0", "branch2.1", "branch2.2"},
	"block8":   {"branch0", "branch1.0", "branch1.1", "branch1.2"},
	"conv_7b":  {"conv2d_7b"},
}
