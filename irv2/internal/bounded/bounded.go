// Package bounded holds parsers to what a file may cost, in tests. Files are other
// people's: whatever stands in one, reading it may neither take long nor fill the memory.
package bounded

import (
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// What an input may cost. The processor's time counts: a machine that does other things as
// well was seen to make ten seconds of wall-clock time of some milliseconds' work. The limits
// are far above what any input takes, and far below what a person would call a hang.
const (
	limit = 5 * time.Second
	hang  = 2 * time.Minute // of wall-clock time, no end in sight: a panic shows where it is

	baseBytes = 64 << 20 // allocated in all, whether kept or not
	perByte   = 64       // of the input
)

// Parse runs parse on an input of so many bytes and fails where it takes too long or
// allocates too much.
func Parse(t testing.TB, input int, parse func()) {
	t.Helper()
	stuck := time.AfterFunc(hang, func() { panic(fmt.Sprintf("an input of %d bytes hangs", input)) })
	defer stuck.Stop()
	start, before := processorTime(), allocated()
	parse()
	if took := processorTime() - start; took > limit {
		t.Fatalf("an input of %d bytes took %v, at most %v", input, took, limit)
	}
	if took, most := allocated()-before, uint64(baseBytes+perByte*input); took > most {
		t.Fatalf("an input of %d bytes allocated %d MB, at most %d", input, took>>20, most>>20)
	}
}

// allocated are the bytes of all objects so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TB is what Sentence needs of a test, also of one of package rapid.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Sentence fails where text, which is about the thing called name, is not one sentence in
// a line: it starts with a capital, or names the thing, and has a full stop.
func Sentence(t TB, text, name string) {
	t.Helper()
	first, _ := utf8.DecodeRuneInString(text)
	own := text // but for what the thing is called, which may be anything
	if name != "" {
		own = strings.ReplaceAll(text, name, "")
	}
	begins := !unicode.IsLower(first) || name != "" && strings.HasPrefix(text, name)
	if len(text) < 3 || !begins || !strings.HasSuffix(text, ".") || strings.HasSuffix(text, "..") || strings.ContainsAny(text, "\n\r") || strings.Contains(own, "%!") || !utf8.ValidString(text) {
		t.Fatalf("no sentence: %q", text)
	}
}
