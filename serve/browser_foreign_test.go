package main

import (
	"strings"
	"testing"
)

// Chromium decodes AVIF: it is refused with a helpful sentence, and taken where it may be.
func TestForeignFormats(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.give(testImages+"foreign/boat.avif", testImages+"bad/phone.heic")
	got := eval[addResult](b, "return await thaw.data.add('boat', files)")
	if got.Accepted != 0 || len(got.Refused) != 2 || !strings.Contains(got.Refused[0].Reason, "only this browser can decode") || !strings.Contains(got.Refused[1].Reason, "Most Compatible") {
		t.Errorf("%+v", got)
	}
	foreign := eval[string](b, `
		globalThis.survey = await thaw.data.survey(files.map(file => ({ path: 'boat/' + file.name, file })))
		return survey.foreign.map(f => f.format + f.count + f.browser).join()`)
	if foreign != "AVIF1true,HEIC1false" {
		t.Errorf("surveyed: %s", foreign)
	}
	taken := eval[string](b, `
		const { data } = await thaw.data.take(survey, { className: 'boat', browserDecoded: true })
		return data.classes[0].images.map(i => i.name + i.browserDecoded).join()`)
	if taken != "boat.aviftrue" {
		t.Errorf("taken: %s", taken)
	}
	// Its mean colour is Pillow's: 105, 129, 156.
	mean := eval[[]float64](b, `
		const { classes } = await thaw.data.list()
		const bitmap = await createImageBitmap(await thaw.data.thumbnail(classes[0].images[0].id))
		const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
		context.drawImage(bitmap, 0, 0)
		const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height)
		return [0, 1, 2].map(c => data.filter((_, i) => i % 4 === c).reduce((a, b) => a + b) / (data.length / 4))`)
	for c, want := range []float64{105, 129, 156} {
		if d := mean[c] - want; d < -3 || d > 3 {
			t.Errorf("mean colour %v", mean)
		}
	}
}
