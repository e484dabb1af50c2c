package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// photographs writes folders of JPEGs, as a camera of few pixels might take them: a bright
// or a dark place in the middle of a noisy gradient.
func photographs(t *testing.T, classes ...string) (folders []string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for c, class := range classes {
		dir := filepath.Join(t.TempDir(), class)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			img := image.NewRGBA(image.Rect(0, 0, 96, 80))
			base := random.IntN(60)
			for y := range 80 {
				for x := range 96 {
					level := base + y + random.IntN(20)
					if (x-48)*(x-48)+(y-40)*(y-40) < 400 {
						level = 20 + 200*c + random.IntN(20)
					}
					img.Set(x, y, color.RGBA{uint8(level), uint8(level * 3 / 4), uint8(255 - level), 255})
				}
			}
			var b bytes.Buffer
			if err := jpeg.Encode(&b, img, nil); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		folders = append(folders, dir)
	}
	return folders
}

const photoWeights = "/models/mini-photo.safetensors"

// asked says whether the page or its workers have asked for a path.
func (b *browserTab) asked(path string) bool {
	b.requests.Lock()
	defer b.requests.Unlock()
	for _, url := range b.requests.urls {
		if strings.HasSuffix(url, path) {
			return true
		}
	}
	return false
}

// uses waits until a network is in use.
func (b *browserTab) uses(id string) {
	b.t.Helper()
	b.wait("await (async () => { const { state } = await import('/app/store.js'); return state.model?.weights?.id === '"+id+"' && state.loading === null })()", id+" is in use")
}

// Who brings photographs is offered the network that has seen some: one click takes it,
// one takes the other back, and once wanted it is there without a server.
func TestPageOffersPhotoNetwork(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"mini", "mini-photo"} {
		raw, err := os.ReadFile("../web/models/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var card struct{ Seen, Terms string }
		if err := json.Unmarshal(raw, &card); err != nil {
			t.Fatal(err)
		}
		seen[name], seen["terms of "+name] = card.Seen, card.Terms
	}
	pictures := photographs(t, "dusk", "dawn")
	server := testServer(t)
	b := startBrowser(t, server.URL, "")
	b.page("#epochs=2")
	b.wait("(await navigator.serviceWorker.ready).active.state === 'activated'", "the service worker is there")
	b.uses("mini-source")
	if eval[bool](b, "return Boolean(document.querySelector('#offer').offsetParent)") {
		t.Error("something is offered before there are images")
	}
	b.dropImages(pictures...)
	b.wait("document.querySelector('#offer').textContent.includes(`"+seen["mini-photo"]+"`)", "the offer")
	for _, want := range []string{seen["mini"], seen["terms of mini-photo"]} {
		if got := b.text("#offer"); !strings.Contains(got, want) {
			t.Errorf("the offer does not say %q: %s", want, got)
		}
	}
	b.uses("mini-source") // nothing changes unasked
	if b.asked(photoWeights) {
		t.Error("the photo network was loaded before anybody wanted it")
	}
	b.click("[data-testid=offer-use]")
	b.uses("mini-photo")
	b.click("[data-testid=offer-back]")
	b.uses("mini-source")
	b.click("[data-testid=offer-use]")
	b.uses("mini-photo")
	if size := eval[int](b, "const { state } = await import('/app/store.js'); return state.model.size"); size != 64 {
		t.Errorf("%d pixels, it was trained at 64", size)
	}
	b.click("#weights-open")
	b.wait("document.querySelector('[data-weights=mini-photo]')?.textContent.includes(`"+seen["terms of mini-photo"]+"`)", "the dialog says what it has seen and the terms")
	eval[bool](b, "document.querySelector('#weights-dialog').close(); return true")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
	b.wait("document.querySelector('#offer').hidden", "nothing is offered that would lose what was learned")

	server.Close()
	b.page("")
	b.uses("mini-photo") // what was last used
	b.click("#projects-open")
	b.click("[data-testid=project-new]")
	b.wait("!document.querySelector('#classes > [data-class]')", "a new project")
	b.click("[data-world=near]")
	b.wait("document.querySelector('#offer').textContent.includes('the lesson on them is about mini')", "the lesson's own network is offered")
	if eval[bool](b, "return Boolean(document.querySelector('[data-testid=prediction-before]'))") {
		t.Error("the page predicts for a network that its predictions are not about")
	}
	b.click("[data-testid=offer-back]")
	b.uses("mini-source")
	b.wait("document.querySelector('#offer').hidden && document.querySelector('[data-testid=prediction-before]')", "the lesson is as always")
}

// What was wanted once is kept in the version that the site has, as all else is.
func TestWantedNetworkIsRenewed(t *testing.T) {
	old, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	renewed := &site{files: maps.Clone(old.files), headers: old.headers}
	name := strings.TrimPrefix(photoWeights, "/")
	renewed.files[name] = &file{contentType: old.files[name].contentType, etag: `"renewed"`, raw: []byte("renewed")}
	list, err := json.Marshal(renewed.manifest())
	if err != nil {
		t.Fatal(err)
	}
	renewed.files["files.json"] = &file{contentType: contentTypes[".json"], etag: `"renewed"`, raw: list}
	var now atomic.Pointer[site]
	now.Store(old)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.Load().ServeHTTP(w, r) }))
	defer server.Close()
	b := startBrowser(t, server.URL, "")
	b.page("")
	b.wait("(await navigator.serviceWorker.ready).active.state === 'activated'", "the service worker is there")
	kept := "(await (await (await caches.open('thaw')).match('" + photoWeights + "'))?.blob())?.size"
	if eval[bool](b, "return "+kept+" !== undefined") {
		t.Error("the photo network is kept before anybody wanted it")
	}
	eval[string](b, "return (await (await import('/app/store.js')).state.thaw.weights.use('mini-photo')).id")
	b.wait(fmt.Sprintf("%s === %d", kept, len(old.files[name].raw)), "it is kept")
	now.Store(renewed)
	b.page("")
	b.wait(fmt.Sprintf("%s === %d", kept, len("renewed")), "the new version is kept")
}
