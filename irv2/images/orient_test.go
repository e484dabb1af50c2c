package images

import (
	"bytes"
	"image"
	"image/color"
	"io/fs"
	"os"
	"testing"

	"github.com/bep/imagemeta"
)

var oracleFormats = map[string]imagemeta.ImageFormat{"JPEG": imagemeta.JPEG, "PNG": imagemeta.PNG, "WebP": imagemeta.WebP, "TIFF": imagemeta.TIFF}

// oracle reads the orientation with a library that reads all of EXIF.
func oracle(data []byte, format string) int {
	found := 1
	imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: oracleFormats[format], Sources: imagemeta.EXIF,
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := tag.Value.(uint16); ok && tag.Namespace == "IFD0" && tag.Tag == "Orientation" && 1 <= v && v <= 8 {
				found = int(v)
			}
			return nil
		},
	})
	return found
}

func TestOrientation(t *testing.T) {
	names, err := fs.ReadDir(os.DirFS(testdata+"formats"), ".")
	if err != nil {
		t.Fatal(err)
	}
	turned := 0
	for _, n := range names {
		data := file(t, "formats/"+n.Name())
		f, refusal := sniff(data, n.Name())
		if refusal != nil {
			t.Fatal(refusal)
		}
		if oracleFormats[f.name] == 0 {
			continue
		}
		got, want := orientation(data, f.exif), oracle(data, f.name)
		if got != want {
			t.Errorf("%s: orientation %d, want %d", n.Name(), got, want)
		}
		if got != 1 {
			turned++
		}
	}
	if turned != 10 { // exif-2 to 8 as JPEG, 6 as PNG, WebP and TIFF
		t.Errorf("%d files are turned, want 10", turned)
	}
}

func TestOrientationByteOrders(t *testing.T) {
	little := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
	big := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08\x00\x00"
	asIs := func(b []byte) []byte { return b }
	for block, want := range map[string]int{little: 6, big: 8, little[6:]: 6, "": 1, "Exif\x00\x00": 1} {
		if got := orientation([]byte(block), asIs); got != want {
			t.Errorf("%q: %d, want %d", block, got, want)
		}
		for n := range len(block) { // cut off anywhere: upright, no panic
			if got := orientation([]byte(block[:n]), asIs); got != 1 && got != want {
				t.Errorf("%q cut at %d: %d", block, n, got)
			}
		}
	}
}

// Each orientation, worked by hand on a 3 x 2 picture: what is stored for ABC/DEF.
func TestUpright(t *testing.T) {
	stored := map[int][]string{
		1: {"ABC", "DEF"}, 2: {"CBA", "FED"}, 3: {"FED", "CBA"}, 4: {"DEF", "ABC"},
		5: {"AD", "BE", "CF"}, 6: {"CF", "BE", "AD"}, 7: {"FC", "EB", "DA"}, 8: {"DA", "EB", "FC"},
	}
	for o, rows := range stored {
		m := image.NewGray(image.Rect(0, 0, len(rows[0]), len(rows)))
		for y, row := range rows {
			for x := range row {
				m.SetGray(x, y, color.Gray{Y: row[x]})
			}
		}
		p, err := planesOf(m)
		if err != nil {
			t.Fatal(err)
		}
		got := newPicture(p, o).RGB8()
		want := []byte("AAABBBCCCDDDEEEFFF")
		if got.W != 3 || got.H != 2 || !bytes.Equal(got.Pix, want) {
			t.Errorf("orientation %d: %d x %d %s", o, got.W, got.H, got.Pix)
		}
	}
}
