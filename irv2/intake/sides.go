package intake

import (
	"slices"
	"strings"

	"thaw/irv2/images"
)

// sideNames are the names, in small letters, that people give to the parts of a data set.
var sideNames = map[string]images.Side{
	"train": images.Training, "training": images.Training, "trn": images.Training, "train_set": images.Training, "training_set": images.Training, "trainset": images.Training,
	"val": images.Validating, "valid": images.Validating, "validation": images.Validating, "dev": images.Validating, "val_set": images.Validating, "validation_set": images.Validating,
	"test": images.Testing, "testing": images.Testing, "tst": images.Testing, "test_set": images.Testing, "testset": images.Testing, "holdout": images.Testing,
}

// SideOf is the part that a word names, with or without a number: test1; Drawn: none.
func SideOf(word string) images.Side {
	return sideNames[strings.TrimRight(strings.ToLower(strings.TrimSpace(word)), "0123456789_- ")]
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
		sides = make([]images.Side, len(folders))
		named, seen := 0, map[images.Side]bool{}
		for i, f := range folders {
			if level < len(f) {
				sides[i] = SideOf(f[level])
			}
			if sides[i] != images.Drawn {
				named++
				seen[sides[i]] = true
			}
		}
		if !seen[images.Training] || len(seen) < 2 || named < len(folders)*9/10 {
			continue
		}
		rest = make([][]string, len(folders))
		for i, f := range folders {
			rest[i] = f
			if sides[i] != images.Drawn {
				rest[i] = append(slices.Clone(f[:level]), f[level+1:]...)
			}
		}
		return drawWhereMissing(sides), withoutShared(rest)
	}
	return nil, folders
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
