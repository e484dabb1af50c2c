package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// largeSize is more than the buffers of both ends hold.
const largeSize = 64 << 20

// smallSite is a site without an engine, of a file that is worth stalling on.
func smallSite() *site {
	large := &file{contentType: "application/wasm", etag: `"large"`, raw: make([]byte, largeSize), brotli: []byte("packed")}
	for i := range large.raw {
		large.raw[i] = byte(i % 251)
	}
	return &site{headers: headers(nil), files: map[string]*file{
		"index.html": {contentType: "text/html", etag: `"index"`, raw: []byte("<!doctype html>")},
		"a/b.js":     {contentType: "text/javascript", etag: `"b"`, raw: []byte("0123456789")},
		"large.wasm": large,
	}}
}

func TestTakesBrotli(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": false, "brotli": false, "br": true, "gzip, BR;q=0.5": true, "gzip,deflate , br": true,
		"br;q=0": false, "br; q=0.000, gzip": false, "br;Q=0": false, "br;q=0, *": false, "br;level=4;q=0": false,
		"*": true, "*;q=0": false, "gzip, *;q=0.1": true, "identity": false, "br;q=0.2, identity;q=0.9": false, "br, identity": true,
		"br;q=NaN": false, "br;q=-1": false, "br;q=2": false, "br;q=": false, "br;q=x": false, ",;,=": false,
	} {
		if takesBrotli(accept) != want {
			t.Errorf("Accept-Encoding %q: Brotli %v", accept, !want)
		}
	}
}

func TestRanges(t *testing.T) {
	s := smallSite()
	for _, c := range []struct {
		header, ifRange string
		code            int
		body            string
	}{
		{"", "", 200, "0123456789"},
		{"bytes=2-4", "", 206, "234"},
		{"bytes=-3", "", 206, "789"},
		{"bytes=8-100", "", 206, "89"},
		{"bytes=2-4", `"b"`, 206, "234"},
		{"bytes=2-4", `"older"`, 200, "0123456789"},
		{"bytes=20-", "", 416, ""},
		{"bytes=5-2", "", 416, ""},
		{"bytes=0-,0-,0-,0-", "", 200, "0123456789"}, // asks for more than there is
	} {
		w := get(t, s, "/a/b.js", map[string]string{"Range": c.header, "If-Range": c.ifRange})
		if w.Code != c.code || c.body != "" && w.Body.String() != c.body {
			t.Errorf("Range %q, If-Range %q: %d %q", c.header, c.ifRange, w.Code, w.Body)
		}
	}
	w := get(t, s, "/large.wasm", map[string]string{"Range": "bytes=250-251", "Accept-Encoding": "br"})
	if w.Code != 206 || w.Body.String() != "\xfa\x00" || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a range of what is there compressed: %d %q", w.Code, w.Body)
	}
	w = get(t, s, "/large.wasm", map[string]string{"Accept-Encoding": "br"})
	if w.Body.String() != "packed" || w.Header().Get("Content-Length") != "6" || w.Header().Get("ETag") != `"large-br"` {
		t.Errorf("%q %v", w.Body, w.Header())
	}
	for _, tags := range []string{`"large-br"`, `W/"large-br"`, `"x", "large-br"`, "*"} {
		w = get(t, s, "/large.wasm", map[string]string{"Accept-Encoding": "br", "If-None-Match": tags})
		if w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("If-None-Match %s: %d, %v", tags, w.Code, w.Header())
		}
	}
}

// raw sends text as it is and returns the status code of what comes back.
func raw(t *testing.T, addr, text string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, text)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	response.Body.Close()
	return response.StatusCode
}

// No path leads out of the list of files, however it is written.
func TestPathTricks(t *testing.T) {
	server := httptest.NewServer(smallSite())
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	for path, want := range map[string]int{
		"/": 200, "/a/b.js": 200, "/a/b.js?x=../..": 200, "/%61/b.js": 200,
		"/../go.mod": 404, "/a/../../go.mod": 404, "/a/../index.html": 404, "/./a/b.js": 404, "//a/b.js": 404, "/a//b.js": 404,
		"/%2e%2e/go.mod": 404, "/%2e%2e%2fgo.mod": 404, "/..%5cgo.mod": 404, `/..\go.mod`: 404, `/a\b.js`: 404, "/a%2fb.js/..": 404,
		"/a/b.js%00": 404, "/%00": 404, "/a/b.js.": 404, "/a/b.js/": 404, "/a/b.js%20": 404, "/a/b.js::$DATA": 404, "/A/B.JS": 404,
		"/a": 404, "/a/": 404, "/.git/config": 404, "/%252e%252e/go.mod": 404, "/%ff%fe": 404, "/%": 400, "a/b.js": 400, "": 400,
	} {
		if got := raw(t, addr, "GET "+path+" HTTP/1.1\r\nHost: "+addr+"\r\n\r\n"); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "get"} {
		if got := raw(t, addr, method+" / HTTP/1.1\r\nHost: "+addr+"\r\nContent-Length: 0\r\n\r\n"); got != 405 {
			t.Errorf("%s: %d", method, got)
		}
	}
}

// dialLarge asks a server that lets no part of an answer wait long for the large file.
func dialLarge(t *testing.T) net.Conn {
	t.Helper()
	usual := stall
	stall = 400 * time.Millisecond
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(smallSite())
	server.Start()
	t.Cleanup(func() { server.Close(); stall = usual })
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprint(c, "GET /large.wasm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	return c
}

func TestStalledReaderIsLetGo(t *testing.T) {
	c := dialLarge(t)
	time.Sleep(3 * stall)
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := io.Copy(io.Discard, c)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() || n > largeSize/2 {
		t.Errorf("after a stall: %d more bytes, %v; want the connection closed", n, err)
	}
}

// One deadline for the whole answer would end this one.
func TestSlowReaderGetsAll(t *testing.T) {
	c := dialLarge(t)
	start, got := time.Now(), int64(0)
	for {
		n, err := io.CopyN(io.Discard, c, 2<<20)
		got += n
		if err != nil {
			break
		}
		time.Sleep(stall / 8)
	}
	if took := time.Since(start); got < largeSize || took < 2*stall {
		t.Errorf("%d bytes in %v, want %d", got, took, largeSize)
	}
}

// Headers that never end are not waited for.
func TestSlowHeaders(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(smallSite())
	server.Start()
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n")
	start := time.Now()
	c.SetReadDeadline(start.Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Errorf("still open after %v: %v", time.Since(start), err)
	}
	if got := raw(t, server.Listener.Addr().String(), "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 80<<10)+"\r\n\r\n"); got != 431 {
		t.Errorf("80 KB of headers: %d", got)
	}
}
