package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"slices"
)

// A static host sends none of our headers. What is here makes the site hold them itself:
// the policy stands in the document, and the service worker sets the rest.

// unwritten is the place of the policy in a document as it stands in folder web: a page
// that is served from there without it loads nothing.
var unwritten = []byte(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`)

// closed writes the policy into a document. It comes before anything that loads, for it
// holds only for what follows.
func closed(document []byte, policy string) ([]byte, error) {
	before, after, found := bytes.Cut(document, unwritten)
	if !found || bytes.Contains(before, []byte("<script")) || bytes.Contains(before, []byte("<link")) {
		return nil, errors.New("the document has no place for the policy before its first link and script")
	}
	meta := `<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(policy) + `">`
	return slices.Concat(before, []byte(meta), after), nil
}

// guardScript is what sw.js imports: the headers that it sets, and the only other
// addresses that it lets requests go to.
func (s *site) guardScript() ([]byte, error) {
	set := map[string]string{}
	for name := range s.headers {
		if !slices.Contains(ofTransport, name) {
			set[name] = s.headers.Get(name)
		}
	}
	guard, err := json.Marshal(struct {
		Headers map[string]string `json:"headers"`
		Sources []string          `json:"sources"`
	}{set, s.sources})
	return slices.Concat([]byte("self.guard = "), guard, []byte("\n")), err
}

// headerNames are in order, so that what is written is the same every time.
func (s *site) headerNames() []string { return slices.Sorted(maps.Keys(s.headers)) }
