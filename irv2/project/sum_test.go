package project

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// A file whose size and SHA-256 are known is that file, or is refused before it is read as
// weights: one whose bits were changed has the right shapes, and would be used.
func TestHeldToItsSum(t *testing.T) {
	p := open(t, 0, 0)
	whole := exported(t, p, "safetensors")
	sum := sha256.Sum256(whole)
	want := Sum{int64(len(whole)), hex.EncodeToString(sum[:])}
	changed := bytes.Clone(whole)
	changed[len(changed)-2] ^= 1
	if _, err := importBytes(t, open(t, 0, 0), "w", changed); err != nil {
		t.Fatalf("nothing but its sum tells that it was changed, but: %v", err)
	}
	used := p.network.info.ID
	for name, c := range map[string]struct {
		content []byte
		want    Sum
		code    Code
		says    string
	}{
		"cut":      {whole[:len(whole)-100], want, Corrupt, "w.h5 is cut"},
		"longer":   {append(bytes.Clone(whole), 0), want, Corrupt, "is another file"},
		"changed":  {changed, want, Corrupt, "its SHA-256 begins with"},
		"no sum":   {whole, Sum{SHA256: "12ab"}, Invalid, "64 hexadecimal digits"},
		"no hex":   {whole, Sum{SHA256: strings.Repeat("x", 64)}, Invalid, "64 hexadecimal digits"},
		"negative": {whole, Sum{Bytes: -1}, Invalid, "bytes is -1"},
		"right":    {whole, want, "", ""},
		"capitals": {whole, Sum{SHA256: strings.ToUpper(want.SHA256)}, "", ""},
		"unknown":  {changed, Sum{}, "", ""},
	} {
		_, err := p.Import(t.Context(), "", func() (string, File, error) {
			file := inMemory(c.content)
			return "w.h5", file, p.Held(t.Context(), "w.h5", file, c.want, nil)
		}, nil)
		switch {
		case c.code != "":
			check(t, err, c.code, c.says)
			if p.network.info.ID != used {
				t.Errorf("%s: %s is in use", name, p.network.info.ID)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
		used = p.network.info.ID
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Held(ctx, "w", inMemory(whole), want, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
