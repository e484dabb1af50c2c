// Package text reads foreign names: old code pages and Unicode's normal forms. In the
// page the browser does it (TextDecoder, String.normalize), which has the tables anyway;
// natively golang.org/x/text. And it writes numbers.
package text

import "unicode/utf8"

// Encodings that Decode knows by these names of the WHATWG Encoding Standard; and cp437
// and cp850, DOS's, which it lacks.
const (
	UTF8        = "utf-8"
	CP437       = "cp437"
	CP850       = "cp850"
	CP866       = "ibm866"
	KOI8R       = "koi8-r"
	Windows1251 = "windows-1251"
	Windows1252 = "windows-1252"
	ShiftJIS    = "shift_jis"
	GBK         = "gbk"
	Big5        = "big5"
	EUCKR       = "euc-kr"
)

// Encodings lists them, without UTF-8.
var Encodings = []string{CP850, CP437, CP866, Windows1252, Windows1251, KOI8R, ShiftJIS, GBK, EUCKR, Big5}

// Decode reads raw in an encoding; false where it is not text of it.
func Decode(encoding string, raw []byte) (string, bool) {
	switch encoding {
	case UTF8:
		return string(raw), utf8.Valid(raw)
	case CP437:
		return single(raw, cp437), true
	case CP850:
		return single(raw, cp850), true
	}
	return decode(encoding, raw)
}

// NFC composes: e and an accent of its own, as macOS writes them, become é.
func NFC(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return nfc(s)
		}
	}
	return s
}

// single reads a code page with ASCII below 128 and a table from there on.
func single(raw []byte, upper string) string {
	table := []rune(upper)
	runes := make([]rune, len(raw))
	for i, b := range raw {
		if runes[i] = rune(b); b >= utf8.RuneSelf {
			runes[i] = table[b-utf8.RuneSelf]
		}
	}
	return string(runes)
}
