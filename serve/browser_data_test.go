package main

import (
	"path/filepath"
	"strings"
	"testing"
)

const testImages = "../testdata/images/"

type addResult struct {
	Accepted int
	Refused  []struct{ Name, Reason string }
	Data     struct {
		Classes []struct {
			Name   string
			Images []struct{ Name, Split string }
		}
		Duplicates []struct {
			IDs      []int
			Conflict bool
		}
		Problem  *string
		Warnings []string
	}
}

// Each bad file is refused by name with a sentence; the rest is kept.
func TestBadImages(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	bad := glob(t, testImages+"bad/*")
	b.give(append(bad, glob(t, photos+"boat/*")...)...)
	got := eval[addResult](b, "return await thaw.data.add('boat', files)")
	if got.Accepted != 8 || len(got.Refused) != len(bad) {
		t.Errorf("%d accepted, %d of %d refused", got.Accepted, len(got.Refused), len(bad))
	}
	for i, r := range got.Refused {
		if r.Name != filepath.Base(bad[i]) || !strings.HasSuffix(r.Reason, ".") || strings.Contains(r.Reason, "\n") {
			t.Errorf("%s: refused as %q: %q", bad[i], r.Name, r.Reason)
		}
	}
}

func TestFormats(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	files := glob(t, testImages+"formats/*")
	b.give(files...)
	got := eval[addResult](b, "return await thaw.data.add('all', files)")
	if got.Accepted != len(files) {
		t.Errorf("%d of %d accepted; refused: %v", got.Accepted, len(files), got.Refused)
	}
	// TIFF, which the browser cannot show, has a thumbnail all the same.
	kind := eval[string](b, `
		const { classes } = await thaw.data.list()
		const { id } = classes[0].images.find(i => i.name === 'lzw.tif')
		const thumbnail = await thaw.data.thumbnail(id)
		const { width } = await createImageBitmap(thumbnail)
		return thumbnail.type + (width > 0)`)
	if kind != "image/jpegtrue" {
		t.Errorf("thumbnail %s", kind)
	}
}

func TestZip(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.give(testImages + "photos.zip")
	refused := eval[string](b, "globalThis.survey = await thaw.data.survey([{ path: 'photos.zip', file: files[0] }]); return survey.refused.map(r => r.name).join()")
	if refused != "notes.txt" {
		t.Errorf("refused %q before reading", refused)
	}
	got := eval[addResult](b, "return await thaw.data.take(survey, { source: survey.sources[0].id })")
	if got.Accepted != 12 || len(got.Data.Classes) != 3 || got.Data.Problem != nil || len(got.Refused) != 1 || got.Refused[0].Name != "broken.jpg" {
		t.Errorf("%+v", got)
	}
	if reason := eval[string](b, "return (await thaw.data.survey([{ path: 'a.zip', file: new File(['no zip'], 'a.zip') }])).refused[0].reason"); !strings.HasPrefix(reason, "a.zip is no zip archive") {
		t.Error(reason)
	}
}

// What stands in the way of training is said before and instead of it.
func TestTooFewImages(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	eval[bool](b, "await thaw.weights.synthesize({ model: 'mini', seed: 1 }); return true")
	noRun := func(want string) {
		t.Helper()
		checkSentence(t, "train", failure(b, "await thaw.train({ preset: 'head-only' })"), want)
	}
	noRun("no images")
	b.give(glob(t, photos+"boat/*")...)
	one := eval[addResult](b, "return await thaw.data.add('boat', files)")
	if one.Data.Problem == nil || !strings.Contains(*one.Data.Problem, "only one class") {
		t.Errorf("problem %v", one.Data.Problem)
	}
	noRun("only one class")
	b.give(photos + "house/house-1.jpg")
	two := eval[addResult](b, "return await thaw.data.add('house', files)")
	if two.Data.Problem != nil || len(two.Data.Warnings) != 2 || !strings.Contains(two.Data.Warnings[0], "only one image") || !strings.Contains(two.Data.Warnings[1], "balanced accuracy") {
		t.Errorf("problem %v, warnings %v", two.Data.Problem, two.Data.Warnings)
	}
}

// The same picture never stands on both sides of the split; under two classes it is
// left out. Two files of one name are two images.
func TestDuplicates(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.give(testImages+"duplicates/boat.png", testImages+"duplicates/same-pixels.bmp", testImages+"duplicates/other.png", testImages+"duplicates/recompressed.jpg")
	got := eval[addResult](b, `
		await thaw.data.add('a', files)
		return await thaw.data.add('b', [files[2], new File([files[3]], 'boat.png')])`)
	if len(got.Data.Duplicates) != 3 || got.Data.Duplicates[0].Conflict || !got.Data.Duplicates[1].Conflict {
		t.Errorf("duplicates %+v", got.Data.Duplicates)
	}
	if n := len(got.Data.Classes[0].Images) + len(got.Data.Classes[1].Images); n != 6 {
		t.Errorf("%d images", n)
	}
	sides := map[string]string{}
	for _, image := range got.Data.Classes[0].Images {
		sides[image.Name] = image.Split
	}
	if sides["boat.png"] != sides["same-pixels.bmp"] {
		t.Errorf("copies on both sides: %v", sides)
	}
}

func TestClassesAreEdited(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	names := eval[[]string](b, `
		await thaw.data.rename('boat', 'ship')
		await thaw.data.removeClass('fruit')
		const { classes } = await thaw.data.add('empty', []).then(r => r.data)
		await thaw.data.remove([classes[0].images[0].id])
		return (await thaw.data.list()).classes.map(c => c.name + c.images.length)`)
	if got := strings.Join(names, " "); got != "ship7 house8 empty0" {
		t.Error(got)
	}
	checkSentence(t, "rename", failure(b, "await thaw.data.rename('ship', 'house')"), "already")
	checkSentence(t, "remove", failure(b, "await thaw.data.remove([999])"), "999")
}

// Pictures follow the network's size without being given again.
func TestImagesFollowSize(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	eval[bool](b, `
		await thaw.data.addWorld('near', { perClass: 2 })
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.model.configure({ size: 48 })
		const run = await thaw.train({ preset: 'head-only' }, { epochs: 1 })
		return (await run.done).epochs === 1`)
}
