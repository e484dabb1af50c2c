//go:build !js

package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"
)

func decode(encoding string, raw []byte) (string, bool) {
	e, err := htmlindex.Get(encoding)
	if err != nil {
		return "", false
	}
	s, err := e.NewDecoder().Bytes(raw)
	return string(s), err == nil && !strings.ContainsRune(string(s), utf8.RuneError)
}

func nfc(s string) string { return norm.NFC.String(s) }
