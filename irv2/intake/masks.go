package intake

import (
	"strings"
	"unicode"
)

// Words that say what files are and not what they show: maskWords of what belongs to
// pictures and is none to learn from, pictureWords of the pictures beside it.
var (
	maskWords = setOf("mask", "masks", "annotation", "annotations", "segmentation", "segmentations", "seg",
		"groundtruth", "truth", "gt", "label", "labels", "trimaps", "contours", "overlay", "overlays", "heatmaps", "bboxes")
	pictureWords = setOf("image", "images", "img", "imgs", "picture", "pictures", "pics", "photo", "photos", "jpeg", "jpegs", "jpegimages",
		"jpg", "png", "original", "originals", "raw", "rgb", "scans", "slices", "frames", "x", "data", "input", "inputs")
)

func setOf(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}

// wordsOf are a name's words in small letters, without numbers: seg_train2, TestSet.
func wordsOf(name string) (words []string) {
	word := ""
	end := func() {
		if word != "" {
			words = append(words, strings.ToLower(word))
		}
		word = ""
	}
	before := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
			end()
		case unicode.IsUpper(r) && unicode.IsLower(before):
			end()
			word = string(r)
		default:
			word += string(r)
		}
		before = r
	}
	end()
	return words
}

func lastWord(name string) string {
	words := wordsOf(name)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// masks says which pictures lie in a folder of masks: one that stands beside pictures, or
// beside folders which say that they hold the pictures. mask and no_mask are classes. nil:
// there are none, or nothing else.
func masks(folders [][]string) []bool {
	children := map[string]map[string]bool{} // names in a folder; "": a picture
	for _, f := range folders {
		for at := range len(f) + 1 {
			above, name := strings.Join(f[:at], "/"), ""
			if at < len(f) {
				name = f[at]
			}
			if children[above] == nil {
				children[above] = map[string]bool{}
			}
			children[above][name] = true
		}
	}
	of := make([]bool, len(folders))
	n := 0
	for i, f := range folders {
		for at, name := range f {
			if !of[i] && maskWords[lastWord(name)] && besidePictures(children[strings.Join(f[:at], "/")]) {
				of[i] = true
				n++
			}
		}
	}
	if n == 0 || n == len(of) {
		return nil
	}
	return of
}

func besidePictures(children map[string]bool) bool {
	beside := false
	for name := range children {
		switch word := lastWord(name); {
		case maskWords[word]:
		case name == "" || pictureWords[word] || sideWord(name):
			beside = true
		default:
			return false
		}
	}
	return beside
}
