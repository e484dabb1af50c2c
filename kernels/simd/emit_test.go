package simd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

// TestEmitIsPure: the same options give the same bytes, others give others.
func TestEmitIsPure(t *testing.T) {
	o := Options{FMA: true, Shared: true, Control: 1 << 16}
	if !bytes.Equal(Emit(o), Emit(o)) {
		t.Error("two modules of the same options differ")
	}
	plain := o
	plain.FMA = false
	if bytes.Equal(Emit(o), Emit(plain)) {
		t.Error("FMA makes no difference")
	}
	t.Logf("%d bytes", len(Emit(o)))
}

// The module as it was when last looked at: who means to change it writes the new length
// and hash here; who does not learns that he did. Integers of records are of 64 bits, as
// in WebAssembly.
func TestEmitIsAsBefore(t *testing.T) {
	for _, c := range []struct {
		o    Options
		len  int
		hash string
	}{
		{Options{FMA: true, Shared: true, Control: 1 << 16}, 70715, "4a108df799b06de7"},
		{Options{Rows: rowsWithoutFMA}, 67256, "6f4a8772700d7169"},
	} {
		code := Emit(c.o)
		if hash := fmt.Sprintf("%x", sha256.Sum256(code))[:16]; len(code) != c.len || hash != c.hash {
			t.Errorf("%+v: %d bytes of hash %s, were %d of %s", c.o, len(code), hash, c.len, c.hash)
		}
	}
}

func BenchmarkEmit(b *testing.B) {
	for b.Loop() {
		Emit(Options{FMA: true, Shared: true, Control: 1 << 16})
	}
}
