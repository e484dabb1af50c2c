package irv2

import "fmt"

// Config is one InceptionResNetV2: widths and repeats of the backbone, input size
// and head. Two configs are given: Full, Keras-exact, and Mini.
type Config struct {
	Name string // full, mini, or the caller's
	Size int    // input is [Size, Size, 3]

	Stem        [5]int // widths of the stem's convolutions
	SamePadding bool   // mini: stem and reductions pad "same", for small inputs

	Mixed5b Mixed5b
	Block35 Block35
	Mixed6a Mixed6a
	Block17 Block17
	Mixed7a Mixed7a
	Block8  Block8
	Conv7b  int

	Repeat35, Repeat17, Repeat8 int

	// Head: GAP [+ Dense(Dense, relu)] [+ Dropout(Dropout)] + Dense(Classes, softmax).
	Classes int
	Dense   int     // 0: none
	Dropout float32 // 0: none
}

// Widths of the branches, each in the order of its convolutions.
type (
	Mixed5b struct {
		B0    int
		B1    [2]int
		B2    [3]int
		BPool int
	}
	Block35 struct {
		B0 int
		B1 [2]int
		B2 [3]int
	}
	Mixed6a struct {
		B0 int
		B1 [3]int
	}
	Block17 struct {
		B0 int
		B1 [3]int
	}
	Mixed7a struct {
		B0 [2]int
		B1 [2]int
		B2 [3]int
	}
	Block8 struct {
		B0 int
		B1 [3]int
	}
)

// Full is keras.applications.InceptionResNetV2(include_top=False) with Keras's
// common fine-tuning head.
func Full(size, classes int) Config {
	return Config{
		Name: "full", Size: size,
		Stem:     [5]int{32, 32, 64, 80, 192},
		Mixed5b:  Mixed5b{96, [2]int{48, 64}, [3]int{64, 96, 96}, 64},
		Block35:  Block35{32, [2]int{32, 32}, [3]int{32, 48, 64}},
		Mixed6a:  Mixed6a{384, [3]int{256, 256, 384}},
		Block17:  Block17{192, [3]int{128, 160, 192}},
		Mixed7a:  Mixed7a{[2]int{256, 384}, [2]int{256, 288}, [3]int{256, 288, 320}},
		Block8:   Block8{192, [3]int{192, 224, 256}},
		Conv7b:   1536,
		Repeat35: 10, Repeat17: 20, Repeat8: 10,
		Classes: classes, Dense: 1024,
	}
}

// Mini is the same network with 1.2 M parameters for 64x64 images.
func Mini(classes int) Config {
	return Config{
		Name: "mini", Size: 64, SamePadding: true,
		Stem:     [5]int{8, 8, 16, 24, 48},
		Mixed5b:  Mixed5b{24, [2]int{12, 16}, [3]int{16, 24, 24}, 16},
		Block35:  Block35{8, [2]int{8, 8}, [3]int{8, 12, 16}},
		Mixed6a:  Mixed6a{96, [3]int{64, 64, 96}},
		Block17:  Block17{48, [3]int{32, 40, 48}},
		Mixed7a:  Mixed7a{[2]int{64, 96}, [2]int{64, 72}, [3]int{64, 72, 80}},
		Block8:   Block8{48, [3]int{48, 56, 64}},
		Conv7b:   384,
		Repeat35: 2, Repeat17: 4, Repeat8: 2,
		Classes: classes, Dense: 128,
	}
}

// maxUnits bounds the layers of the head: ten times what Keras's own network has.
const maxUnits = 10_000

// MinSize is the smallest square input that Keras accepts for the full network.
const MinSize = 75

func (c Config) validate() error {
	if !c.SamePadding && c.Size < MinSize {
		return fmt.Errorf("an input of %d pixels is too small: the network %s needs at least %d", c.Size, c.Name, MinSize)
	}
	if c.SamePadding && c.Size < 32 {
		return fmt.Errorf("an input of %d pixels is too small: the network %s needs at least 32", c.Size, c.Name)
	}
	if c.Size > 2048 {
		return fmt.Errorf("an input of %d pixels is too large: choose at most 2048", c.Size)
	}
	switch {
	case c.Classes < 1 || c.Classes > maxUnits:
		return fmt.Errorf("a head for %d classes cannot be: choose 2 to %d", c.Classes, maxUnits)
	case c.Dense < 0 || c.Dense > maxUnits:
		return fmt.Errorf("a hidden layer of %d units cannot be: choose 0 (none) to %d", c.Dense, maxUnits)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("dropout %g cannot be: choose 0 to below 1", c.Dropout)
	}
	return nil
}
