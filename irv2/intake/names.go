package intake

import (
	"path"
	"regexp"
	"strings"
)

// numbered is a name with a number at its end: cat.0, cat_001, cat (1), cat12.
var numbered = regexp.MustCompile(`^(.*?)[\s_.\-]*\(?\d+\)?$`)

// addNames adds what file names begin with: cat.0.jpg, cat_front_001.png.
func (s *Survey) addNames(paths []string) {
	whole, first := make([]string, len(paths)), make([]string, len(paths))
	for i, p := range paths {
		stem := strings.TrimSuffix(path.Base(p), path.Ext(p))
		if m := numbered.FindStringSubmatch(stem); m != nil {
			whole[i] = m[1]
		}
		if at := strings.IndexAny(stem, "_-. "); at > 0 {
			first[i] = stem[:at]
		}
	}
	s.addName("name:number", "file names without their numbers", whole)
	s.addName("name:first", "file names up to the first _ - . or space", first)
	s.addGroups("name:first", "file names that begin alike up to the first _ - . or space", first)
	s.addGroups("name:number", "file names that differ by their numbers alone", whole)
}

// addName adds a source if most pictures have a label by it and no label is rare.
func (s *Survey) addName(id, title string, of []string) {
	names, counts := Count(of)
	labelled := 0
	for _, n := range counts {
		labelled += n
	}
	if len(names) < 2 || labelled < len(of)*9/10 || len(names) > len(of)/3 || s.hasLabels(of) {
		return
	}
	if len(s.Labels) == 0 {
		s.Ask = "Do the file names say the class?"
	}
	s.Labels = append(s.Labels, Labels{id, title + ": " + list(of), of})
}
