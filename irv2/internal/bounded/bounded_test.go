package bounded

import (
	"fmt"
	"strings"
	"testing"
)

// spy hears what a test would say.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper() {}

func (s *spy) Fatalf(format string, args ...any) { s.said = fmt.Sprintf(format, args...) }

var kept []byte

func TestParse(t *testing.T) {
	for bytes, most := range map[int]string{1 << 20: "", 80 << 20: "allocated"} {
		s := &spy{}
		Parse(s, 1, func() { kept = make([]byte, bytes) })
		if (s.said == "") != (most == "") || !strings.Contains(s.said, most) {
			t.Errorf("%d bytes: %q", bytes, s.said)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, good := range map[string]bool{
		"Call open first.": true, "boat.jpg is empty.": true, `"rate" takes a number, not a text.`: true,
		"irv2: head with 4 classes.": false, "No full stop": false, "Two\nlines.": false, "Twice..": false, "%!d(string=x) is wrong.": false, "": false,
	} {
		s := &spy{}
		if Sentence(s, text, "boat.jpg"); (s.said == "") != good {
			t.Errorf("%q: %q", text, s.said)
		}
	}
}
