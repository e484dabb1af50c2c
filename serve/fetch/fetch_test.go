package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"thaw/irv2/weights"
)

// content is a file that is recognised as weights.
func content(seed uint64) []byte {
	const header = `{"w":{"dtype":"F32","shape":[250000],"data_offsets":[0,1000000]}}`
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 125_000 {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

// upstream stands for a publisher's host. Each request is answered by the first of
// answers that is left, the last one for ever.
type upstream struct {
	*httptest.Server
	sync.Mutex
	file    []byte
	etag    string
	answers []func(u *upstream, w http.ResponseWriter, r *http.Request)
	ranges  []string // that were asked for
}

func newUpstream(t *testing.T, answers ...func(*upstream, http.ResponseWriter, *http.Request)) *upstream {
	u := &upstream{file: content(1), etag: `"one"`, answers: answers}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.Lock()
		u.ranges = append(u.ranges, r.Header.Get("Range"))
		answer := u.answers[0]
		if len(u.answers) > 1 {
			u.answers = u.answers[1:]
		}
		u.Unlock()
		answer(u, w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) known() weights.Known {
	k := *weights.PublishedByID("timm-adv")
	k.URL = u.URL + "/model.safetensors"
	return k
}

func whole(u *upstream, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", u.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(u.file))
}

// dropping breaks the connection off after some bytes.
func dropping(after int) func(*upstream, http.ResponseWriter, *http.Request) {
	return func(u *upstream, w http.ResponseWriter, r *http.Request) {
		whole(u, &dropper{w, after}, r)
	}
}

type dropper struct {
	http.ResponseWriter
	left int
}

func (d *dropper) Write(b []byte) (int, error) {
	n := min(len(b), d.left)
	d.ResponseWriter.Write(b[:n])
	d.left -= n
	if d.left == 0 {
		d.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func noRanges(u *upstream, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", u.etag)
	w.Header().Set("Content-Length", fmt.Sprint(len(u.file)))
	w.Write(u.file)
}

func says(code int, contentType, body string) func(*upstream, http.ResponseWriter, *http.Request) {
	return func(_ *upstream, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func cache(t *testing.T) *Cache {
	c := At(t.TempDir())
	c.pause = time.Millisecond
	return c
}

func get(t *testing.T, c *Cache, u *upstream) Kept {
	t.Helper()
	kept, err := c.Get(t.Context(), u.known(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(kept.Path)
	sum := sha256.Sum256(u.file)
	if err != nil || !bytes.Equal(got, u.file) || kept.SHA256 != hex.EncodeToString(sum[:]) || kept.Bytes != int64(len(u.file)) {
		t.Fatalf("kept %+v, %d bytes of %d, %v", kept, len(got), len(u.file), err)
	}
	if left, _ := os.ReadDir(c.Dir); len(left) != 2 {
		t.Errorf("left over: %v", left)
	}
	return kept
}

// refused gets and wants a sentence with those words.
func refused(t *testing.T, c *Cache, k weights.Known, words ...string) {
	t.Helper()
	_, err := c.Get(t.Context(), k, nil)
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q says nothing of %q", text, word)
		}
	}
	if !strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
		t.Errorf("%q is no sentence", text)
	}
}

func TestFetched(t *testing.T) {
	u := newUpstream(t, whole)
	c := cache(t)
	var done, total int64
	kept, err := c.Get(t.Context(), u.known(), func(d, n int64) { done, total = d, n })
	if err != nil || kept.Checked || done != total || total != int64(len(u.file)) {
		t.Fatalf("%+v, told of %d of %d: %v", kept, done, total, err)
	}
	u.Close() // the second time needs no network, in another run neither
	get(t, c, u)
	get(t, At(c.Dir), u)
	if !c.Has(u.known()) {
		t.Error("the kept file is not told of")
	}
	// What was damaged since is not handed out.
	if err := os.WriteFile(kept.Path, bytes.Repeat([]byte{1}, len(u.file)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := At(c.Dir).Have(u.known()); ok {
		t.Error("a damaged file is handed out")
	}
}

// Connections that drop are gone on with where they stopped.
func TestDroppedConnections(t *testing.T) {
	u := newUpstream(t, dropping(1000), dropping(300_000), dropping(0), says(503, "text/html", "<h1>busy</h1>"), dropping(100_000), whole)
	get(t, cache(t), u)
	if len(u.ranges) != 6 || u.ranges[0] != "" || u.ranges[1] == "" || u.ranges[5] == "" {
		t.Errorf("asked for %q", u.ranges)
	}
}

// A host that is down gives one sentence, and what came is gone on with another day.
func TestInterruptedAndResumed(t *testing.T) {
	u := newUpstream(t, dropping(500_000), says(503, "text/plain", ""))
	c := cache(t)
	refused(t, c, u.known(), "503", "0.5 MB that came are kept")
	u.answers = u.answers[:0:0]
	u.answers = append(u.answers, whole)
	get(t, At(c.Dir), u)
	if last := u.ranges[len(u.ranges)-1]; last == "" {
		t.Error("it began anew")
	}
	if len(u.ranges) != 2+attempts-1+1 {
		t.Errorf("%d requests", len(u.ranges))
	}
}

func TestCancelledAndResumed(t *testing.T) {
	u := newUpstream(t, whole)
	c := cache(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.Get(ctx, u.known(), func(done, _ int64) {
		if done > 100_000 {
			cancel()
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	get(t, c, u)
}

// A file that has changed, or a server that knows no ranges, begins anew.
func TestBeginsAnew(t *testing.T) {
	for name, second := range map[string]func(*upstream, http.ResponseWriter, *http.Request){
		"no ranges": noRanges,
		"changed": func(u *upstream, w http.ResponseWriter, r *http.Request) {
			u.file, u.etag = content(2), `"two"`
			whole(u, w, r)
		},
		"lies about the part": func(u *upstream, w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				whole(u, w, r)
				return
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 5-%d/%d", len(u.file)-1, len(u.file)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(u.file[5:])
		},
		"another ETag with the part": func(u *upstream, w http.ResponseWriter, r *http.Request) {
			u.file, u.etag = content(2), `"two"`
			r.Header.Del("If-Range")
			whole(u, w, r)
		},
		"shorter now": func(u *upstream, w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				whole(u, w, r)
				return
			}
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		},
	} {
		t.Run(name, func(t *testing.T) { get(t, cache(t), newUpstream(t, dropping(400_000), second)) })
	}
}

// What cannot be the file is refused in a sentence, and the part that came stays.
func TestRefused(t *testing.T) {
	half := dropping(400_000)
	length := func(n int) func(*upstream, http.ResponseWriter, *http.Request) {
		return func(u *upstream, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(n))
			w.Write(u.file[:min(n, len(u.file))])
		}
	}
	for name, c := range map[string]struct {
		answer func(*upstream, http.ResponseWriter, *http.Request)
		words  string
		kept   bool
	}{
		"web page":             {says(200, "text/html; charset=utf-8", "<!doctype html><title>Log in</title>"), "web page instead of the file", true},
		"web page in disguise": {says(200, "application/octet-stream", "\n <html>Log in</html>"), "web page instead of the file", true},
		"gone":                 {says(404, "text/plain", "gone"), "404", true},
		"forbidden":            {says(403, "text/html", "<p>no"), "403", true},
		"announces less":       {length(1000), "announces 1000 bytes", true},
		"announces too much":   {length(3_000_000_000), "announces 3000000000 bytes", true},
		"leads elsewhere": {func(_ *upstream, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://portal.example/login", http.StatusFound)
		}, "leads to portal.example", true},
		"never ends": {func(u *upstream, w http.ResponseWriter, _ *http.Request) { w.Write(u.file); w.Write(u.file) }, "more than the", false},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, half, c.answer)
			k := u.known()
			k.Bytes = int64(len(u.file))
			box := cache(t)
			refused(t, box, k, c.words)
			u.answers[0] = whole
			get(t, box, u)
			if resumed := u.ranges[len(u.ranges)-1] != ""; resumed != c.kept {
				t.Errorf("resumed: %v", resumed)
			}
		})
	}
}

// A length that is not kept to: what is too short is asked for again, and given up if it
// never comes.
func TestShorterThanAnnounced(t *testing.T) {
	u := newUpstream(t, func(u *upstream, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(u.file)+7))
		w.Write(u.file)
	})
	refused(t, cache(t), u.known(), "broke off")
}

func TestNoWeights(t *testing.T) {
	u := newUpstream(t, says(200, "application/octet-stream", `{"error": "quota exceeded"}`))
	c := cache(t)
	refused(t, c, u.known(), "no weights file")
	if left, _ := os.ReadDir(c.Dir); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// A file of another sum than its makers name is thrown away.
func TestWrongSum(t *testing.T) {
	u := newUpstream(t, whole)
	k := *weights.PublishedByID("timm")
	k.URL = u.URL + "/model.safetensors"
	c := cache(t)
	refused(t, c, k, "not the published file")
	if c.Has(k) {
		t.Error("it is kept")
	}
}

// Hugging Face's redirects name size and sum.
func TestPromisedByRedirect(t *testing.T) {
	sum := sha256.Sum256(content(1))
	for name, c := range map[string]struct {
		size int
		sum  string
		want string
	}{
		"right":      {len(content(1)), hex.EncodeToString(sum[:]), ""},
		"wrong sum":  {len(content(1)), strings.Repeat("0", 64), "another check sum"},
		"wrong size": {17, hex.EncodeToString(sum[:]), "the published file has 17"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, func(u *upstream, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/cdn" {
					whole(u, w, r)
					return
				}
				w.Header().Set("X-Linked-Size", fmt.Sprint(c.size))
				w.Header().Set("X-Linked-Etag", `"`+c.sum+`"`)
				http.Redirect(w, r, "/cdn", http.StatusFound)
			})
			if c.want != "" {
				refused(t, cache(t), u.known(), c.want)
			} else if kept := get(t, cache(t), u); !kept.Checked {
				t.Error("the sum was not checked")
			}
		})
	}
}

// A connection that stands still is given up and tried anew.
func TestStall(t *testing.T) {
	u := newUpstream(t, func(u *upstream, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", u.etag)
		w.Header().Set("Content-Length", fmt.Sprint(len(u.file)))
		w.Write(u.file[:200_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, whole)
	c := cache(t)
	c.stall = 200 * time.Millisecond
	get(t, c, u)
	if u.ranges[1] == "" {
		t.Error("it began anew")
	}
}

func TestOneAtATime(t *testing.T) {
	c := cache(t)
	u := newUpstream(t, whole)
	var second error
	_, err := c.Get(t.Context(), u.known(), func(int64, int64) {
		if second == nil {
			_, second = c.Get(context.Background(), u.known(), nil)
		}
	})
	if err != nil || second == nil || !strings.Contains(second.Error(), "fetched already") {
		t.Errorf("%v; the second: %v", err, second)
	}
}

// What only a person can fetch is told with its page.
func TestByHand(t *testing.T) {
	refused(t, cache(t), *weights.PublishedByID("radimagenet"), "RadImageNet-IRV2_notop.h5", "drive.google.com", "drop it")
}

func TestUnreachable(t *testing.T) {
	u := newUpstream(t, whole)
	k := u.known()
	u.Close()
	refused(t, cache(t), k, "could not be reached")
}

func TestRedirects(t *testing.T) {
	for to, want := range map[string]bool{
		"https://huggingface.co/other": true, "https://cas-bridge.xethub.hf.co/x": true, "https://us.aws.cdn.hf.co/": true,
		"http://cdn-lfs.hf.co/x": false, "https://hf.co.example.org/": false, "https://evilhf.co/": false, "http://127.0.0.1/": false, "https://169.254.169.254/": false,
	} {
		req := httptest.NewRequest(http.MethodGet, to, nil)
		if got := (&download{known: *weights.PublishedByID("timm")}).allowed(req.URL); got != want {
			t.Errorf("%s: %v", to, got)
		}
	}
}
