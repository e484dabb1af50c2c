package images

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func add(t testing.TB, d *Dataset, class, path, source string) *Sample {
	t.Helper()
	s, err := d.Add(class, inMemory(path, file(t, source)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inMemory(path string, data []byte) File {
	return File{Path: path, Read: func() ([]byte, error) { return data, nil }}
}

func names(d *Dataset) string {
	var out []string
	for _, c := range d.Classes {
		var samples []string
		for _, s := range c.Samples {
			samples = append(samples, s.Name)
		}
		out = append(out, c.Name+": "+strings.Join(samples, " "))
	}
	return strings.Join(out, "; ")
}

func TestAdd(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	add(t, d, "", "harbour/boat/1.jpg", "photos/boat/boat-1.jpg")
	add(t, d, "", `C:\pictures\house\1.jpg`, "photos/house/house-4.jpg")
	s := add(t, d, "boat", "elsewhere/1.jpg", "photos/boat/boat-4.jpg")
	if got := names(d); got != "boat: 1.jpg 1.jpg; house: 1.jpg" {
		t.Error(got)
	}
	if s.Width != 240 || s.Height != 320 || len(values(t, s)) != 16*16*3 || d.Len() != 3 {
		t.Errorf("%d x %d, %d values, %d pictures", s.Width, s.Height, len(values(t, s)), d.Len())
	}

	for _, c := range []struct {
		class, path, source string
		reason              Reason
	}{
		{"", "lone.jpg", "photos/boat/boat-1.jpg", NoClass},
		{"boat", "a/empty.jpg", "bad/empty.jpg", Empty},
		{"new", "a/text-named.png", "bad/text-named.png", NotAnImage},
	} {
		_, err := d.Add(c.class, inMemory(c.path, file(t, c.source)))
		if r, ok := errors.AsType[*Refusal](err); !ok || r.Reason != c.reason || d.Refused[len(d.Refused)-1] != r {
			t.Errorf("%s: %v", c.path, err)
		} else {
			checkSentence(t, r.Text, c.path[strings.LastIndex(c.path, "/")+1:])
		}
	}
	if d.Len() != 3 || d.Class("new") != nil || len(d.Refused) != 3 {
		t.Errorf("refusals changed the data set: %s, %d refused", names(d), len(d.Refused))
	}
	if d.ClearRefused(); d.Refused != nil {
		t.Error("refusals not cleared")
	}
}

func TestEdit(t *testing.T) {
	d := NewDataset(DefaultResizing(8))
	move := func(class string, ids ...int) error { _, err := d.Move(ids, class); return err }
	a := add(t, d, "boat", "a", "photos/boat/boat-1.jpg")
	b := add(t, d, "boat", "b", "photos/boat/boat-2.jpg")
	for _, step := range []struct {
		do   func() error
		fail string // part of the error, "" for none
		want string // state afterwards
	}{
		{func() error { return d.AddClass(" house\n") }, "", "boat: a b; house: "},
		{func() error { return d.AddClass("house") }, "already a class", "boat: a b; house: "},
		{func() error { return d.AddClass(" \u200b ") }, "needs a name", "boat: a b; house: "},
		{func() error { return d.RenameClass("boat", "ship") }, "", "ship: a b; house: "},
		{func() error { return d.RenameClass("ship", "ship ") }, "", "ship: a b; house: "},
		{func() error { return d.RenameClass("ship", "house") }, "already a class", "ship: a b; house: "},
		{func() error { return d.RenameClass("boat", "x") }, "no class", "ship: a b; house: "},
		{func() error { return move("house", b.ID) }, "", "ship: a; house: b"},
		{func() error { return move("house", a.ID, 99) }, "no image", "ship: a; house: b"},
		{func() error { return move(" garden", a.ID) }, "", "ship: ; house: b; garden: a"},
		{func() error { return move(" \u200b ", a.ID) }, "needs a name", "ship: ; house: b; garden: a"},
		{func() error { return move("ship", b.ID, a.ID, a.ID) }, "", "ship: b a; house: ; garden: "},
		{func() error { return d.Merge("ship", "ship") }, "not with itself", "ship: b a; house: ; garden: "},
		{func() error { return d.Merge("x", "ship") }, "no class", "ship: b a; house: ; garden: "},
		{func() error { return move("house", a.ID) }, "", "ship: b; house: a; garden: "},
		{func() error { return d.Merge("house", "ship") }, "", "ship: b a; garden: "},
		{func() error { return d.Merge("garden", "ship") }, "", "ship: b a"},
		{func() error { return move("house", b.ID) }, "", "ship: a; house: b"},
		{func() error { return d.Remove([]int{b.ID}) }, "", "ship: a; house: "},
		{func() error { return d.Remove([]int{a.ID, b.ID}) }, "no image", "ship: a; house: "},
		{func() error { return d.RemoveClass("house") }, "", "ship: a"},
		{func() error { return d.RemoveClass("house") }, "no class", "ship: a"},
	} {
		err := step.do()
		if (err == nil) != (step.fail == "") || err != nil && !strings.Contains(err.Error(), step.fail) || names(d) != step.want {
			t.Fatalf("error %v, want %q; state %q, want %q", err, step.fail, names(d), step.want)
		}
	}
	if c := add(t, d, "ship", "c", "photos/boat/boat-3.jpg"); c.ID == b.ID {
		t.Error("the ID of a removed picture is given again")
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"a.jpg": "", "cat/a.jpg": "cat", "x/y/cat/a.jpg": "cat", `x\cat\a.jpg`: "cat", "../../etc/a.jpg": "etc",
		"./a.jpg": "", "../a.jpg": "", "cat/./a.jpg": "cat", "cat/../a.jpg": "", "/cat/a.jpg": "cat", "c\x00a\tt/a": "c a t",
	} {
		if got := ClassOf(path); got != want {
			t.Errorf("ClassOf(%q) = %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]bool{
		"a/b.jpg": false, ".DS_Store": true, "a/.hidden.jpg": true, "__MACOSX/a/._b.jpg": true, "a/Thumbs.db": true,
		"../a.jpg": false, "./a.jpg": false, ".git/a.jpg": true, `a\desktop.ini`: true, "...": false,
	} {
		if got := Hidden(path); got != want {
			t.Errorf("Hidden(%q) = %v", path, got)
		}
	}
	if got := cleanName("\u202egpj.x" + strings.Repeat("é", 200) + "\xff"); len([]rune(got)) != 100 || strings.ContainsRune(got, '\u202e') {
		t.Errorf("%q", got)
	}
}

// addZip adds an archive's files, to class or to the classes of their folders.
func addZip(d *Dataset, class, name string, data []byte, l ZipLimits) (n int, err error) {
	a, err := ReadArchive(name, bytes.NewReader(data), int64(len(data)), "", l, d.Limits)
	if err != nil {
		return 0, err
	}
	for _, f := range a.Files {
		if _, err := d.Add(class, f); err == nil {
			n++
		}
	}
	return n, nil
}

func TestReadArchive(t *testing.T) {
	d := NewDataset(DefaultResizing(8))
	data := file(t, "photos.zip")
	if n, err := addZip(d, "", "photos.zip", data, DefaultZipLimits); err != nil || n != 12 || d.Len() != 12 {
		t.Fatalf("%d added of %d, %v", n, d.Len(), err)
	}
	want := "boat: boat-1.jpg boat-2.jpg boat-3.jpg boat-4.jpg; fruit: fruit-1.jpg fruit-2.jpg fruit-3.jpg fruit-4.jpg; house: house-1.jpg house-2.jpg house-3.jpg house-4.jpg"
	if names(d) != want {
		t.Error(names(d))
	}
	var refused []string
	for _, r := range d.Refused {
		refused = append(refused, r.Name+" "+string(r.Reason))
	}
	if got := strings.Join(refused, ", "); got != "notes.txt not-image, broken.jpg truncated" {
		t.Error(got)
	}

	d = NewDataset(DefaultResizing(8))
	if n, err := addZip(d, "mine", "photos.zip", data, DefaultZipLimits); n != 12 || err != nil || len(d.Class("mine").Samples) != 12 {
		t.Error(n, err, names(d))
	}
}

func pack(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZipLimits(t *testing.T) {
	boat := file(t, "formats/boat.png")
	bomb := make([]byte, 8<<20) // packs to 8 kB
	d := NewDataset(DefaultResizing(8))
	d.Limits.FileBytes = 1 << 20

	if _, err := addZip(d, "", "a.zip", []byte("PK no"), DefaultZipLimits); err == nil {
		t.Error("not a zip")
	} else {
		checkSentence(t, err.Error(), "a.zip")
	}
	if _, err := addZip(d, "", "a.zip", pack(t, map[string][]byte{"1": nil, "2": nil}), ZipLimits{Entries: 1, TotalBytes: 1}); err == nil || !strings.Contains(err.Error(), "2 files, more than the 1") {
		t.Error(err)
	}
	// A bomb is one refused file; pictures beside it are taken.
	n, err := addZip(d, "c", "a.zip", pack(t, map[string][]byte{"bomb.png": bomb, "boat.png": boat}), DefaultZipLimits)
	if n != 1 || err != nil || len(d.Refused) != 1 || d.Refused[0].Reason != TooLarge {
		t.Error(n, err, d.Refused)
	}
	// Many of them stop the archive.
	files := map[string][]byte{}
	for i := range 10 {
		files[fmt.Sprint(i)] = bomb
	}
	d.ClearRefused()
	if n, err := addZip(d, "c", "a.zip", pack(t, files), ZipLimits{Entries: 100, TotalBytes: 5 << 20}); n != 0 || err != nil || !strings.Contains(d.Refused[9].Text, "more than 5 MB") {
		t.Error(n, err, d.Refused)
	}
	// Files in no folder make a class named as the archive; names are never paths.
	d = NewDataset(DefaultResizing(8))
	if n, err := addZip(d, "", "some boats.zip", pack(t, map[string][]byte{"../boat.png": boat}), DefaultZipLimits); n != 1 || err != nil || names(d) != "some boats: boat.png" {
		t.Error(n, err, names(d))
	}
}

func TestZipPasswordAndDamage(t *testing.T) {
	data := pack(t, map[string][]byte{"c/boat.png": file(t, "formats/boat.png")})
	central := bytes.Index(data, []byte("PK\x01\x02"))
	locked, torn := bytes.Clone(data), bytes.Clone(data)
	locked[central+8] |= 1
	torn[len(data)/3] ^= 0xff
	for what, data := range map[string][]byte{"encrypted": locked, "": torn} {
		d := NewDataset(DefaultResizing(8))
		n, err := addZip(d, "", "a.zip", data, DefaultZipLimits)
		if n != 0 || err != nil || len(d.Refused) != 1 || d.Refused[0].Reason != Unreadable || !strings.Contains(d.Refused[0].Text, what) {
			t.Errorf("%q: %d, %v, %v", what, n, err, d.Refused)
		} else {
			checkSentence(t, d.Refused[0].Text, "boat.png")
		}
	}
}

func TestDuplicates(t *testing.T) {
	d := NewDataset(DefaultResizing(32))
	add(t, d, "boat", "boat.png", "duplicates/boat.png")
	add(t, d, "boat", "same-pixels.bmp", "duplicates/same-pixels.bmp")
	add(t, d, "boat", "recompressed.jpg", "duplicates/recompressed.jpg")
	add(t, d, "boat", "other.png", "duplicates/other.png")
	dups := d.Duplicates()
	if len(dups) != 1 || dups[0].Conflict || len(dups[0].Samples) != 2 {
		t.Fatal(dups)
	}
	if got := dups[0].String(); got != `boat.png and same-pixels.bmp in "boat" are the same image (2 copies).` {
		t.Error(got)
	}
	near, err := d.Alike(never)
	if err != nil || len(near) != 1 || len(near[0]) != 2 || near[0][0].Name != "boat.png" || near[0][1].Name != "recompressed.jpg" {
		t.Error(near, err)
	}
	add(t, d, "copy", "boat.png", "duplicates/copy/boat.png")
	if dups = d.Duplicates(); len(dups) != 1 || !dups[0].Conflict || !strings.Contains(dups[0].String(), `in "boat" is the same image as boat.png in "copy"`) {
		t.Error(dups)
	}
}

// Names are compared composed, and keep the joiners that make one character of several.
func TestCleanName(t *testing.T) {
	long := strings.Repeat("a", 150)
	if a, b := cleanName(long+"1"), cleanName(long+"2"); a == b || len([]rune(a)) != 100 {
		t.Errorf("%q, %q", a, b)
	}
	for from, want := range map[string]string{
		"Cafe\u0301": "Café", "\U0001f469\u200d\U0001f52c": "\U0001f469\u200d\U0001f52c", "می\u200cشود": "می\u200cشود",
		"a\u202eb\x00c\n": "a b c", " \t": "", "\ufeffx": "x",
	} {
		if got := cleanName(from); got != want {
			t.Errorf("%q: %q, want %q", from, got, want)
		}
	}
}

// None of the 24 photographs looks like another.
func TestPhotosAreNotAlike(t *testing.T) {
	d := NewDataset(DefaultResizing(32))
	for _, class := range []string{"boat", "fruit", "house"} {
		for i := range 8 {
			name := fmt.Sprintf("%s-%d.jpg", class, i+1)
			add(t, d, class, name, "photos/"+class+"/"+name)
		}
	}
	if alike, err := d.Alike(never); err != nil || len(alike) > 0 {
		t.Errorf("%v, %v", alike, err)
	}
}
