package main

import (
	"net/http"
	"strings"
)

// Where pretrained weights live (and where those hosts redirect to). The page can
// reach no other address but its own, and sends these nothing but GET.
var weightHosts = []string{
	"https://storage.googleapis.com/tensorflow/",
	"https://huggingface.co/timm/", "https://*.hf.co",
}

// headers are sent with every answer. Cross-origin isolation makes shared memory,
// and so threads, available; the policy keeps images and weights on the machine.
func headers(connect []string) http.Header {
	sources := strings.Join(append(append([]string{"'self'"}, weightHosts...), connect...), " ")
	h := http.Header{}
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"worker-src 'self' blob:",
		"style-src 'self'",
		"img-src 'self' blob: data:",
		"media-src blob:",
		"font-src 'self'",
		"manifest-src 'self'",
		"connect-src " + sources,
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; "))
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), display-capture=()") // the camera, where a person opens it
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // kept, but asked for again by ETag
	h.Set("Vary", "Accept-Encoding")
	return h
}
