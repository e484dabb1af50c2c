package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// redirectHosts are where the hosts of published weights (weights.Origins) redirect to:
// Hugging Face names them in https://huggingface.co/.well-known/meta.json (lfsDomains,
// cdnDomains), cas-bridge is what it used before. The page can reach no other address but
// its own, and sends these nothing but GET. A host that comes later is refused; -connect
// adds it, serve fetches the file, or a person downloads and drops it.
var redirectHosts = []string{
	"https://cdn-lfs.hf.co", "https://cdn-lfs-us-1.hf.co", "https://cdn-lfs-eu-1.hf.co",
	"https://cas-bridge.xethub.hf.co", "https://transfer.xethub.hf.co", "https://transfer.xethub-eu.hf.co",
	"https://aws.cdn.hf.co", "https://us.aws.cdn.hf.co", "https://us-east-1.aws.cdn.hf.co", "https://us-west-2.aws.cdn.hf.co",
	"https://eu-west-3.aws.cdn.hf.co", "https://ap-southeast-1.aws.cdn.hf.co",
	"https://us.gcp.cdn.hf.co", "https://us-east1.us.gcp.cdn.hf.co", "https://us-central1.us.gcp.cdn.hf.co",
	"https://us-west4.us.gcp.cdn.hf.co", "https://europe-west4.us.gcp.cdn.hf.co", "https://asia-southeast1.us.gcp.cdn.hf.co",
}

// source is an origin, or the addresses that begin with one, as a policy takes it.
var source = regexp.MustCompile(`^https?://(\*\.)?[\w.-]+(:(\d+|\*))?(/[\w./%~-]*)?$`)

// checkSources refuses what would become another part of the policy, or nothing.
func checkSources(sources []string) error {
	for _, s := range sources {
		if !source.MatchString(s) {
			return fmt.Errorf("-connect %q is no origin: give one like https://example.org", s)
		}
	}
	return nil
}

// policy keeps images and weights on the machine: what the page may load, run and reach.
// It holds three times, so that no host can leave it out: as a header, in the document
// (closed) and, for workers, from the service worker.
func policy(sources []string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"worker-src 'self'",
		"style-src 'self'",
		"img-src 'self' blob: data:",
		"media-src blob:",
		"font-src 'self'",
		"manifest-src 'self'",
		"connect-src " + strings.Join(append([]string{"'self'"}, sources...), " "),
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
}

// headerOnly is what a policy in the document cannot hold.
const headerOnly = "; frame-ancestors 'none'"

// headers are sent with every answer. Cross-origin isolation makes shared memory,
// and so threads, available.
func headers(sources []string) http.Header {
	h := http.Header{}
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", policy(sources)+headerOnly)
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), display-capture=()") // the camera, where a person opens it
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // kept, but asked for again by ETag
	h.Set("Vary", "Accept-Encoding")
	return h
}

// ofTransport are the headers that say how an answer travels; a service worker, which
// gives what has arrived, has no use for them.
var ofTransport = []string{"Cache-Control", "Vary"}
