package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// fineTuned trains mini a little and makes its export globalThis.tuned, and what it
// predicts for the last photograph globalThis.predicted.
const fineTuned = `
	await thaw.weights.synthesize({ model: 'mini', seed: 1 })
	const run = await thaw.train({ preset: 'unfreeze-all' }, { epochs: 1, batch: 8 })
	await run.done
	globalThis.tuned = await thaw.export('safetensors')
	globalThis.predicted = JSON.stringify((await thaw.predict(files[0])).classes)
	return tuned.size`

func TestWeightsSurviveReload(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	eval[float64](b, fineTuned)
	before := eval[string](b, "return predicted")
	id := eval[string](b, "return (await thaw.weights.import(tuned, { name: 'tuned.safetensors' })).id")

	b.module("{}") // another visit
	kept := eval[[]struct {
		ID, Description string
		Stored          bool
	}](b, "return (await thaw.weights.list()).filter(info => !info.builtin)")
	if len(kept) != 1 || kept[0].ID != id || !kept[0].Stored || kept[0].Description != "fine-tuned in Thaw, 3 classes" {
		t.Fatalf("kept %+v", kept)
	}
	b.give(glob(t, photos+"house/*")...)
	after := eval[string](b, `
		await thaw.weights.use('`+id+`')
		return JSON.stringify((await thaw.predict(files[0])).classes)`)
	if after != before {
		t.Errorf("predicts %s, before the reload %s", after, before)
	}
	if n := eval[int](b, "await thaw.weights.remove('"+id+"'); return (await thaw.weights.list()).filter(info => !info.builtin).length"); n != 0 {
		t.Errorf("%d kept after removal", n)
	}
	if err := failure(b, "await thaw.weights.use('"+id+"')"); !strings.HasPrefix(err, "invalid: These weights are no longer kept") {
		t.Error(err)
	}
}

func TestWeightsAreExportedAndReadBack(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	eval[float64](b, fineTuned)
	for _, format := range []string{"safetensors", "keras", "h5", "onnx", "tfjs"} {
		got := eval[struct {
			Format string
			Stored bool
		}](b, "return await thaw.weights.import(await thaw.export('"+format+"'), { name: 'tuned."+format+"' })")
		if !got.Stored || !strings.Contains(strings.ToLower(got.Format), map[string]string{"safetensors": "safetensors", "keras": "keras 3", "h5": "hdf5", "onnx": "onnx", "tfjs": "tensorflow.js"}[format]) {
			t.Errorf("%s: %+v", format, got)
		}
	}
}

// Every file that is no good gets one sentence that says what and what to do, and
// costs nothing: the weights in use stay.
func TestBadWeights(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	eval[bool](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		globalThis.good = await thaw.export('safetensors')
		globalThis.h5 = await thaw.export('h5')
		return true`)
	for _, c := range []struct{ name, blob, want string }{
		{"empty", "new Blob([])", "empty"},
		{"text", "new Blob(['these are no weights, and long enough to be looked at'])", "no weights file"},
		{"page", "new Blob(['<!doctype html><title>404</title>'])", "web page"},
		{"truncated", "good.slice(0, good.size - 100)", "cut short"},
		{"truncated-header", "good.slice(0, 1000)", "cut short"},
		{"truncated-h5", "h5.slice(0, h5.size / 2)", "cut short"},
		{"nan", "new Blob([good.slice(0, good.size - 4), new Float32Array([NaN])])", "NaN"},
		{"corrupt", "new Blob([good.slice(0, 8), '{{', good.slice(10)])", "damaged"},
	} {
		err := failure(b, "await thaw.weights.import("+c.blob+", { name: '"+c.name+"' })")
		checkSentence(t, c.name, err, c.want)
	}
	for _, name := range []string{"other.h5", "other.safetensors", "other.keras", "keras_notop.h5", "timm_half.safetensors"} {
		b.give("../testdata/weights/" + name)
		err := failure(b, "await thaw.weights.import(files[0])")
		checkSentence(t, name, err, "InceptionResNetV2")
	}
	if id := eval[string](b, "return (await thaw.model.describe()).weights.id"); id != "random-mini-1" {
		t.Errorf("the weights in use are now %s", id)
	}
	if n := eval[int](b, "return (await thaw.weights.list()).filter(info => !info.builtin).length"); n != 0 {
		t.Errorf("%d bad files were kept", n)
	}
}

// checkSentence: an error is "code: sentence." with a known code, naming what it must.
func checkSentence(t *testing.T, name, got, want string) {
	t.Helper()
	code, sentence, _ := strings.Cut(got, ": ")
	known := strings.Contains(" invalid exists unsupported corrupt mismatch memory quota storage network cancelled ", " "+code+" ")
	if !known || !strings.Contains(sentence, want) || !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, "\n") {
		t.Errorf("%s: %q, want a sentence with %q", name, got, want)
	}
}

// weightServer stands for the hosts that publish weights.
func weightServer(t *testing.T, weights []byte) *httptest.Server {
	mux := http.NewServeMux()
	serve := func(path string, h http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			h(w, r)
		})
	}
	serve("/good.safetensors", func(w http.ResponseWriter, r *http.Request) { w.Write(weights) })
	serve("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write(weights[:1<<10])
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	serve("/broken", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(weights)))
		w.Write(weights[:len(weights)/2])
	})
	serve("/nothing", http.NotFound)
	serve("/huge", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "3000000000") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestWeightsAreFetched(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	encoded := eval[string](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		const bytes = new Uint8Array(await (await thaw.export('safetensors')).arrayBuffer())
		return btoa(Array.from(bytes, b => String.fromCharCode(b)).join(''))`)
	weights, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	server := weightServer(t, weights)
	steps := eval[int](b, `
		const progress = []
		const info = await thaw.weights.import('`+server.URL+`/good.safetensors', { onProgress: p => progress.push(p) })
		return progress.filter(p => p.done === p.total).length`)
	if steps == 0 {
		t.Error("no progress was told")
	}
	for _, c := range []struct{ path, code, want string }{
		{server.URL + "/nothing", "network", "404"},
		{server.URL + "/broken", "network", "broke off"},
		{server.URL + "/huge", "invalid", "more than"},
		{"https://example.invalid/w.h5", "network", "could not be fetched"},
		{"file:///etc/passwd", "invalid", "not a web address"},
	} {
		err := failure(b, "await thaw.weights.import('"+c.path+"')")
		checkSentence(t, c.path, err, c.want)
		if !strings.HasPrefix(err, c.code+":") {
			t.Errorf("%s: %s, want code %s", c.path, err, c.code)
		}
	}
	stopped := failure(b, `
		const stop = new AbortController()
		await thaw.weights.import('`+server.URL+`/endless', { signal: stop.signal, onProgress: () => stop.abort() })`)
	if !strings.HasPrefix(stopped, "cancelled:") {
		t.Error(stopped)
	}
	if err := failure(b, "await thaw.reset()"); err != "no error" { // the turn was given back
		t.Error(err)
	}
}

// A full disk: the weights are used all the same, and the page says that they are not kept.
func TestQuotaExceeded(t *testing.T) {
	server := testServer(t)
	b := startBrowser(t, server.URL, "")
	b.module("{}")
	quota := 1e6
	if _, err := chromedp.Call(b.ctx, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: server.URL, QuotaSize: &quota}); err != nil {
		t.Fatal(err)
	}
	got := eval[struct {
		Stored   bool
		Warnings []string
	}](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		return await thaw.weights.import(await thaw.export('safetensors'), { name: 'mini.safetensors' })`)
	if got.Stored || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "no room left") {
		t.Errorf("%+v", got)
	}
	if n := eval[int](b, "return (await thaw.weights.list()).filter(info => !info.builtin).length"); n != 0 {
		t.Errorf("%d half entries are kept", n)
	}
	trainsOnWorld(b)
}

// Site data forbidden: everything works but keeping.
func TestStorageBlocked(t *testing.T) {
	profile := t.TempDir()
	preferences := filepath.Join(profile, "Default", "Preferences")
	if err := os.MkdirAll(filepath.Dir(preferences), 0o755); err != nil {
		t.Fatal(err)
	}
	const blocked = `{"profile":{"default_content_setting_values":{"cookies":2}}}`
	if err := os.WriteFile(preferences, []byte(blocked), 0o644); err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, testServer(t).URL, profile)
	b.module("{}")
	notices := eval[[]struct{ Level, Message string }](b, "return notices")
	if len(notices) != 1 || !strings.Contains(notices[0].Message, "keeps nothing") {
		t.Fatalf("notices %+v", notices)
	}
	eval[bool](b, "await thaw.weights.synthesize({ model: 'mini', seed: 1 }); return true")
	trainsOnWorld(b)
}

func trainsOnWorld(b *browserTab) {
	b.t.Helper()
	result := eval[runResult](b, `
		await thaw.data.addWorld('near', { perClass: 3 })
		const run = await thaw.train({ preset: 'head-only' }, { epochs: 1, batch: 4 })
		return await run.done`)
	if result.Epochs != 1 {
		b.t.Errorf("result %+v", result)
	}
}
