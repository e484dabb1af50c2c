package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Images that are many or large are decoded by workers, to the same bits.

// writePictures writes photographs of 6 megapixels, of which two are equal, small ones,
// 16-bit ones that grow deeper, and files that are refused, in the order that they go in.
func writePictures(t *testing.T) (paths []string) {
	dir := t.TempDir()
	write := func(name string, content []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%02d %s", len(paths), name))
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	photograph := func(n int) []byte {
		m := image.NewYCbCr(image.Rect(0, 0, 3000, 2000), image.YCbCrSubsampleRatio420)
		for i := range m.Y {
			m.Y[i] = uint8(i/3000/(n+3) ^ i%3000/7)
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = uint8(i/(n+11)), uint8(i%1500/8)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	small := glob(t, photos+"boat/*")
	for n, most := range []uint16{250, 1000, 4000, 60000} {
		content := photograph(n)
		write("large.jpg", content)
		if n == 2 {
			write("copy.jpg", content)
			write("cut.jpg", content[:len(content)/2])
		}
		deep := image.NewGray16(image.Rect(0, 0, 200, 100))
		for i := range 20_000 {
			deep.SetGray16(i%200, i/200, color.Gray16{Y: uint16(int(most) * i / 20_000)})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, deep); err != nil {
			t.Fatal(err)
		}
		write("deep.png", b.Bytes())
		content, err := os.ReadFile(small[n])
		if err != nil {
			t.Fatal(err)
		}
		write("small.jpg", content)
	}
	write("text.jpg", []byte("no image"))
	write("empty.jpg", nil)
	return paths
}

// intake takes the files with so many decoders, and returns all that the module says of
// them, at two sizes, and how many decoders were started.
const intake = `
	const intake = async decoders => {
		let started = 0
		const channel = new BroadcastChannel('decoder')
		channel.onmessage = () => started++
		const { open } = await import('/thaw.js')
		const thaw = await open({ decoders, backend: 'portable' })
		const told = [await thaw.data.add('a', files)]
		for (const size of [64, 80]) {
			await thaw.model.configure({ model: 'mini', size })
			const { classes } = await thaw.data.list()
			for (const { id } of classes[0].images) told.push(await (await thaw.data.thumbnail(id)).arrayBuffer().then(b => new Uint8Array(b).toHex?.() ?? [...new Uint8Array(b)].join()))
		}
		thaw.close()
		channel.close()
		return { told: JSON.stringify(told), started, accepted: told[0].accepted, refused: told[0].refused.map(r => r.reason) }
	}
`

// noisyDecoder tells when it starts, and ends over files of a name.
func noisyDecoder(deadly string) func(string) string {
	return func(source string) string {
		return strings.Replace(source, "deliver = receive", "deliver = job => { if (job.job.includes('"+deadly+"')) throw new Error('out of memory'); receive(job) }", 1) +
			"\nnew BroadcastChannel('decoder').postMessage('')\n"
	}
}

func TestModuleDecodesInWorkers(t *testing.T) {
	b := startBrowser(t, alteredServer(t, "decoder.js", noisyDecoder("no file")).URL, "")
	b.navigate(emptyPage)
	b.give(writePictures(t)...)
	got := eval[struct {
		Accepted int
		Started  []int
		Equal    bool
		Refused  []string
	}](b, intake+`
		const one = await intake(0), several = await intake(3)
		return { Accepted: several.accepted, Started: [one.started, several.started], Equal: one.told === several.told, Refused: several.refused }`)
	if got.Accepted != 13 || len(got.Refused) != 3 || !got.Equal || got.Started[0] != 0 || got.Started[1] < 3 {
		t.Errorf("%+v", got)
	}
	b.checkStayedHome()
}

// A file over which decoders end is refused, and the engine lives.
func TestDecoderEnds(t *testing.T) {
	b := startBrowser(t, alteredServer(t, "decoder.js", noisyDecoder("copy.jpg")).URL, "")
	b.navigate(emptyPage)
	b.give(writePictures(t)...)
	got := eval[struct {
		Accepted int
		Refused  []string
	}](b, intake+`
		const { accepted, refused } = await intake(2)
		return { Accepted: accepted, Refused: refused }`)
	if got.Accepted != 12 || len(got.Refused) != 4 || !strings.Contains(got.Refused[0], "copy.jpg could not be decoded, most likely for lack of memory") {
		t.Errorf("%+v", got)
	}
}

// Where no decoder starts, the engine decodes; and adding can be given up meanwhile.
func TestNoDecoderStarts(t *testing.T) {
	b := startBrowser(t, alteredServer(t, "decoder.js", func(string) string { return "throw new Error('no')" }).URL, "")
	b.navigate(emptyPage)
	b.give(writePictures(t)...)
	if n := eval[int](b, intake+"return (await intake(2)).accepted"); n != 13 {
		t.Errorf("%d accepted", n)
	}
}

// Adding that is given up ends while decoders work, and leaves nothing.
func TestDecodingIsGivenUp(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{ decoders: 2 }")
	b.give(writePictures(t)...)
	got := eval[struct {
		Code  string
		Again int
	}](b, `
		const given = new AbortController()
		const code = await thaw.data.add('a', files, { signal: given.signal, onProgress: ({ done }) => done > 0 && given.abort() }).then(() => 'none', e => e.code)
		while ((await thaw.data.list()).classes.length > 0) await new Promise(resolve => setTimeout(resolve, 20)) // the page is told at once
		return { Code: code, Again: (await thaw.data.add('a', files)).accepted }`)
	if got.Code != "cancelled" || got.Again != 13 {
		t.Errorf("%+v", got)
	}
}
