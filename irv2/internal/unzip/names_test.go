package unzip

import (
	"bytes"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// packed is an archive of empty files with these raw names.
func packed(names ...string) []byte {
	var b, directory []byte
	for _, name := range names {
		entry := make([]byte, directoryEntry)
		order.PutUint32(entry, directorySignature)
		order.PutUint16(entry[28:], uint16(len(name)))
		order.PutUint32(entry[42:], uint32(len(b)))
		directory = append(append(directory, entry...), name...)
		local := make([]byte, localLen)
		order.PutUint32(local, localSignature)
		order.PutUint16(local[26:], uint16(len(name)))
		b = append(append(b, local...), name...)
	}
	end := make([]byte, endLen)
	order.PutUint32(end, endSignature)
	order.PutUint16(end[8:], uint16(len(names)))
	order.PutUint16(end[10:], uint16(len(names)))
	order.PutUint32(end[12:], uint32(len(directory)))
	order.PutUint32(end[16:], uint32(len(b)))
	return append(append(b, directory...), end...)
}

func files(t testing.TB, archive []byte) []*File {
	t.Helper()
	f, err := Files(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What Windows packs in each country reads as it was written.
func TestNamesByCodePage(t *testing.T) {
	page := func(name string) encoding.Encoding {
		e, err := htmlindex.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, c := range []struct {
		encoding string
		page     encoding.Encoding
		names    []string
		unsure   bool // as much text of another encoding
	}{
		{"cp850", charmap.CodePage850, []string{"Äpfel", "Öpfel"}, false},
		{"cp850", charmap.CodePage850, []string{"Grüße/Straße 1.jpg", "Vögel/Kleiber.jpg"}, false},
		{"cp850", charmap.CodePage850, []string{"chênes", "érables", "forêt brûlée", "à côté"}, false},
		{"cp850", charmap.CodePage850, []string{"niños", "señal", "ratón"}, false},
		{"windows-1252", charmap.Windows1252, []string{"chênes", "érables", "forêt brûlée"}, false},
		{"ibm866", charmap.CodePage866, []string{"Кошки", "Собаки", "лиса и ёж"}, false},
		{"windows-1251", charmap.Windows1251, []string{"Кошки", "Собаки"}, false},
		{"koi8-r", charmap.KOI8R, []string{"Кошки", "Собаки"}, false},
		{"shift_jis", page("shift_jis"), []string{"猫", "犬"}, false},
		{"shift_jis", page("shift_jis"), []string{"ソース", "ネコ", "いぬ", "表"}, false},
		{"gbk", page("gbk"), []string{"猫咪", "小狗", "苹果"}, true},
		{"euc-kr", page("euc-kr"), []string{"고양이", "강아지"}, true},
		{"big5", page("big5"), []string{"貓咪", "小狗", "蘋果"}, false},
	} {
		var raw, want []string
		for i, name := range c.names {
			for range 2 {
				encoded, err := c.page.NewEncoder().String(name)
				if err != nil {
					t.Fatal(err)
				}
				raw, want = append(raw, encoded+"/"+string(rune('0'+i))+".png"), append(want, name+"/"+string(rune('0'+i))+".png")
			}
		}
		fs := files(t, packed(raw...))
		used, sure := Names(fs, "")
		var got []string
		for _, f := range fs {
			got = append(got, f.Name)
		}
		if right := slices.Equal(got, want); !right && (sure || !c.unsure) || sure && c.unsure {
			t.Errorf("%s: %s, sure %v, %q", c.encoding, used, sure, got)
		}
		Names(fs, c.encoding)
		for i, f := range fs {
			if f.Name != want[i] {
				t.Errorf("%s when told: %q", c.encoding, f.Name)
			}
		}
	}
}

// Names that the archive says are taken; bytes of no encoding stay different.
func TestNamesSaid(t *testing.T) {
	path := append([]byte{0x75, 0x70, 0, 0, 1}, order.AppendUint32(nil, crc32.ChecksumIEEE([]byte("?.png")))...)
	path = append(path, "猫.png"...)
	order.PutUint16(path[2:], uint16(len(path)-4))
	f := &File{RawName: []byte("?.png"), Name: "?.png"}
	if !f.parseExtra(path) || f.Name != "猫.png" || !f.Known {
		t.Errorf("Info-ZIP's name: %+v", f)
	}
	other := &File{RawName: []byte("renamed.png"), Name: "renamed.png"}
	if other.parseExtra(path); other.Known {
		t.Error("a stale Unicode name was taken")
	}
	fs := files(t, packed("猫/1.png", "plain/1.png"))
	if used, sure := Names(fs, ""); used != "utf-8" || !sure || fs[0].Name != "猫/1.png" {
		t.Errorf("%s %v %q", used, sure, fs[0].Name)
	}
	fs = files(t, packed("\xff\x81", "\xff\x82", "\xfd\x81"))
	Names(fs, "shift_jis")
	if fs[0].Name == fs[1].Name || fs[1].Name == fs[2].Name || fs[0].Name == fs[2].Name {
		t.Errorf("%q %q %q", fs[0].Name, fs[1].Name, fs[2].Name)
	}
}

// Finder counts modulo 65,536, without zip64; other bytes may stand in front.
func TestManyFilesAndBytesInFront(t *testing.T) {
	names := make([]string, 66_000)
	for i := range names {
		names[i] = strings.Repeat("a", 1+i%7)
	}
	if n := len(files(t, packed(names...))); n != len(names) {
		t.Errorf("%d files of %d", n, len(names))
	}
	front := append([]byte("#!/bin/sh\nexit\n"), packed("a", "b")...)
	fs := files(t, front)
	if at, err := fs[1].DataOffset(); len(fs) != 2 || err != nil || int(at) != len("#!/bin/sh\nexit\n")+2*(localLen+1) {
		t.Errorf("%d files, at %d, %v", len(fs), at, err)
	}
}
