package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thaw/irv2/weights"
	"thaw/serve/fetch"
)

// someWeights are recognised as weights.
func someWeights() []byte {
	const header = `{"w":{"dtype":"F32","shape":[50000],"data_offsets":[0,200000]}}`
	b := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	return append(b, bytes.Repeat([]byte("thaw"), 50_000)...)
}

// makers stands for a publisher's host that lets no page read it (no CORS).
func makers(t *testing.T, file []byte) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	}))
	t.Cleanup(s.Close)
	return s
}

func fakeLender(t *testing.T, upstream string) *lender {
	k := *weights.PublishedByID("timm-adv")
	k.URL = upstream + "/model.safetensors"
	return &lender{sources: []weights.Known{k, *weights.PublishedByID("radimagenet")}, cache: fetch.At(t.TempDir())}
}

func (l *lender) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !l.answer(w, r, strings.TrimPrefix(r.URL.Path, "/")) {
		http.NotFound(w, r)
	}
}

// asked is what a page of the server's own sends.
var asked = map[string]string{askHeader: "1", "Sec-Fetch-Site": "same-origin"}

func lastLine(t *testing.T, body string) (l line) {
	t.Helper()
	all := strings.Split(strings.TrimSpace(body), "\n")
	if err := json.Unmarshal([]byte(all[len(all)-1]), &l); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return l
}

func TestServerFetches(t *testing.T) {
	file := someWeights()
	upstream := makers(t, file)
	l := fakeLender(t, upstream.URL)
	if got := get(t, l, "/fetched/timm-adv", nil); got.Code != http.StatusNotFound {
		t.Errorf("before: %d", got.Code)
	}
	last := lastLine(t, get(t, l, "/fetch/timm-adv", asked).Body.String())
	if last.Kept == nil || last.Kept.Bytes != int64(len(file)) || last.Kept.Checked {
		t.Fatalf("%+v", last)
	}
	upstream.Close() // from here on without internet
	if last := lastLine(t, get(t, l, "/fetch/timm-adv", asked).Body.String()); last.Kept == nil {
		t.Errorf("the second time: %+v", last)
	}
	got := get(t, l, "/fetched/timm-adv", map[string]string{"Range": "bytes=10-19"})
	if got.Code != http.StatusPartialContent || got.Body.String() != string(file[10:20]) {
		t.Errorf("a range: %d %q", got.Code, got.Body)
	}
	var o offer
	if err := json.Unmarshal(get(t, l, "/"+offerName, nil).Body.Bytes(), &o); err != nil || !o.Fetches || !o.Sources[0].Kept || o.Sources[1].Kept || o.Sources[0].URL == "" {
		t.Errorf("offer %+v, %v", o, err)
	}
	if last := lastLine(t, get(t, l, "/fetch/radimagenet", asked).Body.String()); !strings.Contains(last.Error, "only a person") {
		t.Errorf("what only a person can fetch: %+v", last)
	}
}

// Nobody but the server's own page can have it fetch, and nothing but what is listed.
func TestOnlyOwnPageFetches(t *testing.T) {
	upstream := makers(t, someWeights())
	l := fakeLender(t, upstream.URL)
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		code   int
	}{
		"an address":       {"/fetch/http://127.0.0.1/secret", asked, 404},
		"another ID":       {"/fetch/nothing", asked, 404},
		"out of the cache": {"/fetched/../../etc/passwd", asked, 404},
		"a record":         {"/fetched/timm-adv.json", asked, 404},
		"a bare link":      {"/fetch/timm-adv", nil, 403},
		"an image's load":  {"/fetch/timm-adv", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another site":     {"/fetch/timm-adv", map[string]string{askHeader: "1", "Sec-Fetch-Site": "cross-site"}, 403},
		"another port":     {"/fetch/timm-adv", map[string]string{askHeader: "1", "Sec-Fetch-Site": "same-site"}, 403},
		"another origin":   {"/fetch/timm-adv", map[string]string{askHeader: "1", "Origin": "http://evil.example"}, 403},
	} {
		if got := get(t, l, c.path, c.header); got.Code != c.code {
			t.Errorf("%s: %d, want %d", name, got.Code, c.code)
		}
	}
	l.cache = nil // a server that others reach, or a static one
	if got := get(t, l, "/fetch/timm-adv", asked); got.Code != http.StatusNotFound {
		t.Errorf("not allowed: %d", got.Code)
	}
}

func TestLendsOnLoopback(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for ip, want := range map[string]bool{"127.0.0.1": true, "::1": true, "0.0.0.0": false, "192.168.0.7": false, "::": false} {
		for _, allowed := range []bool{false, true} {
			var l lender
			l.lend(&net.TCPAddr{IP: net.ParseIP(ip), Port: 8299}, allowed)
			if got := l.cache != nil; got != (want || allowed) {
				t.Errorf("%s, allowed %v: %v", ip, allowed, got)
			}
		}
	}
}

// A download takes longer than a request may, and ends when the page goes away.
func TestFetchOutlivesLimits(t *testing.T) {
	file := someWeights()
	gone := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(file)))
		w.Write(file[:100_000])
		w.(http.Flusher).Flush()
		select {
		case <-time.After(600 * time.Millisecond):
			w.Write(file[100_000:])
		case <-r.Context().Done():
			close(gone)
		}
	}))
	defer upstream.Close()
	l := fakeLender(t, upstream.URL)
	server := newServer(l)
	server.ReadTimeout, server.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	ask := func() *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/fetch/timm-adv", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(askHeader, "1")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := ask()
	if _, err := io.ReadFull(first.Body, make([]byte, 30)); err != nil {
		t.Fatal(err)
	}
	first.Body.Close()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the server goes on fetching for a page that has gone")
	}
	var body []byte
	for range 20 { // the first one may not have let go yet
		resp := ask()
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), "fetched already") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if last := lastLine(t, string(body)); err != nil || last.Kept == nil {
		t.Errorf("%s, %v", body, err)
	}
}

func TestWeightsBesideThePage(t *testing.T) {
	dir := t.TempDir()
	file := someWeights()
	at := filepath.Join(dir, "our weights (1).safetensors")
	if err := os.WriteFile(at, file, 0o644); err != nil {
		t.Fatal(err)
	}
	beside, err := besides([]string{at, "../testdata/weights/keras_notop.h5"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	if b := beside[0]; b.Name != filepath.Base(at) || b.Bytes != int64(len(file)) || b.SHA256 != hex.EncodeToString(sum[:]) || b.About != "safetensors" {
		t.Errorf("%+v", b)
	}
	l := &lender{beside: beside}
	got := get(t, l, "/weights/our%20weights%20(1).safetensors", nil)
	if got.Code != http.StatusOK || !bytes.Equal(got.Body.Bytes(), file) {
		t.Errorf("%d, %d bytes", got.Code, got.Body.Len())
	}
	for _, path := range []string{"/weights/", "/weights/other.h5", "/weights/../go.mod"} {
		if got := get(t, l, path, nil); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	site := t.TempDir()
	for range 2 { // the second time from where it lies
		if err := beside[0].write(site); err != nil {
			t.Fatal(err)
		}
		beside[0].at = filepath.Join(site, "weights", beside[0].Name)
	}
	if got, err := os.ReadFile(beside[0].at); err != nil || !bytes.Equal(got, file) {
		t.Errorf("written: %d bytes, %v", len(got), err)
	}
}

func TestNoWeightsBesideThePage(t *testing.T) {
	twice := filepath.Join(t.TempDir(), "keras_notop.h5")
	if err := os.WriteFile(twice, someWeights(), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, paths := range map[string][]string{
		"no such file": {"nothing.h5"},
		"ONNX":         {"../testdata/weights/foreign/m.onnx"},
		"is a folder":  {"../testdata"},
		"no weights":   {"../LICENSE"},
		"two files":    {"../testdata/weights/keras_notop.h5", twice},
	} {
		if _, err := besides(paths); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", paths, err, want)
		}
	}
}
