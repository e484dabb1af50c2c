package irv2

import "fmt"

// New builds the network that c describes. The order of construction is that of
// keras/src/applications/inception_resnet_v2.py, because Keras's automatic names
// (conv2d_7, batch_normalization_7, ...) count constructions.
func New(c Config) (*Model, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	b := &builder{config: c, autoNames: map[string]int{}}
	b.block = "stem"
	x := b.input()
	s := c.Stem
	x = b.convBN(x, s[0], 3, 3, 2, c.SamePadding)
	x = b.convBN(x, s[1], 3, 3, 1, c.SamePadding)
	x = b.convBN(x, s[2], 3, 3, 1, true)
	x = b.pool(x, MaxPooling2D, "", 3, 2, c.SamePadding)
	x = b.convBN(x, s[3], 1, 1, 1, c.SamePadding)
	x = b.convBN(x, s[4], 3, 3, 1, c.SamePadding)
	x = b.pool(x, MaxPooling2D, "", 3, 2, c.SamePadding)

	x = b.mixed5b(x)
	for i := 1; i <= c.Repeat35; i++ {
		x = b.block35(x, i)
	}
	x = b.mixed6a(x)
	for i := 1; i <= c.Repeat17; i++ {
		x = b.block17(x, i)
	}
	x = b.mixed7a(x)
	for i := 1; i <= c.Repeat8; i++ {
		x = b.block8(x, i, i == c.Repeat8)
	}
	b.block = "conv_7b"
	x = b.namedConvBN(x, "conv_7b", c.Conv7b, 1, 1, 1, true)
	backbone := kerasOrder(x)

	b.block = "head"
	head := len(b.layers)
	x = b.add(&Layer{Name: "avg_pool", Class: GlobalAveragePooling2D, Inputs: []*Layer{x}, H: 1, W: 1, C: x.C})
	if c.Dense > 0 {
		x = b.dense(x, "head_dense", c.Dense, true)
	}
	if c.Dropout > 0 {
		x = b.add(&Layer{Name: "dropout", Class: Dropout, Inputs: []*Layer{x}, H: 1, W: 1, C: x.C, Rate: c.Dropout})
	}
	b.dense(x, "predictions", c.Classes, false)
	return newModel(c, backbone, b.layers[head:]), nil
}

func newModel(c Config, backbone, head []*Layer) *Model {
	m := &Model{Config: c, Backbone: len(backbone), byName: map[string]*Layer{}}
	m.Layers = append(append(m.Layers, backbone...), head...)
	for i, l := range m.Layers {
		l.Index = i
		m.byName[l.Name] = l
		for _, p := range l.Params {
			p.Index = len(m.Params)
			m.Params = append(m.Params, p)
		}
	}
	for _, l := range m.Layers {
		if l.Alias != "" && m.byName[l.Alias] == nil {
			m.byName[l.Alias] = l
		}
	}
	m.Blocks = blockOrder(c)
	return m
}

func blockOrder(c Config) []string {
	blocks := []string{"stem", "mixed_5b"}
	repeat := func(kind string, n int) {
		for i := 1; i <= n; i++ {
			blocks = append(blocks, fmt.Sprintf("%s_%d", kind, i))
		}
	}
	repeat("block35", c.Repeat35)
	blocks = append(blocks, "mixed_6a")
	repeat("block17", c.Repeat17)
	blocks = append(blocks, "mixed_7a")
	repeat("block8", c.Repeat8)
	return append(blocks, "conv_7b", "head")
}

// The Inception and residual blocks.

func (b *builder) mixed5b(x *Layer) *Layer {
	b.block = "mixed_5b"
	w := b.config.Mixed5b
	b0 := b.conv1x1(x, w.B0)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 5, 5, 1, true)
	b2 := b.conv1x1(x, w.B2[0])
	b2 = b.convBN(b2, w.B2[1], 3, 3, 1, true)
	b2 = b.convBN(b2, w.B2[2], 3, 3, 1, true)
	bp := b.pool(x, AveragePooling2D, "", 3, 1, true)
	bp = b.conv1x1(bp, w.BPool)
	return b.concat("mixed_5b", b0, b1, b2, bp)
}

func (b *builder) block35(x *Layer, i int) *Layer {
	b.block = fmt.Sprintf("block35_%d", i)
	w := b.config.Block35
	b0 := b.conv1x1(x, w.B0)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 3, 3, 1, true)
	b2 := b.conv1x1(x, w.B2[0])
	b2 = b.convBN(b2, w.B2[1], 3, 3, 1, true)
	b2 = b.convBN(b2, w.B2[2], 3, 3, 1, true)
	return b.residual(x, 0.17, true, b0, b1, b2)
}

func (b *builder) mixed6a(x *Layer) *Layer {
	b.block = "mixed_6a"
	w, same := b.config.Mixed6a, b.config.SamePadding
	b0 := b.convBN(x, w.B0, 3, 3, 2, same)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 3, 3, 1, true)
	b1 = b.convBN(b1, w.B1[2], 3, 3, 2, same)
	bp := b.pool(x, MaxPooling2D, "", 3, 2, same)
	return b.concat("mixed_6a", b0, b1, bp)
}

func (b *builder) block17(x *Layer, i int) *Layer {
	b.block = fmt.Sprintf("block17_%d", i)
	w := b.config.Block17
	b0 := b.conv1x1(x, w.B0)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 1, 7, 1, true)
	b1 = b.convBN(b1, w.B1[2], 7, 1, 1, true)
	return b.residual(x, 0.1, true, b0, b1)
}

func (b *builder) mixed7a(x *Layer) *Layer {
	b.block = "mixed_7a"
	w, same := b.config.Mixed7a, b.config.SamePadding
	b0 := b.conv1x1(x, w.B0[0])
	b0 = b.convBN(b0, w.B0[1], 3, 3, 2, same)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 3, 3, 2, same)
	b2 := b.conv1x1(x, w.B2[0])
	b2 = b.convBN(b2, w.B2[1], 3, 3, 1, true)
	b2 = b.convBN(b2, w.B2[2], 3, 3, 2, same)
	bp := b.pool(x, MaxPooling2D, "", 3, 2, same)
	return b.concat("mixed_7a", b0, b1, b2, bp)
}

func (b *builder) block8(x *Layer, i int, last bool) *Layer {
	b.block = fmt.Sprintf("block8_%d", i)
	w := b.config.Block8
	b0 := b.conv1x1(x, w.B0)
	b1 := b.conv1x1(x, w.B1[0])
	b1 = b.convBN(b1, w.B1[1], 1, 3, 1, true)
	b1 = b.convBN(b1, w.B1[2], 3, 1, 1, true)
	if last {
		return b.residual(x, 1, false, b0, b1)
	}
	return b.residual(x, 0.2, true, b0, b1)
}

// residual closes a block: concat, up-projection with bias, x + scale*up, ReLU.
func (b *builder) residual(x *Layer, scale float32, relu bool, branches ...*Layer) *Layer {
	mixed := b.concat(b.block+"_mixed", branches...)
	up := b.conv(mixed, b.block+"_conv", x.C, 1, 1, 1, true, true)
	sum := b.add(&Layer{Name: b.auto("custom_scale_layer"), Alias: b.block, Class: CustomScaleLayer,
		Inputs: []*Layer{x, up}, H: x.H, W: x.W, C: x.C, Scale: scale})
	if !relu {
		return sum
	}
	return b.relu(sum, b.block+"_ac")
}

// builder constructs layers in Keras's order of construction.
type builder struct {
	config    Config
	block     string
	layers    []*Layer
	autoNames map[string]int
}

// auto returns Keras's automatic name: prefix, prefix_1, prefix_2, ...
func (b *builder) auto(prefix string) string {
	n := b.autoNames[prefix]
	b.autoNames[prefix]++
	if n == 0 {
		return prefix
	}
	return fmt.Sprintf("%s_%d", prefix, n)
}

func (b *builder) add(l *Layer) *Layer {
	l.Block = b.block
	l.construction = len(b.layers)
	b.layers = append(b.layers, l)
	return l
}

func (b *builder) input() *Layer {
	n := b.config.Size
	return b.add(&Layer{Name: b.auto("input_layer"), Class: InputLayer, H: n, W: n, C: 3})
}

func (b *builder) conv1x1(x *Layer, c int) *Layer { return b.convBN(x, c, 1, 1, 1, true) }

func (b *builder) convBN(x *Layer, c, kh, kw, stride int, same bool) *Layer {
	return b.namedConvBN(x, "", c, kh, kw, stride, same)
}

// namedConvBN is Keras's conv2d_bn: convolution without bias, batch norm without gamma, ReLU.
func (b *builder) namedConvBN(x *Layer, name string, c, kh, kw, stride int, same bool) *Layer {
	names := [3]string{name, name + "_bn", name + "_ac"}
	if name == "" {
		names = [3]string{b.auto("conv2d"), b.auto("batch_normalization"), b.auto("activation")}
	}
	x = b.conv(x, names[0], c, kh, kw, stride, same, false)
	x = b.add(&Layer{Name: names[1], Class: BatchNormalization, Inputs: []*Layer{x}, H: x.H, W: x.W, C: x.C})
	x.param("beta", c)
	x.param("moving_mean", c)
	x.param("moving_variance", c)
	return b.relu(x, names[2])
}

func (b *builder) conv(x *Layer, name string, c, kh, kw, stride int, same, bias bool) *Layer {
	l := &Layer{Name: name, Class: Conv2D, Inputs: []*Layer{x}, C: c, KH: kh, KW: kw, Stride: stride, Same: same, UseBias: bias}
	l.H, l.PadTop = window(x.H, kh, stride, same)
	l.W, l.PadLeft = window(x.W, kw, stride, same)
	l.param("kernel", kh, kw, x.C, c)
	if bias {
		l.param("bias", c)
	}
	return b.add(l)
}

func (b *builder) relu(x *Layer, name string) *Layer {
	return b.add(&Layer{Name: name, Class: Activation, Inputs: []*Layer{x}, H: x.H, W: x.W, C: x.C})
}

func (b *builder) pool(x *Layer, class Class, name string, k, stride int, same bool) *Layer {
	if name == "" {
		name = b.auto(map[Class]string{MaxPooling2D: "max_pooling2d", AveragePooling2D: "average_pooling2d"}[class])
	}
	l := &Layer{Name: name, Class: class, Inputs: []*Layer{x}, C: x.C, K: k, Stride: stride, Same: same}
	l.H, l.PadTop = window(x.H, k, stride, same)
	l.W, l.PadLeft = window(x.W, k, stride, same)
	return b.add(l)
}

func (b *builder) concat(name string, xs ...*Layer) *Layer {
	c := 0
	for _, x := range xs {
		c += x.C
	}
	return b.add(&Layer{Name: name, Class: Concatenate, Inputs: xs, H: xs[0].H, W: xs[0].W, C: c})
}

func (b *builder) dense(x *Layer, name string, c int, relu bool) *Layer {
	l := &Layer{Name: name, Class: Dense, Inputs: []*Layer{x}, H: 1, W: 1, C: c, ReLU: relu, UseBias: true}
	l.param("kernel", x.C, c)
	l.param("bias", c)
	return b.add(l)
}

func (l *Layer) param(kind string, shape ...int) {
	l.Params = append(l.Params, &Param{Layer: l, Kind: kind, Shape: shape})
}

// window returns how many windows of k fit along n, and the padding in front:
// TensorFlow's "same" puts the odd pixel behind.
func window(n, k, stride int, same bool) (out, pad int) {
	if !same {
		return (n-k)/stride + 1, 0
	}
	out = (n + stride - 1) / stride
	total := max((out-1)*stride+k-n, 0)
	return out, total / 2
}
