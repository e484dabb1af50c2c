package main

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/weights"
)

// What the header says and what the document says is one policy, and it stands before
// anything that loads.
func TestDocumentHasThePolicy(t *testing.T) {
	document, err := os.ReadFile("../web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	sources := []string{"https://a.example", "https://b.example/x/"}
	got, err := closed(document, policy(sources))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(got), `<meta http-equiv="Content-Security-Policy" content="`)
	stated, rest, _ := strings.Cut(rest, `">`)
	stated = strings.ReplaceAll(stated, "&#39;", "'")
	if !found || stated+headerOnly != headers(sources).Get("Content-Security-Policy") {
		t.Errorf("the document says %q", stated)
	}
	if !strings.Contains(rest, "<script") || strings.Count(string(got), "http-equiv") != 1 {
		t.Error("scripts do not come after the policy")
	}
	for _, document := range []string{"<head></head>", "<head><script></script>" + string(unwritten) + "</head>", "<link>" + string(unwritten)} {
		if _, err := closed([]byte(document), "x"); err == nil {
			t.Errorf("%s: no error", document)
		}
	}
}

// Hosts are named one by one: a wildcard would let in whatever its owner puts below it.
func TestWeightHostsAreExact(t *testing.T) {
	for _, source := range slices.Concat(weights.Origins(), redirectHosts) {
		if !strings.HasPrefix(source, "https://") || strings.ContainsAny(source, "*' ;,") {
			t.Errorf("source %q", source)
		}
	}
}

func TestSources(t *testing.T) {
	for source, good := range map[string]bool{
		"https://example.org": true, "https://example.org/x/": true, "http://127.0.0.1:*": true, "https://*.example.org": true, "http://localhost:8080/a%20b": true,
		"": false, "*": false, "https:": false, "https://": false, "https://*": false, "example.org": false, "data:": false, "ws://example.org": false,
		"https://a;script-src": false, "https://a,b": false, "https://a/'unsafe-inline'": false, "https://a/?q": false,
	} {
		if err := checkSources([]string{source}); (err == nil) != good {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestServiceWorkerSetsTheHeaders(t *testing.T) {
	s := &site{headers: headers([]string{"https://a.example"}), sources: []string{"https://a.example"}}
	guard, err := s.guardScript()
	if err != nil {
		t.Fatal(err)
	}
	for name := range s.headers {
		travels := name == "Cache-Control" || name == "Vary"
		if strings.Contains(string(guard), `"`+http.CanonicalHeaderKey(name)+`"`) == travels {
			t.Errorf("%s: set by the service worker: %v", name, !travels)
		}
	}
	if !strings.Contains(string(guard), `"sources":["https://a.example"]`) {
		t.Errorf("guard.js: %s", guard)
	}
}
