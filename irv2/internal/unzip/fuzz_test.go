package unzip

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"thaw/irv2/internal/bounded"
)

func FuzzFiles(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a", "\xf6.png"} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		io.WriteString(w, "aaaaaaaaaabbbbbb")
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), "")
	f.Add(packed("\x94\xea/1.jpg", "\x8c\xa2"), "shift_jis")
	f.Fuzz(func(t *testing.T, raw []byte, encoding string) {
		bounded.Parse(t, len(raw), func() {
			files, err := Files(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				return
			}
			Names(files, encoding)
			for _, file := range files[:min(len(files), 20)] {
				if r, err := file.Open(); err == nil {
					io.CopyN(io.Discard, r, 1<<20) // whoever unpacks has a limit
				}
			}
		})
	})
}
