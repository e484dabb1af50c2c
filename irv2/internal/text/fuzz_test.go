package text

import (
	"testing"
	"unicode/utf8"

	"thaw/irv2/internal/bounded"
)

// FuzzGuess: whatever the bytes, what they are read as is text.
func FuzzGuess(f *testing.F) {
	f.Add([]byte("\x84pfel"), []byte("\x94pfel"))
	f.Add([]byte("\x94\xea"), []byte("\xce\xda\xb9\xea"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		bounded.Parse(t, len(one)+len(two), func() {
			encoding, _ := Guess([][]byte{one, two})
			for _, raw := range [][]byte{one, two} {
				if s, ok := Decode(encoding, raw); ok && !utf8.ValidString(s) {
					t.Fatalf("%q as %s is %q", raw, encoding, s)
				}
			}
			NFC(string(one))
		})
	})
}
