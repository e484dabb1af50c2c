package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"time"
)

// oneThread is how many photographs are enough to see what one thread takes.
const oneThread = 12

// measureIntake prints what adding so many photographs of 12 megapixels takes in the page:
// by one thread, by as many decoders as there are by default, and the tab's memory at most.
func measureIntake(ctx context.Context, url string, photographs int, w io.Writer) error {
	if _, err := fmt.Fprintf(w, "intake of JPEGs of 12 megapixels at 299 pixels:\n"); err != nil {
		return err
	}
	for _, c := range []struct {
		name  string
		open  string
		count int
	}{{"one thread", "{ decoders: 0 }", min(oneThread, photographs)}, {"decoders", "{}", photographs}} {
		p, err := openBrowser(ctx, url+"files.json")
		if err != nil {
			return err
		}
		defer p.close()
		start := time.Now()
		took, err := evaluate[float64](p, fmt.Sprintf(`
			const photograph = new Blob([Uint8Array.fromBase64('%s')])
			const files = Array.from({ length: %d }, (_, i) => new File([photograph, String(i)], i + '.jpg')) // what follows the picture is not read
			const thaw = await (await import('/thaw.js')).open(%s)
			await thaw.model.configure({ model: 'full' })
			const start = performance.now()
			const { accepted } = await thaw.data.add('photographs', files)
			if (accepted !== files.length) throw new Error('only ' + accepted + ' were taken')
			return (performance.now() - start) / files.length`, base64.StdEncoding.EncodeToString(photograph()), c.count, c.open))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-10s %5d photographs, %.0f ms each, %.2f GB of the tab's process at most (%s)\n",
			c.name, c.count, took, float64(p.tabBytes())/1e9, time.Since(start).Round(time.Second))
		p.close()
	}
	return nil
}

// photograph is a JPEG of 12 megapixels with as much in it as a camera's: about 5 MB.
func photograph() []byte {
	const w, h = 4000, 3000
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range m.Y {
		m.Y[i] = uint8(100 + i/w/30 + i%w/80 + random.IntN(12))
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(120+random.IntN(6)), uint8(130+i/w/40)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		panic(err) // of memory
	}
	return b.Bytes()
}
