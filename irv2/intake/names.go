package intake

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// unnumbered is a name without the number at its end (cat.0, cat_001, cat (1), cat12), ""
// where there is none.
func unnumbered(stem string) string {
	inside := strings.TrimSuffix(stem, ")")
	rest := strings.TrimRight(inside, digits)
	if rest == inside {
		return ""
	}
	return strings.TrimRight(rest, between)
}

// between divides a name into parts: patient7_slice2_benign.
const between = "_-. ()"

// mostParts are looked at, and the last.
const mostParts = 4

// addNames adds what parts of file names say: cat.0.jpg, cat_front_001.png,
// patient7_slice2_benign.png. The source with the fewest classes comes first.
func (s *Survey) addNames(paths []string, without []bool) {
	n := len(paths)
	whole, last := make([]string, n), make([]string, n)
	var parts [mostParts][]string
	for at := range parts {
		parts[at] = make([]string, n)
	}
	for i, p := range paths {
		if without != nil && without[i] {
			continue
		}
		stem := strings.TrimSuffix(path.Base(p), path.Ext(p))
		whole[i] = unnumbered(stem)
		words := strings.FieldsFunc(stem, func(r rune) bool { return strings.ContainsRune(between, r) })
		if len(words) < 2 {
			continue
		}
		last[i] = words[len(words)-1]
		for at, word := range words[:min(mostParts, len(words)-1)] {
			parts[at][i] = word
		}
	}
	sources := []Labels{
		{"name:number", "file names without their numbers", whole},
		{"name:first", "file names up to the first _ - . or space", parts[0]},
		{"name:last", "file names from the last _ - . or space on", last},
	}
	for at, of := range parts[1:] {
		sources = append(sources, Labels{fmt.Sprintf("name:%d", at+2), fmt.Sprintf("part %d of file names", at+2), of})
	}
	for _, l := range sources {
		if 2*count(l.Of, "") <= n && l.ID != "name:last" {
			s.addGroups(l.ID, l.Title, l.Of)
		}
	}
	slices.SortStableFunc(sources, func(a, b Labels) int {
		classes := func(l Labels) int { names, _ := Count(l.Of); return len(names) }
		return classes(a) - classes(b)
	})
	for _, l := range sources {
		s.addName(l)
	}
}

// addName adds a source if most pictures have a label by it and no label is rare.
func (s *Survey) addName(l Labels) {
	names, counts := Count(l.Of)
	labelled := total(counts)
	if len(names) < 2 || labelled < len(l.Of)/2 || len(names) > labelled/3 || saysNothing(l.Of) {
		return
	}
	if len(s.Labels) == 0 {
		s.Ask = "Do the file names say the class?"
	}
	l.Title += ": " + list(l.Of)
	s.addLabels(l)
}

// cameraWords are what cameras and programs call pictures, and people call patients.
var cameraWords = setOf("img", "dsc", "dscn", "dscf", "pxl", "dcim", "mvi", "vid", "screenshot", "frame", "capture", "webcam", "snapshot",
	"p", "patient", "subject", "case", "scene", "slice", "page", "s", "f", "at", "copy")

// saysNothing says that names are numbers (a digit or two may be a class), or differ by
// numbers alone beside a camera's word.
func saysNothing(of []string) bool {
	names, _ := Count(of)
	return numbered(of) && !slices.ContainsFunc(names, func(n string) bool {
		word := lastWord(n)
		return word == "" && len(n) <= 2 || word != "" && !cameraWords[word] && !pictureWords[word]
	})
}
