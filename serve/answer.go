package main

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// stall is how long a reader may take for a part of an answer (32 KB) before the
// connection is closed: the slowest that gets everything has 2 KB/s. Only a test changes it.
var stall = 15 * time.Second

// ServeHTTP answers with files by their exact name, and for weights (lend.go). Nothing of a
// path reaches a file system, so that there is no way around the list.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, values := range s.headers {
		w.Header()[name] = values
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page only reads", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	if s.lender.answer(w, r, name) {
		return
	}
	f, ok := s.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}

// serve answers with the file, or a range of it: of its own bytes, not of the
// compressed ones.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	body, etag := f.raw, f.etag
	if f.brotli != nil && r.Header.Get("Range") == "" && takesBrotli(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		body, etag = f.brotli, strings.TrimSuffix(f.etag, `"`)+`-br"`
		h.Set("Content-Encoding", "br")
		h.Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves it out of what is encoded
	}
	h.Set("ETag", etag)
	h.Set("Content-Type", f.contentType)
	http.ServeContent(patient{w}, r, "", time.Time{}, bytes.NewReader(body))
}

// patient gives each part of an answer time of its own. One deadline for the whole would
// cut off slow readers, and none would let stalled ones hold their connection.
type patient struct{ http.ResponseWriter }

func (p patient) Write(part []byte) (int, error) {
	// A writer without deadlines is a test's.
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(stall))
	return p.ResponseWriter.Write(part)
}

// takesBrotli says that Accept-Encoding has Brotli, and would not rather have the file
// as it is (RFC 9110, 12.5.3).
func takesBrotli(accept string) bool {
	weights := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		weights[strings.ToLower(strings.TrimSpace(coding))] = weight(parameters)
	}
	br, named := weights["br"]
	if !named {
		br = weights["*"]
	}
	return br > 0 && br >= weights["identity"]
}

// weight is the q of a coding's parameters: 1 without one, 0 if it is no number from 0 to 1.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || math.IsNaN(q) || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
