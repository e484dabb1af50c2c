package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Firefox opens a page that trains by itself and posts what came out. Chromium opens the
// same page, and the two must agree.

// trainingScript is a short training of the mini network on drawn images.
const trainingScript = `
import { open } from '/thaw.js'
const answer = {}
try {
  const thaw = await open({ threads: 2 })
  Object.assign(answer, thaw.engine)
  await thaw.weights.synthesize({ model: 'mini', seed: 1 })
  await thaw.data.addWorld('near', { perClass: 5 })
  answer.losses = []
  const run = await thaw.train({ from: 'block8_1' }, { epochs: 2, batch: 4, seed: 1 }, e => e.kind === 'step' && answer.losses.push(e.loss))
  const { validationAccuracy, validationLoss } = await run.done
  Object.assign(answer, { validationAccuracy, validationLoss })
} catch (error) {
  answer.error = String(error)
}
await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) })
`

// trained is what the script posts.
type trained struct {
	Backend            string
	Threads            int
	Isolated           bool
	Losses             []float64
	ValidationAccuracy float64
	ValidationLoss     float64
	Error              string
}

// Where a browser has no relaxed SIMD its kernels round products before they add,
// where Chromium's fused ones do not: 1e-7 a sum, which steps of training carry on.
const lossTolerance = 2e-3

func TestFirefoxTrainsOnSIMD(t *testing.T) {
	firefoxPath(t) // or it is skipped
	answers := make(chan trained, 1)
	url := trainingServer(t, answers)
	ctx, stop := context.WithTimeout(context.Background(), browserTimeout)
	cmd := firefoxCommand(ctx, t, url)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(); <-ended })

	var got trained
	select {
	case got = <-answers:
	case err := <-ended:
		ended <- err
		t.Fatalf("Firefox ended before it had trained: %v\n%s", err, said.String())
	}
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	t.Logf("Firefox: %s, %d threads, losses %v", got.Backend, got.Threads, got.Losses)
	if got.Backend != "simd" || !got.Isolated || got.Threads < 2 {
		t.Errorf("Firefox trains on %s with %d threads, isolated %t; want simd, 2, true", got.Backend, got.Threads, got.Isolated)
	}

	b := startBrowser(t, url, "")
	b.navigate("")
	want := <-answers
	if want.Error != "" || len(want.Losses) == 0 || len(want.Losses) != len(got.Losses) {
		t.Fatalf("Chromium: %+v", want)
	}
	apart := 0.0
	for i, loss := range want.Losses {
		apart = max(apart, math.Abs(got.Losses[i]-loss))
		if math.Abs(got.Losses[i]-loss) > lossTolerance*(1+loss) {
			t.Errorf("step %d: loss %v in Firefox, %v in Chromium", i, got.Losses[i], loss)
		}
	}
	t.Logf("losses are at most %.1e apart", apart)
	if math.Abs(got.ValidationLoss-want.ValidationLoss) > lossTolerance*(1+want.ValidationLoss) {
		t.Errorf("validation loss %v in Firefox, %v in Chromium", got.ValidationLoss, want.ValidationLoss)
	}
	if got.ValidationAccuracy != want.ValidationAccuracy {
		t.Errorf("validation accuracy %v in Firefox, %v in Chromium", got.ValidationAccuracy, want.ValidationAccuracy)
	}
}

func firefoxPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("FIREFOX"), "firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("no Firefox (Debian: firefox-esr; or set FIREFOX to its path): training there is not tested")
	return ""
}

// trainingServer is the site with a page that trains, whose answer it passes on.
func trainingServer(t *testing.T, answers chan<- trained) string {
	t.Helper()
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{
		"/train.html": `<!doctype html><title>train</title><script type="module" src="/train.js"></script>`,
		"/train.js":   trainingScript,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		switch {
		case r.Method == http.MethodPost && r.URL.Path == "/answer":
			var a trained
			text, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(text, &a)
			}
			if err != nil {
				a.Error = err.Error()
			}
			answers <- a
		case ok:
			f := &file{contentType: contentTypes[filepath.Ext(r.URL.Path)], etag: `"page"`, raw: []byte(body)}
			one := &site{files: map[string]*file{strings.TrimPrefix(r.URL.Path, "/"): f}, headers: s.headers}
			one.ServeHTTP(w, r)
		default:
			s.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/train.html"
}
