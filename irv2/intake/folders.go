package intake

import (
	"fmt"
	"slices"
	"strings"
)

// foldersOf lists the folders of each path, outermost first. A folder in one of its own
// name, as unpacking leaves it, counts once: cats/cats.
func foldersOf(paths []string) [][]string {
	folders := make([][]string, len(paths))
	for i, p := range paths {
		parts := strings.Split(p, "/")
		folders[i] = slices.Compact(parts[:len(parts)-1])
	}
	return folders
}

// shared is how many outer folders all have.
func shared(folders [][]string) int {
	if len(folders) == 0 {
		return 0
	}
	n := len(folders[0])
	for _, f := range folders {
		same := 0
		for same < min(n, len(f)) && f[same] == folders[0][same] {
			same++
		}
		n = same
	}
	return n
}

func withoutShared(folders [][]string) [][]string {
	n := shared(folders)
	rest := make([][]string, len(folders))
	for i, f := range folders {
		rest[i] = f[n:]
	}
	return rest
}

// level is one level of folders that divides the pictures.
type level struct {
	at int // its index in folders
	of []string
}

// addFolders adds each level of folders that divides the pictures, the likeliest first;
// known says that a table names the classes. Pictures of without are in no class, unless
// a person wants them.
func (s *Survey) addFolders(folders [][]string, without []bool, known bool) {
	levels := levelsOf(folders, without)
	found := len(s.Labels)
	if len(levels) > 0 {
		s.addLevels(levels, likeliest(levels, folders))
		s.addHolders(folders, without)
	}
	var names []string
	if len(levels) == 1 {
		names, _ = Count(levels[0].of)
	}
	several := len(s.Labels)-found > 1 // not all levels say the same
	switch {
	case known:
	case without != nil:
		s.Ask = "Which level of folders names the class, and do pictures in folders of masks belong to it?"
	case several:
		s.Ask = "Which level of folders names the class?"
	case len(names) > 0 && isContainer(names[0]) && numbered(levels[0].of):
		s.Ask = "Do the folders name the classes?"
	}
}

// addWithMasks adds each level with the pictures in folders of masks.
func (s *Survey) addWithMasks(folders [][]string) {
	levels := levelsOf(folders, nil)
	for i, l := range levels {
		s.addLabels(Labels{fmt.Sprintf("folder:%d:all", l.at+1), fmt.Sprintf("folders %s, with masks: %s", place(i, len(levels)), list(l.of)), l.of})
	}
}

// levelsOf are the levels that divide the pictures, outermost first.
func levelsOf(folders [][]string, without []bool) (levels []level) {
	depth := 0
	for _, f := range folders {
		depth = max(depth, len(f))
	}
	for at := range depth {
		of := make([]string, len(folders))
		for i, f := range folders {
			// Pictures beside the folders of a level, and not in them, belong to no class of it.
			if at < len(f) && (without == nil || !without[i]) {
				of[i] = f[at]
			}
		}
		if _, counts := Count(of); len(counts) > 1 {
			levels = append(levels, level{at, of})
		}
	}
	return levels
}

// likeliest is the index of the level that most likely names the classes: the deepest
// that reaches most pictures and whose names do not stand under several others: cats/2021
// and dogs/2021 are cats and dogs. Names that differ by numbers alone (years, patients,
// parts of a data set) or say that there are images come into question only where no
// other does.
func likeliest(levels []level, folders [][]string) int {
	most := 0
	for _, l := range levels {
		most = max(most, reach(l))
	}
	var likely []int
	for i, l := range levels {
		names, _ := Count(l.of)
		if reach(l) > most*9/10 && !numbered(l.of) && slices.ContainsFunc(names, func(n string) bool { return !pictureWords[lastWord(n)] }) {
			likely = append(likely, i)
		}
	}
	if len(likely) == 0 {
		return 0
	}
	best := len(likely) - 1
	for best > 0 && repeats(levels, likely[:best+1]) {
		best--
	}
	const few = 5 // so few in each: a folder for each patient or scene
	if finest, _ := Count(levels[likely[best]].of); best > 0 && reach(levels[likely[best]]) < few*len(finest) {
		best--
	}
	return likely[best]
}

func reach(l level) int {
	_, counts := Count(l.of)
	return total(counts)
}

// repeats says whether a name of the last of these levels stands under several of the
// others.
func repeats(levels []level, these []int) bool {
	last := levels[these[len(these)-1]].of
	parent := map[string]string{}
	for i, name := range last {
		if name == "" {
			continue
		}
		above := ""
		for _, l := range these[:len(these)-1] {
			above += levels[l].of[i] + "/"
		}
		if p, seen := parent[name]; seen && p != above {
			return true
		}
		parent[name] = above
	}
	return false
}

// addLevels adds levels as sources of labels, the best first, and of groups.
func (s *Survey) addLevels(levels []level, best int) {
	sources := make([]Labels, len(levels))
	for i, l := range levels {
		sources[i] = Labels{fmt.Sprintf("folder:%d", l.at+1), fmt.Sprintf("folders %s: %s", place(i, len(levels)), list(l.of)), l.of}
		if len(levels) > 1 {
			s.addGroups(sources[i].ID, sources[i].Title, l.of)
		}
	}
	s.addLabels(sources[best])
	for _, l := range sources {
		s.addLabels(l)
	}
}

// addHolders adds the folders that hold the pictures themselves, at whatever level.
func (s *Survey) addHolders(folders [][]string, without []bool) {
	of := make([]string, len(folders))
	for i, f := range folders {
		if len(f) > 0 && (without == nil || !without[i]) {
			of[i] = f[len(f)-1]
		}
	}
	if _, counts := Count(of); len(counts) > 1 {
		s.addLabels(Labels{"folder:holder", "the folder that each image lies in: " + list(of), of})
	}
}

func place(i, n int) string {
	switch {
	case n == 1:
		return "of one level"
	case i == 0:
		return "outside"
	case i == n-1:
		return "inside"
	}
	return fmt.Sprintf("on level %d", i+1)
}

const digits = "0123456789"

// containers are names of folders that hold a numbered part of something.
var containers = setOf("part", "parts", "batch", "chunk", "folder", "dir", "images", "image", "imgs", "img", "data", "dataset", "set",
	"disc", "roll", "canon", "apple", "zip", "archive", "download", "export")

// isContainer says that of a name: images_part_1.
func isContainer(name string) bool { return unnumbered(name) != "" && containers[lastWord(name)] }

// numbered says that names differ by numbers alone.
func numbered(of []string) bool {
	names, _ := Count(of)
	withoutDigits := func(name string) string {
		return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(digits, r) }), "0")
	}
	return len(names) > 1 && !slices.ContainsFunc(names, func(n string) bool {
		return withoutDigits(n) != withoutDigits(names[0]) || !strings.ContainsAny(n, digits)
	})
}
