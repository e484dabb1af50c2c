// Package worlds draws the labelled pictures that the small network is pretrained
// and tried on. Nothing is stored or copied: a picture is a pure function of
// (world, class, index), the same to the bit on every machine and in the page.
//
// There are six worlds, each there to answer one question about freezing:
//
//   - source: what is mini pretrained on? 48 classes, 8 shapes x 6 textures, in
//     every colour, direction, place and light, among clutter. A net must see shape
//     and texture, and is taught to ignore everything else.
//   - near: do frozen features serve new classes of the world they come from?
//   - upright: the control. Still that coloured world, but the class is the
//     direction of an object, which pretraining taught the net to ignore. If freezing
//     hurts here, "the pictures look different" is not the reason why it hurts.
//   - shadow: sections like those of ultrasound, whose classes rest on direction and on
//     what lies below a lesion: what pretraining discarded.
//   - margin: the counter-example. As grey and as speckled as shadow, but the classes
//     rest on border and texture, which pretraining had to keep.
//   - cells: stained tissue. The same nuclei in every class, arranged in four ways.
//
// All are generated for teaching. None is a picture of a patient, and nothing learned
// on shadow, margin or cells says anything about one.
//
// No class leaks through simple statistics, as far as could be had: colours are drawn
// apart from the class, what differs between classes is balanced by decoys, and
// testdata/worlds/README.md states how badly linear classifiers do.
//
// Data enters as a class number and an index and leaves as 64 x 64 RGB bytes. The
// package knows nothing of networks. Read worlds.go (the list), scene.go (the coloured
// world) with shapes.go and textures.go, section.go (ultrasound), cells.go, and below
// them plane.go (pictures in the making), float.go (arithmetic that is the same
// everywhere) and random.go.
//
// # Pretraining on source
//
// Command irv2/cmd/pretrain does it (make pretrain), in 26 minutes on two cores:
//
//   - images: index 0, 1, 2, ... of every class, each seen once, classes drawn uniformly;
//     no augmentation, since fresh images do not run out; inputs x/127.5 - 1;
//   - head: GAP -> Dense(48), softmax cross-entropy;
//   - 4,500 steps of batch 128, 576,000 images;
//   - Adam, peak rate 3e-3 after 300 steps of linear warm-up, then a cosine to zero;
//     decoupled weight decay 0.02 on kernels only; gradients clipped at global norm 5;
//   - batch norm momentum 0.99;
//   - accuracy is watched on indices from Validation on and stated on indices from Fresh
//     on, 105 of every class.
//
// Seed 1, which the page brings, reaches 95.4 % of 48 classes, seed 2 95.3 %.
package worlds

import "fmt"

// Size is the width and height of every picture in pixels.
const Size = 64

// An Image is [Size, Size, 3], red, green, blue.
type Image = [Size * Size * 3]uint8

// Where the indices of three disjoint sets of pictures begin. Training counts from 0,
// what is watched while training from Validation, what is reported from Fresh. All are
// exact in a JavaScript number.
const (
	Training   uint64 = 0
	Validation uint64 = 1 << 40
	Fresh      uint64 = 1 << 41
)

// A World is a family of labelled pictures. Its JSON is WorldInfo of thaw.d.ts.
type World struct {
	Name        string   `json:"name"`        // short and stable: it selects the pictures
	Title       string   `json:"title"`       // for a heading
	Description string   `json:"description"` // what the classes rest on, for a reader
	Classes     []string `json:"classes"`     // names, by class number

	// Expects is what freezing a network pretrained on source should cost here, by the
	// reason that freezing hurts where the features needed were discarded; Because is
	// the reason in this case, after "Why: ". They were written down before any run.
	// Source itself has neither.
	Expects Expectation `json:"expects,omitempty"`
	Because string      `json:"because,omitempty"`

	draw func(r *random, class int) *picture
}

// Expectation is what freezing is predicted to cost, in accuracy.
type Expectation string

const (
	Little Expectation = "little"
	Much   Expectation = "much"
	Open   Expectation = "open" // no prediction
)

// Image draws the picture of a class (0 <= class < len(w.Classes)) with an index. Equal
// arguments give equal pictures; different indices give independent ones.
func (w *World) Image(class int, index uint64) *Image {
	if class < 0 || class >= len(w.Classes) {
		panic(fmt.Sprintf("worlds: %s: class %d, want 0 to %d", w.Name, class, len(w.Classes)-1))
	}
	return w.draw(newRandom(w.Name, uint64(class), index), class).bytes()
}

// All lists the worlds: where pretraining happens, then the targets from near to far.
func All() []*World {
	return []*World{Source, Near, Upright, Margin, Shadow, Cells}
}

// ByName finds a world of All.
func ByName(name string) (*World, error) {
	for _, w := range All() {
		if w.Name == name {
			return w, nil
		}
	}
	return nil, fmt.Errorf("no world is named %.100q: choose source, near, upright, margin, shadow or cells", name)
}
