package intake

import (
	"strings"
	"testing"

	"thaw/irv2/internal/bounded"
)

// FuzzTable: a file that may be a table, beside two pictures.
func FuzzTable(f *testing.F) {
	f.Add([]byte("file,label,patient,split\n1.jpg,cat,7,train\n2.jpg,dog,8,test\n"), "")
	f.Add([]byte("sep=;\nname;a;b\n1;1;0\n2;0;1\n"), "")
	f.Add([]byte("\xff\xfe1\x00.\x00j\x00p\x00g\x00\t\x00a\x00\n\x002\x00\t\x00b\x00"), "")
	f.Add([]byte("a/1.jpg \x94\n2.jpg \x84\n"), "cp850")
	f.Fuzz(func(t *testing.T, content []byte, encoding string) {
		bounded.Parse(t, len(content), func() {
			if table, ok := ReadTable("t.csv", content, encoding); ok {
				hold(t, []string{"a/1.jpg", "b/2.jpg"}, []*Table{table})
			}
		})
	})
}

// FuzzLook: pictures by their paths, one a line.
func FuzzLook(f *testing.F) {
	f.Add("cats/1.jpg\ncats/2.jpg\ndogs/1.jpg\ndogs/1_mask.png")
	f.Add("d/train/a/p1_1.png\nd/train/b/p2_1.png\nd/test/a/p3_1.png")
	f.Add("cat.1.jpg\ncat.2.jpg\ndog.1.jpg")
	f.Fuzz(func(t *testing.T, paths string) {
		bounded.Parse(t, len(paths), func() { hold(t, strings.Split(paths, "\n"), nil) })
	})
}

// hold holds a survey to its form: every list says something of every picture.
func hold(t *testing.T, paths []string, tables []*Table) {
	s := Look(paths, tables)
	ids := map[string]bool{}
	for _, l := range s.Labels {
		if len(l.Of) != len(paths) || ids[l.ID] {
			t.Fatalf("%q labels %d of %d pictures", l.ID, len(l.Of), len(paths))
		}
		ids[l.ID] = true
		if names, _ := Count(l.Of); len(names) == 0 {
			t.Fatalf("%q labels nothing", l.ID)
		}
	}
	for _, g := range s.Groups {
		if names, _ := Count(g.Of); len(g.Of) != len(paths) || len(names) == 0 {
			t.Fatalf("%q groups %d of %d pictures by %d names", g.ID, len(g.Of), len(paths), len(names))
		}
	}
	if s.Sides != nil && len(s.Sides) != len(paths) {
		t.Fatalf("sides of %d of %d pictures", len(s.Sides), len(paths))
	}
	if len(s.Unused) > len(tables) {
		t.Fatalf("%d of %d tables are of no use", len(s.Unused), len(tables))
	}
}
