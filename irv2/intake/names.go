package intake

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// numbered is a name with a number at its end: cat.0, cat_001, cat (1), cat12.
var numbered = regexp.MustCompile(`^(.*?)[\s_.\-]*\(?\d+\)?$`)

// addNames adds what file names begin or end with: cat.0.jpg, cat_front_001.png,
// patient7_slice2_benign.png. The source with the fewest classes comes first.
func (s *Survey) addNames(paths []string) {
	n := len(paths)
	whole, first, last := make([]string, n), make([]string, n), make([]string, n)
	const between = "_-. "
	for i, p := range paths {
		stem := strings.TrimSuffix(path.Base(p), path.Ext(p))
		if m := numbered.FindStringSubmatch(stem); m != nil {
			whole[i] = m[1]
		}
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
