package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	at := func(asked string) address {
		return listening(asked, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8299})
	}
	for _, c := range []struct {
		asked, own, foreign string
	}{
		{"127.0.0.1:8299", "localhost:8299 LOCALHOST localhost. 127.0.0.1:8299 127.0.0.1 127.9.9.9 [::1]:8299 [::1] localhost:9000",
			"evil.example evil.example:8299 127.0.0.1.evil.example localhost.evil.example xlocalhost 192.168.0.7 0.0.0.0 [::2] 2130706433 localhost:1:2 a@localhost"},
		{"192.168.0.7:8299", "192.168.0.7:8299 localhost", "192.168.0.8 evil.example"},
		{"studio:0", "studio:8299 Studio localhost", "studio.evil.example evil"},
		{"[fe80::7]:0", "[fe80::7]:8299 [FE80::7]", "[fe80::8]"},
		{":8299", "192.168.0.7:8299 127.0.0.1 localhost [fe80::7]", "evil.example studio"},
		{"0.0.0.0:0", "192.168.0.7", "evil.example"},
		{"[::]:0", "192.168.0.7 [fe80::7]", "evil.example"},
	} {
		a := at(c.asked)
		for host := range strings.FieldsSeq(c.own) {
			if !a.is(host) {
				t.Errorf("-addr %s refuses %s", c.asked, host)
			}
		}
		for host := range strings.FieldsSeq(c.foreign) {
			if a.is(host) {
				t.Errorf("-addr %s answers %s", c.asked, host)
			}
		}
		if a.is("") {
			t.Errorf("-addr %s answers a request without a host", c.asked)
		}
	}
	for asked, url := range map[string]string{
		"127.0.0.1:0": "http://127.0.0.1:8299/", "localhost:0": "http://localhost:8299/", ":0": "http://127.0.0.1:8299/", "[::]:0": "http://127.0.0.1:8299/", "[::1]:0": "http://[::1]:8299/",
	} {
		if got := at(asked).url(); got != url {
			t.Errorf("-addr %s: %s, want %s", asked, got, url)
		}
	}
}

func TestGuard(t *testing.T) {
	here := listening("127.0.0.1:0", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8299})
	server := httptest.NewServer(here.guard(smallSite()))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: " + addr:                              200,
		"GET / HTTP/1.1\r\nHost: localhost":                            200,
		"GET / HTTP/1.1\r\nHost: evil.example":                         421,
		"GET http://evil.example/ HTTP/1.1\r\nHost: localhost":         421,
		"GET / HTTP/1.0":                                               421,
		"GET / HTTP/1.1":                                               400,
		"GET / HTTP/1.1\r\nHost: localhost\r\nHost: x":                 400,
		"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: localhost":     421,
		"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0":   421,
		"GET /large.wasm HTTP/1.1\r\nHost: [::1]:1\r\nRange: bytes=-1": 206,
	} {
		if got := raw(t, addr, request+"\r\n\r\n"); got != want {
			t.Errorf("%q: %d, want %d", request, got, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "evil.example"
	w := httptest.NewRecorder()
	here.guard(smallSite()).ServeHTTP(w, r)
	if got := w.Body.String(); got != "This server answers only to its own address: open http://127.0.0.1:8299/.\n" {
		t.Errorf("says %q", got)
	}
}
