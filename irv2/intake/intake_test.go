package intake

import (
	"bytes"
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
		{"unpacked twice", tree(3, "training_set/training_set/cats", "training_set/training_set/dogs", "test_set/test_set/cats"), "cats 6, dogs 3", false, "003"},
		{"parts by a common name", tree(6, "in/seg_train/seg_train/sea", "in/seg_train/seg_train/ice", "in/seg_test/seg_test/sea", "in/seg_test/seg_test/ice", "in/seg_pred/seg_pred"), "ice 12, sea 12", false, "0000333300"},
		{"parts by two names", tree(3, "train/train_images/cats", "train/train_images/dogs", "test/test_images/cats", "test/test_images/dogs"), "cats 6, dogs 6", false, "0033"},
		{"some in no part", tree(3, "train/a", "train/b", "val/a", "val/b", "extra/a"), "a 9, b 6", false, "11220"},
		{"a part by itself", tree(3, "d/Validation/cats", "d/Validation/dogs"), "cats 3, dogs 3", false, "22"},
		{"vehicles", tree(3, "bus", "car", "train"), "bus 3, car 3, train 3", false, ""},
		{"train_test", tree(3, "train_test_a", "train_test_b"), "train_test_a 3, train_test_b 3", false, ""},
		{"masks outside", tree(9, "images/cats", "images/dogs", "masks/cats", "masks/dogs"), "cats 9, dogs 9", true, ""},
		{"masks beside pictures", append(tree(9, "cats", "dogs"), tree(9, "cats/masks", "dogs/masks")...), "cats 9, dogs 9", true, ""},
		{"masks of one class", tree(9, "COVID/images", "COVID/masks"), "COVID 9", true, ""},
		{"masks and parts", tree(3, "train/images/a", "train/images/b", "train/masks/a", "train/masks/b", "test/images/a", "test/images/b"), "a 6, b 6", true, "000033"},
		{"face masks", tree(3, "with_mask", "without_mask"), "with_mask 3, without_mask 3", false, ""},
		{"mask, no mask", tree(3, "mask", "no_mask"), "mask 3, no_mask 3", false, ""},
		{"mask, gloves", tree(3, "gloves", "mask"), "gloves 3, mask 3", false, ""},
		{"years outside", tree(9, "2021/cats", "2021/dogs", "2022/cats"), "cats 18, dogs 9", true, ""},
		{"years that differ", tree(9, "cats/2020", "cats/2021", "dogs/2022"), "cats 18, dogs 9", true, ""},
		{"many a patient", tree(30, "sick/p1", "sick/p2", "well/p3"), "sick 60, well 30", true, ""},
		{"one archive in parts", tree(9, "data-001/data/cats", "data-001/data/dogs", "data-002/data/cats"), "cats 18, dogs 9", true, ""},
		{"numbered parts alone", tree(9, "HAM_images_part_1", "HAM_images_part_2"), "HAM_images_part_1 9, HAM_images_part_2 9", true, ""},
		{"numbered classes", tree(9, "0", "1", "7"), "0 9, 1 9, 7 9", false, ""},
		{"unlike depths", tree(9, "cats", "dogs/poodle", "dogs/pug"), "cats 9, dogs 18", true, ""},
		{"accents", tree(3, "Cafe\u0301", "Café", "tea"), "Café 6, tea 3", false, ""},
		{"backslashes", []string{`x\cats\1.png`, `x\dogs\1.png`}, "cats 1, dogs 1", false, ""},
		{"pets", []string{"images/Abyssinian_1.jpg", "images/Abyssinian_2.jpg", "images/great_pyrenees_1.jpg", "images/great_pyrenees_2.jpg", "images/pug_1.jpg", "images/pug_2.jpg", "images/Abyssinian_3.jpg", "images/great_pyrenees_3.jpg", "images/pug_3.jpg", "annotations/trimaps/pug_1.png"}, "Abyssinian 3, great_pyrenees 3, pug 3", true, ""},
		{"a camera's names", []string{"IMG_20210101_1.jpg", "IMG_20210101_2.jpg", "IMG_20210101_3.jpg", "IMG_20210102_1.jpg", "IMG_20210102_2.jpg", "IMG_20210102_3.jpg"}, "", false, ""},
		{"copies", []string{"cat (1).jpg", "cat (2).jpg", "cat (3).jpg", "dog (1).jpg", "dog (2).jpg", "dog (3).jpg"}, "cat 3, dog 3", true, ""},
		{"digits", []string{"3_01.png", "3_02.png", "3_03.png", "7_01.png", "7_02.png", "7_03.png"}, "3 3, 7 3", true, ""},
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
		{"empty cells and tabs", "file\tnote\tlabel\n000.png\t\tcat\n001.png\told\tdog\n002.png\t\tcat\n", "cat 2, dog 1", "", ""},
		{"several rows a picture", "file,x,label\n000.png,1,cat\n000.png,2,cat\n001.png,3,dog\n002.png,1,cat\n002.png,2,dog\n", "cat 1, dog 1", "", ""},
		{"numbers without their zeros", "id,label\n0,cat\n1,dog\n2,cat\n3,dog\n", "cat 2, dog 2", "", ""},
		{"other endings", "file,label\n000.jpg,cat\n001.JPG,dog\n", "cat 1, dog 1", "", ""},
		{"Excel says the separator", "sep=;\nfile;label\n000.png;cat\n001.png;dog\n", "cat 1, dog 1", "", ""},
		{"carriage returns", "file,label\r000.png,cat\r001.png,dog\r", "cat 1, dog 1", "", ""},
		{"blanks", "train/000.png 0\ntrain/001.png 1\ntrain/002.png 1\n", "0 1, 1 2", "", ""},
		{"a first row of a missing picture", "900.png,cat\n000.png,cat\n001.png,dog\n", "cat 1, dog 1", "", ""},
		{"quotes", "file,label\n\"000.png\",\"cat, grey\"\n\"001.png\",\"dog \"\"Rex\"\"\"\n", "cat, grey 1, dog \"Rex\" 1", "", ""},
		{"an old code page", "file;label\n000.png;\xc4pfel\n001.png;\xd6pfel\n002.png;\xc4pfel\n", "Äpfel 2, Öpfel 1", "", ""},
		{"one-hot beside others", "image,sex,MEL,NV\n000,1,1,0\n001,0,0,1\n002,1,0,1\n", "0 1, 1 2", "", ""},
		{"Windows paths", "file,label\nC:\\data\\000.png,cat\nC:\\data\\001.png,dog\n", "cat 1, dog 1", "", ""},
	} {
		table, ok := ReadTable("labels.csv", []byte(c.text), "")
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
	if _, ok := ReadTable("notes.txt", []byte("these are notes"), ""); ok {
		t.Error("prose is a table")
	}
	utf16 := []byte{0xff, 0xfe}
	for _, b := range []byte("file,label\n000.png,cat\n001.png,dog\n") {
		utf16 = append(utf16, b, 0)
	}
	if table, ok := ReadTable("u.csv", utf16, ""); !ok || classes(Look(paths, []*Table{table})) != "cat 1, dog 1" {
		t.Error("UTF-16 was not read")
	}
}

// Tables of the same columns are one; by their names they may divide the pictures. What
// names no picture is told.
func TestSeveralTables(t *testing.T) {
	paths := []string{"i/a1.png", "i/a2.png", "i/a3.png", "i/a4.png", "i/a5.png"}
	var tables []*Table
	for _, c := range [][2]string{
		{"train_labels.csv", "file,label\na1.png,cat\na2.png,dog\na5.png,dog\na9.png,dog\n"},
		{"test_labels.csv", "file,label\na3.png,cat\na4.png,dog\na5.png,dog\n"},
		{"sample_submission.csv", "file,label\na1.png,cat\na2.png,cat\n"},
		{"prices.csv", "item,price\npear,1\nplum,2\n"},
	} {
		table, ok := ReadTable(c[0], []byte(c[1]), "")
		if !ok {
			t.Fatal(c[0])
		}
		tables = append(tables, table)
	}
	s := Look(paths, tables)
	const title = `column "label" of train_labels.csv and test_labels.csv: cat, dog (a row names no image here)`
	if classes(s) != "cat 2, dog 3" || fmt.Sprint(s.Sides) != "[0 0 3 3 3]" || s.Labels[0].Title != title || fmt.Sprint(s.Unused) != "[prices.csv]" {
		t.Errorf("%q, sides %v, %q, unused %v", classes(s), s.Sides, s.Labels[0].Title, s.Unused)
	}
}

// A table that says little is not preferred to folders that say all.
func TestTableOfFew(t *testing.T) {
	table, _ := ReadTable("notes.csv", []byte("file,label\ncats/0.png,good\ndogs/1.png,bad\n"), "")
	if s := Look(tree(9, "cats", "dogs"), []*Table{table}); classes(s) != "cats 9, dogs 9" || s.Ask == "" || len(s.Labels) != 2 {
		t.Errorf("%q, asks %q", classes(s), s.Ask)
	}
}

// Parts of file names keep together what belongs together.
func TestGroupsOfNames(t *testing.T) {
	var paths []string
	for i := range 24 {
		paths = append(paths, fmt.Sprintf("%s/eye_p%d_%02d.png", []string{"sick", "well"}[i%2], i%5, i))
	}
	s := Look(paths, nil)
	if len(s.Groups) != 1 || s.Groups[0].ID != "name:number" && s.Groups[0].ID != "name:2" {
		t.Fatalf("%+v", s.Groups)
	}
	if _, counts := Count(s.Groups[0].Of); len(counts) != 5 || classes(s) != "sick 12, well 12" {
		t.Error(counts, classes(s))
	}
}

func BenchmarkLook(b *testing.B) {
	paths := make([]string, 100_000)
	var text bytes.Buffer
	text.WriteString("file,label,patient,age\n")
	for i := range paths {
		paths[i] = fmt.Sprintf("data/%s/class%d/p%d_%06d.jpg", []string{"train", "test"}[i%2], i%100, i/20, i)
		fmt.Fprintf(&text, "p%d_%06d.jpg,class%d,%d,%d\n", i/20, i, i%100, i/20, i%90)
	}
	for b.Loop() {
		table, _ := ReadTable("labels.csv", text.Bytes(), "")
		Look(paths, []*Table{table})
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
