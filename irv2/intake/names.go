package intake

import (
	"path"
	"slices"
	"strings"
)

// unnumbered is a name without the number at its end (cat.0, cat_001, cat (1), cat12), ""
// where there is none.
func unnumbered(stem string) string {
	const digits = "0123456789"
	inside := strings.TrimSuffix(stem, ")")
	rest := strings.TrimRight(inside, digits)
	if rest == inside {
		return ""
	}
	return strings.TrimRight(strings.TrimSuffix(rest, "("), between)
}

// between stands between the parts of a name.
const between = "_-. "

// addNames adds what file names begin or end with: cat.0.jpg, cat_front_001.png,
// patient7_slice2_benign.png. The source with the fewest classes comes first.
func (s *Survey) addNames(paths []string) {
	n := len(paths)
	whole, first, last := make([]string, n), make([]string, n), make([]string, n)
	for i, p := range paths {
		stem := strings.TrimSuffix(path.Base(p), path.Ext(p))
		whole[i] = unnumbered(stem)
		if at := strings.IndexAny(stem, between); at > 0 {
			first[i], last[i] = stem[:at], stem[strings.LastIndexAny(stem, between)+1:]
		}
	}
	sources := []Labels{
		{"name:number", "file names without their numbers", whole},
		{"name:first", "file names up to the first _ - . or space", first},
		{"name:last", "file names from the last _ - . or space on", last},
	}
	slices.SortStableFunc(sources, func(a, b Labels) int {
		classes := func(l Labels) int { names, _ := Count(l.Of); return len(names) }
		return classes(a) - classes(b)
	})
	for _, l := range sources {
		s.addName(l)
	}
	s.addGroups("name:first", "file names that begin alike up to the first _ - . or space", first)
	s.addGroups("name:number", "file names that differ by their numbers alone", whole)
}

// addName adds a source if most pictures have a label by it and no label is rare.
func (s *Survey) addName(l Labels) {
	names, counts := Count(l.Of)
	labelled := total(counts)
	if len(names) < 2 || labelled < len(l.Of)/2 || len(names) > labelled/3 || s.hasLabels(l.Of) {
		return
	}
	if len(s.Labels) == 0 {
		s.Ask = "Do the file names say the class?"
	}
	l.Title += ": " + list(l.Of)
	s.Labels = append(s.Labels, l)
}
