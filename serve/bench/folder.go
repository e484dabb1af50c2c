package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// measureFolder drops a folder of so many photographs, no two of them alike, on the page, and
// prints how the memory of the tab goes while they come in and are kept.
func measureFolder(ctx context.Context, url string, photographs int, megapixels float64, w io.Writer) error {
	dir, err := os.MkdirTemp("", "thaw-photographs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bytes, err := writePhotographs(dir, photographs, megapixels)
	if err != nil {
		return err
	}
	p, err := openBrowser(ctx, url+"#model=full&size=299", chromedp.WindowSize(1280, 720))
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.drop(dir); err != nil {
		return err
	}
	fmt.Fprintf(w, "a folder of %d JPEGs of %g megapixels, %.2f MB each, at 299 pixels:\n", photographs, megapixels, float64(bytes)/float64(photographs)/1e6)
	fmt.Fprintf(w, "  %6s  %11s  %6s  %17s  %14s\n", "min", "photographs", "kept", "GB of the tab now", "GB at the most")
	start, told, most := time.Now(), 0, int64(0)
	for {
		now, err := evaluate[struct{ Taken, Kept int }](p, `
			const { state } = await import('/app/store.js')
			const taken = state.data.classes.flatMap(c => c.images).length
			return { Taken: taken || (document.querySelector('#data-progress progress')?.value ?? 0), Kept: state.keeping?.images ?? 0 }`)
		if err != nil {
			return err
		}
		most = max(most, p.tab("VmHWM")) // Chromium has Linux forget it from time to time
		done := now.Kept == photographs
		if at := now.Taken + now.Kept; done || at >= told+photographs/10 {
			told = at
			fmt.Fprintf(w, "  %6.1f  %11d  %6d  %17.2f  %14.2f\n", time.Since(start).Minutes(), now.Taken, now.Kept, float64(p.tab("VmRSS"))/1e9, float64(most)/1e9)
		}
		if done {
			return p.printHeap(w)
		}
		time.Sleep(time.Second)
	}
}

// printHeap prints what the objects of the page, its workers and their WebAssembly take.
func (p *page) printHeap(w io.Writer) error {
	heap, err := evaluate[struct {
		Bytes  float64
		Script float64
	}](p, `return { Bytes: (await performance.measureUserAgentSpecificMemory()).bytes, Script: performance.memory.usedJSHeapSize }`)
	fmt.Fprintf(w, "  page, workers and WebAssembly at the end: %.2f GB, of it objects of the page: %.3f GB\n", heap.Bytes/1e9, heap.Script/1e9)
	return err
}

// drop drops a folder on the page as from a file manager, and takes what is shown.
func (p *page) drop(dir string) error {
	if _, err := evaluate[bool](p, "while (document.body.dataset.ready === undefined) await new Promise(done => setTimeout(done, 100)); await new Promise(done => setTimeout(done, 1000)); return true"); err != nil {
		return err
	}
	at, err := evaluate[[]float64](p, "const r = document.querySelector('#drop').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]")
	if err != nil {
		return err
	}
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{dir}, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		if _, err := chromedp.Call(p.ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: data}); err != nil {
			return err
		}
	}
	_, err = evaluate[bool](p, "let add; while (!(add = document.querySelector('[data-testid=preview-add]'))) await new Promise(done => setTimeout(done, 100)); add.click(); return true")
	return err
}

const (
	drawn   = 16 // photographs that are drawn; the others differ from one in their tables
	columns = 12 // classes
)

// writePhotographs writes photographs that differ in their bytes and in every block of 8x8
// pixels: drawing 5,000 would take longer than reading them. It returns their bytes.
func writePhotographs(dir string, n int, megapixels float64) (size int64, err error) {
	var base [drawn][]byte
	for i := range n {
		b := &base[i%drawn]
		if *b == nil {
			*b = scene(uint64(i), megapixels)
		}
		photograph := bytes.Clone(*b)
		table := photograph[bytes.Index(photograph, []byte{0xff, 0xdb})+5:][:64]
		for bit, v := 0, i/drawn; v > 0; bit, v = bit+1, v>>1 {
			table[1+bit] += byte(v & 1) // of the lowest frequencies, a step of the scale
		}
		folder := filepath.Join(dir, fmt.Sprint("class ", i%columns))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return size, err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(i, ".jpg")), photograph, 0o644); err != nil {
			return size, err
		}
		size += int64(len(photograph))
	}
	return size, nil
}

// scene is a JPEG of 4 by 3, of about 1 MB where it has 12 megapixels.
func scene(seed uint64, megapixels float64) []byte {
	h := int(math.Sqrt(megapixels * 1e6 * 3 / 4))
	w := h * 4 / 3 &^ 1
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	random := rand.New(rand.NewPCG(seed, 1))
	tilt := 20 + random.IntN(60)
	for i := range m.Y {
		m.Y[i] = uint8(60 + 100*i/(w*h) + i%w*tilt/w + random.IntN(6))
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(120+tilt/8), uint8(130+80*i/len(m.Cb))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // of memory
	}
	return b.Bytes()
}
