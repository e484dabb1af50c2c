package text

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ encoding, raw, want string }{
		{CP850, "\x8epfel", "Äpfel"},
		{CP437, "caf\x82", "café"},
		{CP866, "\x8a\xae\xe8\xaa\xa8", "Кошки"},
		{KOI8R, "\xeb\xcf\xdb\xcb\xc9", "Кошки"},
		{Windows1251, "\xca\xee\xf8\xea\xe8", "Кошки"},
		{Windows1252, "caf\xe9", "café"},
		{ShiftJIS, "\x94L\x83\\", "猫ソ"}, // a trail byte that is a backslash
		{GBK, "\xc3\xa8", "猫"},
		{Big5, "\xbf\xdf", "貓"},
		{EUCKR, "\xb0\xed\xbe\xe7\xc0\xcc", "고양이"},
		{UTF8, "猫", "猫"},
	} {
		if got, ok := Decode(c.encoding, []byte(c.raw)); got != c.want || !ok {
			t.Errorf("%s: %q %v, want %q", c.encoding, got, ok, c.want)
		}
	}
	for _, c := range []struct{ encoding, raw string }{{UTF8, "\xff"}, {ShiftJIS, "\x94"}, {GBK, "\xff\xff"}, {"klingon", "a"}} {
		if got, ok := Decode(c.encoding, []byte(c.raw)); ok {
			t.Errorf("%s read %q as %q", c.encoding, c.raw, got)
		}
	}
}

func TestTables(t *testing.T) {
	for encoding, want := range map[string]*charmap.Charmap{CP437: charmap.CodePage437, CP850: charmap.CodePage850} {
		for b := range 256 {
			if got, _ := Decode(encoding, []byte{byte(b)}); got != string(want.DecodeByte(byte(b))) {
				t.Errorf("%s %#x: %q", encoding, b, got)
			}
		}
	}
}

func TestNFC(t *testing.T) {
	for from, to := range map[string]string{"Cafe\u0301": "Café", "A\u0308pfel": "Äpfel", "plain": "plain", "\u1112\u1161\u11ab": "한"} {
		if got := NFC(from); got != to {
			t.Errorf("%q", got)
		}
	}
}
