// Command gen draws the pictures of testdata/images and packs the files that test
// what an image importer meets. Everything is seeded: the same bytes each time
// with one Go release (its encoders may change). Run it in the repository's root:
//
//	go run ./testdata/images/gen && python testdata/images/variants.py
//
// variants.py then writes, with Pillow, the formats for which Go has no encoder.
package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

const root = "testdata/images"

const perClass = 8

func main() {
	log.SetFlags(0)
	for _, class := range classes {
		for i := range perClass {
			w, h := 320, 240
			if i%4 == 3 { // some are upright
				w, h = h, w
			}
			write(fmt.Sprintf("photos/%s/%s-%d.jpg", class.name, class.name, i+1), encodeJPEG(scene(class.paint, w, h, i), 85))
		}
	}
	small := scene(paintBoat, 96, 64, 20)
	formats(small)
	bad(small)
	duplicates(small)
	archive()
}

func formats(m *image.RGBA) {
	write("formats/boat.jpg", encodeJPEG(m, 92))
	write("formats/boat.png", encodePNG(m))
	write("formats/boat.bmp", encode(func(b *bytes.Buffer) error { return bmp.Encode(b, m) }))
	write("formats/boat.tif", encode(func(b *bytes.Buffer) error {
		return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
	}))
	write("formats/boat.gif", encode(func(b *bytes.Buffer) error { return gif.Encode(b, m, nil) }))
	write("formats/png-named.jpg", encodePNG(m))

	gray := image.NewGray(m.Rect)
	gray16 := image.NewGray16(m.Rect)
	wide := image.NewNRGBA64(m.Rect)
	alpha := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			gray.Set(x, y, c)
			gray16.SetGray16(x, y, color.Gray16{Y: uint16(gray.GrayAt(x, y).Y)<<8 | uint16(x)})
			wide.SetNRGBA64(x, y, color.NRGBA64{R: uint16(c.R)<<8 | uint16(y), G: uint16(c.G) << 8, B: uint16(c.B) << 8, A: 65535})
			alpha.SetNRGBA(x, y, color.NRGBA{R: c.R, G: c.G, B: c.B, A: uint8(min(255, x*4))})
		}
	}
	write("formats/gray.jpg", encodeJPEG(gray, 92))
	write("formats/gray16.png", encodePNG(gray16))
	write("formats/rgb16.png", encodePNG(wide))
	write("formats/alpha.png", encodePNG(alpha))
}

func bad(m *image.RGBA) {
	photo, drawing := encodeJPEG(m, 92), encodePNG(m)
	write("bad/empty.jpg", nil)
	write("bad/truncated.jpg", photo[:len(photo)*2/3])
	write("bad/truncated.png", drawing[:len(drawing)/2])
	write("bad/text-named.png", []byte("These are notes about boats, not a picture of one.\n"))
	write("bad/drawing.svg", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle cx="4" cy="4" r="3"/></svg>`))
	write("bad/phone.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	damaged := bytes.Clone(drawing)
	damaged[len(damaged)/2] ^= 0xff
	write("bad/damaged.png", damaged)

	wide := image.NewPaletted(image.Rect(0, 0, 20_000, 40), color.Palette{color.White, color.Black})
	write("formats/wide.png", encodePNG(wide))
	// 60,000 x 60,000 in its header, next to nothing behind it.
	bomb := encodePNG(image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White}))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	write("bad/bomb.png", bomb)
}

// duplicates: one picture under three names and formats, and twice nearly.
func duplicates(m *image.RGBA) {
	write("duplicates/boat.png", encodePNG(m))
	write("duplicates/copy/boat.png", encodePNG(m))
	write("duplicates/same-pixels.bmp", encode(func(b *bytes.Buffer) error { return bmp.Encode(b, m) }))
	write("duplicates/recompressed.jpg", encodeJPEG(m, 60))
	write("duplicates/other.png", encodePNG(scene(paintHouse, 96, 64, 21)))
}

// archive packs half-size photographs as people do: folders within a folder, with
// what a Mac and Windows leave behind, a note and a broken file.
func archive() {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, data []byte) {
		w, err := z.Create(name)
		check(err)
		_, err = w.Write(data)
		check(err)
	}
	for _, class := range classes {
		for i := range 4 {
			add(fmt.Sprintf("harbour/%s/%s-%d.jpg", class.name, class.name, i+1), encodeJPEG(scene(class.paint, 120, 90, 40+i), 80))
			add(fmt.Sprintf("__MACOSX/harbour/%s/._%s-%d.jpg", class.name, class.name, i+1), []byte("\x00\x05\x16\x07"))
		}
	}
	add("harbour/.DS_Store", []byte("\x00\x00\x00\x01Bud1"))
	add("harbour/boat/Thumbs.db", []byte("\xd0\xcf\x11\xe0"))
	add("harbour/notes.txt", []byte("Taken in May.\n"))
	add("harbour/house/broken.jpg", encodeJPEG(scene(paintHouse, 120, 90, 50), 80)[:900])
	check(z.Close())
	write("photos.zip", b.Bytes())
}

func encodeJPEG(m image.Image, quality int) []byte {
	return encode(func(b *bytes.Buffer) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: quality}) })
}

func encodePNG(m image.Image) []byte {
	if p, ok := m.(*image.RGBA); ok { // opaque: three channels, as cameras and screens give
		n := image.NewNRGBA(p.Rect)
		draw.Draw(n, n.Rect, p, image.Point{}, draw.Src)
		m = n
	}
	return encode(func(b *bytes.Buffer) error {
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(b, m)
	})
}

func encode(f func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	check(f(&b))
	return b.Bytes()
}

func write(name string, data []byte) {
	p := filepath.Join(root, filepath.FromSlash(name))
	check(os.MkdirAll(filepath.Dir(p), 0o755))
	check(os.WriteFile(p, data, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal("gen: ", err)
	}
}
