package intake

import (
	"fmt"
	"slices"
	"strings"
)

// foldersOf lists the folders of each path, outermost first, without those that all
// share.
func foldersOf(paths []string) [][]string {
	folders := make([][]string, len(paths))
	for i, p := range paths {
		parts := strings.Split(p, "/")
		folders[i] = parts[:len(parts)-1]
	}
	return withoutShared(folders)
}

func withoutShared(folders [][]string) [][]string {
	if len(folders) == 0 {
		return folders
	}
	shared := len(folders[0])
	for _, f := range folders {
		n := 0
		for n < min(shared, len(f)) && f[n] == folders[0][n] {
			n++
		}
		shared = n
	}
	rest := make([][]string, len(folders))
	for i, f := range folders {
		rest[i] = f[shared:]
	}
	return rest
}

// auxiliary are folders of what belongs to pictures and is none to learn from.
var auxiliary = []string{"mask", "masks", "annotation", "annotations", "segmentation", "segmentations", "groundtruth", "ground_truth", "gt", "labels"}

// addFolders adds each level of folders that divides the pictures. The likeliest is the
// deepest whose names do not stand under several folders: cats/2021 and dogs/2021 are
// cats and dogs.
func (s *Survey) addFolders(folders [][]string, known bool) {
	depth := 0
	for _, f := range folders {
		depth = max(depth, len(f))
	}
	var levels []Labels
	var found []int
	for level := range depth {
		of := make([]string, len(folders))
		for i, f := range folders {
			if level < len(f) {
				of[i] = f[level]
			}
		}
		// Pictures beside the folders of a level, and not in them, belong to no class of it.
		if _, counts := Count(of); len(counts) < 2 {
			continue
		}
		levels = append(levels, Labels{ID: fmt.Sprintf("folder:%d", level+1), Of: of})
		found = append(found, level)
	}
	if len(levels) == 0 {
		return
	}
	best := len(levels) - 1
	for best > 0 && repeats(folders, found[best]) {
		best--
	}
	for i := range levels {
		dropAuxiliary(levels[i].Of, folders, found[i])
	}
	if finest, counts := Count(levels[best].Of); best > 0 && len(folders) < 5*len(finest) && counts != nil {
		best-- // a folder for each patient or scene: few pictures in each
	}
	if len(levels) > 1 && !known {
		s.Ask = "Which level of folders names the class?"
	}
	for i := range levels {
		levels[i].Title = fmt.Sprintf("folders %s: %s", place(i, len(levels)), list(levels[i].Of))
		s.addGroups(levels[i].ID, levels[i].Title, levels[i].Of)
	}
	if len(levels) == 1 {
		levels[0].Title = "folders: " + list(levels[0].Of)
		s.Groups = slices.DeleteFunc(s.Groups, func(g Groups) bool { return g.ID == levels[0].ID })
	}
	order := append([]Labels{levels[best]}, slices.Delete(slices.Clone(levels), best, best+1)...)
	for _, l := range order {
		if !s.hasLabels(l.Of) {
			s.Labels = append(s.Labels, l)
		}
	}
	if len(s.Labels) == 1 {
		s.Ask = "" // all levels say the same
	}
}

func place(i, n int) string {
	switch i {
	case 0:
		return "outside"
	case n - 1:
		return "inside"
	}
	return fmt.Sprintf("on level %d", i+1)
}

// repeats says whether a folder's name at this level stands under several others.
func repeats(folders [][]string, level int) bool {
	parent := map[string]string{}
	for _, f := range folders {
		if level >= len(f) {
			continue
		}
		above := strings.Join(f[:level], "/")
		if p, seen := parent[f[level]]; seen && p != above {
			return true
		}
		parent[f[level]] = above
	}
	return false
}

// dropAuxiliary takes the label of what lies in a folder of masks below or above this
// level, as long as something else stays: COVID/images and COVID/masks.
func dropAuxiliary(of []string, folders [][]string, level int) {
	is := func(i int) bool {
		for at, name := range folders[i] {
			if at != level && slices.Contains(auxiliary, strings.ToLower(name)) {
				return true
			}
		}
		return false
	}
	some := false
	for i := range of {
		some = some || of[i] != "" && !is(i)
	}
	for i := range of {
		if some && of[i] != "" && is(i) {
			of[i] = ""
		}
	}
}
