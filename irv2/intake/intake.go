// Package intake finds out what the pictures that a person brings are called, before any
// of them is decoded: which folder, which column of a table or which part of a file's
// name says the class; which division into training, validation and test is the person's
// own; and what belongs together.
//
// It works on paths and tables alone. Read intake.go (what it is asked and answers),
// folders.go, masks.go, table.go, columns.go, names.go (where labels come from), sides.go.
package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"thaw/irv2/images"
	"thaw/irv2/internal/text"
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
	Unused []string      // tables that name none of the pictures
}

// Look surveys pictures by their paths, and by tables that came with them.
func Look(paths []string, tables []*Table) *Survey {
	s := &Survey{}
	paths = clean(paths)
	folders := foldersOf(paths)
	without := masks(folders)
	s.Sides, folders = takeSides(folders)
	s.addTables(paths, tables)
	fromTable := len(s.Labels) > 0
	inside := withoutShared(folders)
	s.addFolders(inside, without, fromTable)
	s.addNames(paths, without)
	s.addLast(folders, without)
	if without != nil {
		s.addWithMasks(inside)
	}
	s.preferReach()
	// Groups that keep a class together as a whole would leave nothing to validate it with.
	if len(s.Labels) > 0 {
		s.Groups = slices.DeleteFunc(s.Groups, func(g Groups) bool { return follows(g.Of, s.Labels[0].Of) })
	}
	return s
}

// clean writes paths as tables are read: with forward slashes, and é one character.
func clean(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = text.NFC(strings.ReplaceAll(p, `\`, "/"))
	}
	return out
}

// addLast adds the folder in which all pictures lie, as the one class there is: the
// deepest that does not say that it holds images.
func (s *Survey) addLast(folders [][]string, without []bool) {
	of, last := make([]string, len(folders)), ""
	for i, f := range folders {
		if without != nil && without[i] {
			continue
		}
		for len(f) > 1 && pictureWords[lastWord(f[len(f)-1])] {
			f = f[:len(f)-1]
		}
		if len(f) == 0 || last != "" && f[len(f)-1] != last {
			return
		}
		last = f[len(f)-1]
		of[i] = last
	}
	s.addLabels(Labels{"folder:last", "folder: " + last, of})
}

// preferReach puts a source first that labels more than twice as many pictures as a table
// does which labels less than half of them.
func (s *Survey) preferReach() {
	const what = "What names the classes?"
	if len(s.Labels) == 0 || !strings.HasPrefix(s.Labels[0].ID, "table:") {
		return
	}
	reach := func(l Labels) int { return len(l.Of) - count(l.Of, "") }
	for i, l := range s.Labels {
		if n := reach(s.Labels[0]); 2*n < len(l.Of) && reach(l) > 2*n && len(l.Of) > 0 && l.ID != "folder:last" {
			s.Labels = append([]Labels{l}, slices.Delete(slices.Clone(s.Labels), i, i+1)...)
			s.Ask = what
			return
		}
	}
}

func count(of []string, label string) (n int) {
	for _, l := range of {
		if l == label {
			n++
		}
	}
	return n
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
	listed := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		listed += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return listed
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

// addLabels adds a source unless it labels nothing, or one like it is there already. Its
// labels are written as a data set writes them: what will be one class is one.
func (s *Survey) addLabels(l Labels) {
	names := map[string]string{"": ""}
	l.Of = slices.Clone(l.Of)
	for i, name := range l.Of {
		if _, seen := names[name]; !seen {
			names[name] = images.CleanName(name)
		}
		l.Of[i] = names[name]
	}
	if count(l.Of, "") < len(l.Of) && !slices.ContainsFunc(s.Labels, func(o Labels) bool { return same(o.Of, l.Of) }) {
		s.Labels = append(s.Labels, l)
	}
}

func (s *Survey) addGroups(id, title string, of []string) {
	const fewest = 3 // patients or scenes; fewer parts are no groups to draw from
	_, counts := Count(of)
	if len(counts) < fewest || len(counts) == len(of) || slices.ContainsFunc(s.Groups, func(g Groups) bool { return same(g.Of, of) }) {
		return // or each picture in its own
	}
	s.Groups = append(s.Groups, Groups{id, title, of})
}
