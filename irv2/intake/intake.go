// Package intake finds out what the pictures that a person brings are called, before any
// of them is decoded: which folder, which column of a table or which part of a file's
// name says the class; which division into training, validation and test is the person's
// own; and what belongs together.
//
// It works on paths and tables alone. Read intake.go (what it is asked and answers),
// folders.go, table.go, names.go (where labels come from), sides.go, order.go.
package intake

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"thaw/irv2/images"
)

// Labels are one way to name the classes of pictures.
type Labels struct {
	ID    string
	Title string   // for the user
	Of    []string // of each picture; "": none
}

// Groups are one way to say which pictures belong together: of a patient, of a scene.
type Groups struct {
	ID    string
	Title string
	Of    []string // of each picture; "": stands alone
}

// Survey is what was found.
type Survey struct {
	Labels []Labels // likeliest first; none: nothing names classes
	Ask    string   // a question, where the likeliest is a guess
	Groups []Groups
	Sides  []images.Side // of each picture; nil: no division of the user's own
}

// Look surveys pictures by their paths, and by tables that came with them.
func Look(paths []string, tables []*Table) *Survey {
	s := &Survey{}
	folders := foldersOf(paths)
	s.Sides, folders = takeSides(folders)
	s.addTables(paths, tables)
	fromTable := len(s.Labels) > 0
	s.addFolders(folders, fromTable)
	s.addNames(paths)
	s.addLast(paths)
	// Groups that keep a class together as a whole would leave nothing to validate it with.
	if len(s.Labels) > 0 {
		s.Groups = slices.DeleteFunc(s.Groups, func(g Groups) bool { return follows(g.Of, s.Labels[0].Of) })
	}
	return s
}

// addLast adds the folder in which all pictures lie, as the one class there is.
func (s *Survey) addLast(paths []string) {
	of := make([]string, len(paths))
	for i, p := range paths {
		if folder := path.Base(path.Dir("/" + p)); folder != "/" {
			of[i] = folder
		}
	}
	if _, counts := Count(of); len(counts) == 1 {
		s.Labels = append(s.Labels, Labels{"folder:last", "folder: " + of[0], of})
	}
}

// follows says that b decides a.
func follows(a, b []string) bool {
	of := map[string]string{}
	for i := range b {
		if b[i] == "" || a[i] == "" {
			continue
		}
		if cmp.Or(of[b[i]], a[i]) != a[i] {
			return false
		}
		of[b[i]] = a[i]
	}
	return true
}

// Count is how many pictures have each label, in Keras's order: by code point.
func Count(of []string) (names []string, counts map[string]int) {
	counts = map[string]int{}
	for _, label := range of {
		if label != "" {
			counts[label]++
		}
	}
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, counts
}

// list writes the first few names of a source for its title.
func list(of []string) string {
	names, _ := Count(of)
	const shown = 3
	text := ""
	for i, name := range names[:min(shown, len(names))] {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if len(names) > shown {
		text += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return text
}

// same says that two sources divide the pictures alike.
func same(a, b []string) bool {
	forth, back := map[string]string{}, map[string]string{}
	for i := range a {
		x, y := a[i], b[i]
		if cmp.Or(forth[x], y) != y || cmp.Or(back[y], x) != x || (x == "") != (y == "") {
			return false
		}
		forth[x], back[y] = y, x
	}
	return true
}

// hasLabels says whether a source like this one is there already.
func (s *Survey) hasLabels(of []string) bool {
	return slices.ContainsFunc(s.Labels, func(l Labels) bool { return same(l.Of, of) })
}

func (s *Survey) addGroups(id, title string, of []string) {
	const fewest = 3 // patients or scenes; fewer parts are no groups to draw from
	_, counts := Count(of)
	if len(counts) < fewest || len(counts) == len(of) || slices.ContainsFunc(s.Groups, func(g Groups) bool { return same(g.Of, of) }) {
		return // or each picture in its own
	}
	s.Groups = append(s.Groups, Groups{id, title, of})
}
