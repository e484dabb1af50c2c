package intake

import (
	"slices"
	"strings"

	"thaw/irv2/images"
)

// sideNames are the words that people give to the parts of a data set.
var sideNames = map[string]images.Side{
	"train": images.Training, "training": images.Training, "trn": images.Training, "trainset": images.Training,
	"val": images.Validating, "valid": images.Validating, "validation": images.Validating, "validate": images.Validating, "dev": images.Validating, "valset": images.Validating,
	"test": images.Testing, "testing": images.Testing, "tst": images.Testing, "testset": images.Testing, "holdout": images.Testing,
}

// besides are words that often stand beside those and say nothing.
var besides = setOf("set", "data", "dataset", "image", "images", "img", "imgs", "pictures", "photos", "split", "subset", "folder", "files", "samples", "part", "public", "private")

// SideOf is the part that a word names, with or without a number: test1; Drawn: none.
func SideOf(word string) images.Side {
	if side, rest := partOf(word); rest == "" {
		return side
	}
	return images.Drawn
}

// partOf is the part that a folder's name says, and what else it says: seg_train is
// Training and "seg".
func partOf(name string) (side images.Side, rest string) {
	for _, word := range wordsOf(name) {
		named := sideNames[word]
		switch {
		case named != images.Drawn && side != images.Drawn && named != side:
			return images.Drawn, name // train_test
		case named != images.Drawn:
			side = named
		case !besides[word]:
			rest += word + " "
		}
	}
	return side, strings.TrimSpace(rest)
}

func sideWord(name string) bool {
	side, _ := partOf(name)
	return side != images.Drawn
}

// takeSides finds the level of folders whose names divide the pictures for training,
// validation and test, and returns the folders without it. Where the user has no part for
// validation, it will be drawn from the one for training.
func takeSides(folders [][]string) (sides []images.Side, rest [][]string) {
	depth := 0
	for _, f := range folders {
		depth = max(depth, len(f))
	}
	for level := range depth {
		if sides = sidesAt(folders, level); sides == nil {
			continue
		}
		rest = make([][]string, len(folders))
		for i, f := range folders {
			if level >= len(f) {
				rest[i] = f
				continue
			}
			_, also := partOf(f[level])
			rest[i] = slices.Clone(f[:level])
			for _, name := range f[level+1:] { // the part may be named twice: train/train_images
				if side, more := partOf(name); side == images.Drawn || side != sides[i] || more != also && more != "" {
					rest[i] = append(rest[i], name)
				}
			}
		}
		return drawWhereMissing(sides), rest
	}
	return partAlone(folders), folders
}

// sidesAt are the sides that a level's folders name, nil if they do not divide the
// pictures so: training and another part, named alike, and little else.
func sidesAt(folders [][]string, level int) []images.Side {
	sides := make([]images.Side, len(folders))
	n, seen, also := 0, map[images.Side]bool{}, map[string]bool{}
	for i, f := range folders {
		if level >= len(f) {
			continue
		}
		side, more := partOf(f[level])
		if side == images.Drawn {
			continue
		}
		sides[i], seen[side], also[more] = side, true, true
		n++
	}
	if !seen[images.Training] || len(seen) < 2 || len(also) > 1 || n < len(folders)/2 {
		return nil
	}
	return sides
}

// partAlone are the sides of pictures that all lie in one folder for validation or test,
// with folders of classes in it: the other parts come, or came, by themselves.
func partAlone(folders [][]string) []images.Side {
	n := shared(folders)
	if len(folders) == 0 || len(levelsOf(folders, nil)) == 0 {
		return nil
	}
	for _, name := range folders[0][:n] {
		if side := SideOf(name); side > images.Training {
			return slices.Repeat([]images.Side{side}, len(folders))
		}
	}
	return nil
}

// drawWhereMissing lets chance draw validation from training where nobody has.
func drawWhereMissing(sides []images.Side) []images.Side {
	if !slices.Contains(sides, images.Validating) {
		for i, side := range sides {
			if side == images.Training {
				sides[i] = images.Drawn
			}
		}
	}
	return sides
}
