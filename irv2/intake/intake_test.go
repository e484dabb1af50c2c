package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/images"
)

// tree makes n numbered pictures in each folder.
func tree(n int, folders ...string) []string {
	var paths []string
	for _, f := range folders {
		for i := range n {
			paths = append(paths, fmt.Sprintf("%s/%d.png", f, i))
		}
	}
	return paths
}

// classes of the likeliest source, with counts.
func classes(s *Survey) string {
	if len(s.Labels) == 0 {
		return ""
	}
	names, counts := Count(s.Labels[0].Of)
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprint(name, " ", counts[name]))
	}
	return strings.Join(out, ", ")
}

func TestFolders(t *testing.T) {
	for _, c := range []struct {
		name    string
		paths   []string
		classes string
		asks    bool
		sides   string // of the first picture of each folder
	}{
		{"one level", tree(3, "cats", "dogs"), "cats 3, dogs 3", false, ""},
		{"wrapped", tree(3, "data/set/cats", "data/set/dogs"), "cats 3, dogs 3", false, ""},
		{"masks", tree(9, "R/COVID/images", "R/COVID/masks", "R/Normal/images", "R/Normal/masks"), "COVID 9, Normal 9", true, ""},
		{"years", tree(9, "cats/2021", "cats/2022", "dogs/2021"), "cats 18, dogs 9", true, ""},
		{"kinds of kinds", tree(9, "animals/cats", "animals/dogs", "plants/roses"), "cats 9, dogs 9, roses 9", true, ""},
		{"patients", tree(2, "sick/p1", "sick/p2", "sick/p3", "well/p4", "well/p5"), "sick 6, well 4", true, ""},
		{"one folder inside each", tree(3, "cats/images", "dogs/images"), "cats 3, dogs 3", false, ""},
		{"own parts", tree(3, "d/train/cats", "d/train/dogs", "d/Test/cats", "d/valid/dogs"), "cats 6, dogs 6", false, "1132"},
		{"parts below", tree(3, "cats/train", "cats/val", "dogs/train", "dogs/val"), "cats 6, dogs 6", false, "1212"},
		{"no validation", tree(3, "train/cats", "train/dogs", "test/cats", "test/dogs"), "cats 6, dogs 6", false, "0033"},
		{"a class called test", tree(3, "test", "control"), "control 3, test 3", false, ""},
		{"one folder", tree(3, "cats"), "cats 3", false, ""},
		{"loose", []string{"a.png", "b.png"}, "", false, ""},
		{"Kaggle's", []string{"train/cat.0.jpg", "train/cat.1.jpg", "train/cat.2.jpg", "train/dog.0.jpg", "train/dog.1.jpg", "train/dog.2.jpg", "test1/1.jpg", "test1/2.jpg", "test1/3.jpg"}, "cat 3, dog 3", true, "003"},
		{"classes at the end", []string{"p1_0_sick.png", "p1_1_sick.png", "p2_0_well.png", "p2_1_well.png", "p3_0_sick.png", "p3_1_sick.png"}, "sick 4, well 2", true, ""},
		{"numbered names", []string{"cat.0.jpg", "cat.1.jpg", "cat.2.jpg", "dog.0.jpg", "dog.1.jpg", "dog.2.jpg"}, "cat 3, dog 3", true, ""},
	} {
		s := Look(c.paths, nil)
		sides := ""
		for i := 0; s.Sides != nil && i < len(c.paths); i += 3 {
			sides += fmt.Sprint(int(s.Sides[i]))
		}
		if got := classes(s); got != c.classes || (s.Ask != "") != c.asks || sides != c.sides {
			t.Errorf("%s: %q, asks %q, sides %s", c.name, got, s.Ask, sides)
		}
	}
}

func TestTables(t *testing.T) {
	paths := []string{"train/000.png", "train/001.png", "train/002.png", "train/003.png", "train/004.png", "train/005.png"}
	for _, c := range []struct{ name, text, classes, groups, sides string }{
		{"plain", "file,label\n000.png,cat\n001.png,dog\n002.png,cat\n003.png,dog\n004.png,cat\n", "cat 3, dog 2", "", ""},
		{"without endings, semicolons, a mark", "\ufeffid;diagnosis;patient\n000;mel;p1\n001;nev;p1\n002;mel;p2\n003;nev;p2\n004;nev;p3\n005;nev;p3\n", "mel 2, nev 4", "p1 p2 p3", ""},
		{"no header", "train/000.png,cat\ntrain/001.png,dog\ntrain/002.png,cat\ntrain/003.png,dog\n", "cat 2, dog 2", "", ""},
		{"one-hot", "image\tMEL\tNV\n000\t1.0\t0.0\n001\t0.0\t1.0\n002\t0.0\t1.0\n003\t1.0\t0.0\n", "MEL 2, NV 2", "", ""},
		{"own parts", "path,set,class\n000.png,train,a\n001.png,train,b\n002.png,val,a\n003.png,val,b\n004.png,test,a\n005.png,test,b\n", "a 3, b 3", "", "112233"},
		{"Windows paths", "file,label\nC:\\data\\000.png,cat\nC:\\data\\001.png,dog\n", "cat 1, dog 1", "", ""},
	} {
		table, ok := ReadTable("labels.csv", []byte(c.text))
		if !ok {
			t.Errorf("%s: no table", c.name)
			continue
		}
		s := Look(paths, []*Table{table})
		sides, groups := "", ""
		for _, side := range s.Sides {
			sides += fmt.Sprint(int(side))
		}
		for _, g := range s.Groups {
			if strings.HasPrefix(g.ID, "table") {
				names, _ := Count(g.Of)
				groups = strings.Join(names, " ")
			}
		}
		if got := classes(s); got != c.classes || sides != c.sides || groups != c.groups {
			t.Errorf("%s: %q, groups %q, sides %s", c.name, got, groups, sides)
		}
	}
	if _, ok := ReadTable("notes.txt", []byte("these are notes")); ok {
		t.Error("prose is a table")
	}
	utf16 := []byte{0xff, 0xfe}
	for _, b := range []byte("file,label\n000.png,cat\n001.png,dog\n") {
		utf16 = append(utf16, b, 0)
	}
	if table, ok := ReadTable("u.csv", utf16); !ok || classes(Look(paths, []*Table{table})) != "cat 1, dog 1" {
		t.Error("UTF-16 was not read")
	}
}

func TestSideOf(t *testing.T) {
	if SideOf(" Train ") != images.Training || SideOf("VAL") != images.Validating || SideOf("cats") != images.Drawn {
		t.Error("sides")
	}
	if !slices.Equal(drawWhereMissing([]images.Side{images.Training, images.Testing}), []images.Side{images.Drawn, images.Testing}) {
		t.Error("validation is not drawn")
	}
}
