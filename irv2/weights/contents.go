package weights

import (
	"fmt"
	"slices"
	"strings"

	"thaw/irv2"
	"thaw/irv2/weights/topology"
)

// fileLayer is a layer of a file with its tensors, in the order of irv2's Params.
type fileLayer struct {
	name    string
	group   string   // of a model nested in the file's, or its own name; "": not kept so
	path    []string // of groups, as Keras 3 keeps layers
	tensors []tensor
	taken   bool // for the network
}

// String is the name by which a file's own author knows the layer.
func (l *fileLayer) String() string {
	if len(l.path) > 0 {
		return strings.Join(l.path, "/")
	}
	return l.name
}

// contents are the layers with weights of a file, and what it says of its model.
type contents struct {
	layers []*fileLayer
	config []byte // of Keras; nil: the file holds weights only
}

// find is the file's layer for one of its model, nil if it has no weights.
func (c *contents) find(l *topology.Layer) *fileLayer {
	for _, from := range c.layers {
		if len(from.path) > 0 && slices.Equal(from.path, l.Path) || from.name == l.Name && (from.group == l.Group || from.group == "") {
			return from
		}
	}
	return nil
}

// firstFitting is how many of theirs stand before the first that fits ours, all of
// whose successors fit too: layers in front of a backbone are of the same kinds. 0 if
// none does: matchBackbone says why.
func (f *Matched) firstFitting(ours []*irv2.Layer, theirs []*fileLayer) int {
	for skip := 1; skip <= min(len(theirs)-len(ours), maxInFront); skip++ {
		if f.fitting(ours, theirs) {
			break
		}
		if f.fitting(ours, theirs[skip:]) {
			return skip
		}
	}
	return 0
}

// maxInFront bounds the tries to find where the backbone begins.
const maxInFront = 16

func (f *Matched) fitting(ours []*irv2.Layer, theirs []*fileLayer) bool {
	before := len(f.assign)
	defer func() { f.assign = f.assign[:before] }()
	for i, l := range ours {
		if i >= len(theirs) || f.matchLayer(l, theirs[i]) != nil {
			return false
		}
	}
	return true
}

// surroundings decides about all that stands around the backbone, which has been
// matched: the head that is kept, how pixels are fed, and what is left out, which is said.
func (f *Matched) surroundings(c *contents) error {
	layers, err := topology.Parse(c.config)
	if len(c.config) > 0 && err != nil {
		f.warn("What the file says of its layers could not be read, so only its weights were taken over.")
	}
	convolutions := 0
	for _, l := range f.backbone() {
		if l.Class == irv2.Conv2D {
			convolutions++
		}
	}
	around, ok := topology.Find(layers, convolutions)
	if err != nil || !ok {
		f.unknownSurroundings(c)
		return nil
	}
	front, err := f.pixels(c, around)
	if err != nil {
		return err
	}
	head, back := around.Head()
	if head == nil {
		f.matchHead(nil, false, 0)
		f.report.Top = len(back) > 0
	} else {
		var dense []*fileLayer
		for _, l := range head.Dense {
			if from := c.find(l); from != nil {
				dense = append(dense, from)
			}
		}
		f.matchHead(dense, false, 0)
	}
	f.leftOut(list(front), list(back), nil)
	return nil
}

// unknownSurroundings goes by the tensors alone, where a file says nothing of its layers.
func (f *Matched) unknownSurroundings(c *contents) {
	var head []*fileLayer
	var other []string
	for _, l := range c.layers {
		switch {
		case l.taken:
		case l.isDense():
			head = append(head, l)
		default:
			other = append(other, l.String())
		}
	}
	f.matchHead(head, false, 0)
	f.leftOut(nil, nil, other)
}

func (l *fileLayer) isDense() bool {
	return len(l.tensors) == 2 && len(l.tensors[0].shape) == 2 && len(l.tensors[1].shape) == 1
}

func list(layers []*topology.Layer) (names []string) {
	for _, l := range layers {
		names = append(names, l.String())
	}
	return names
}

// leftOut names in one sentence what stood around the backbone and is not here.
func (f *Matched) leftOut(front, back, around []string) {
	var parts []string
	for _, side := range []struct {
		names []string
		where string
	}{{front, "in front of it"}, {back, "behind it"}, {around, "around it"}} {
		if n := len(side.names); n > maxNamed {
			side.names = append(side.names[:maxNamed:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
		}
		if len(side.names) > 0 {
			parts = append(parts, strings.Join(side.names, ", ")+" "+side.where)
		}
	}
	if len(parts) == 0 {
		return
	}
	then := ""
	if len(front) > 0 {
		then += "; pixels are fed as v/127.5 - 1"
	}
	if len(back) > 0 {
		then += "; the classifier starts fresh"
	}
	f.warn("Of the file only InceptionResNetV2 itself was taken over, not %s%s.", strings.Join(parts, ", nor "), then)
}

const maxNamed = 6
