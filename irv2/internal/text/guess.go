package text

import (
	"unicode"
	"unicode/utf8"
)

// Guess is the encoding in which names read best. It is sure where nothing else would
// make names of letters of one script.
func Guess(raw [][]byte) (best string, sure bool) {
	const look = 500 // so many names tell enough
	raw = raw[:min(len(raw), look)]
	if all, _ := plausibility(raw, UTF8); all > -2 {
		return UTF8, true
	}
	most, bestNames := -2.0, ""
	for _, encoding := range Encodings {
		score, names := plausibility(raw, encoding)
		switch {
		case score > most+0.15:
			best, most, bestNames, sure = encoding, score, names, true
		case score > most:
			best, most, bestNames, sure = encoding, score, names, names == bestNames
		case score > most-0.15 && names != bestNames:
			sure = false
		}
	}
	return best, sure
}

// plausibility is how well the foreign characters of names fit, from -1 to 1, less than
// that where one cannot be read; and all names in a row.
func plausibility(raw [][]byte, encoding string) (score float64, names string) {
	characters, fit := 0, 0.0
	for _, r := range raw {
		name, ok := Decode(encoding, r)
		if !ok {
			return -2, ""
		}
		names += name + "\n"
		n, f := singleBytes(name)
		if common := doubleBytes[encoding]; common != nil {
			n, f = pairs(r, common)
		}
		characters, fit = characters+n, fit+f
	}
	return fit / float64(max(characters, 1)), names
}

// doubleBytes says of each encoding with two bytes a character how common one is: those in
// use every day stand together in each.
var doubleBytes = map[string]func(lead, trail byte) float64{
	ShiftJIS: func(lead, trail byte) float64 {
		switch {
		case lead == 0x82 || lead == 0x83: // kana
			return 1
		case lead >= 0x88 && lead <= 0x97 || lead == 0x81: // first level, signs
			return 0.9
		}
		return 0.4
	},
	GBK: func(lead, trail byte) float64 {
		switch {
		case trail < 0xa1 || lead < 0xa1:
			return 0.1
		case lead >= 0xb0 && lead <= 0xd7:
			return 0.9
		}
		return 0.4
	},
	EUCKR: func(lead, trail byte) float64 {
		switch {
		case trail < 0xa1 || lead < 0xa1:
			return 0.1
		case lead >= 0xb0 && lead <= 0xc8:
			return 0.9
		}
		return 0.2
	},
	Big5: func(lead, trail byte) float64 {
		if lead >= 0xa4 && lead <= 0xc6 {
			return 0.9
		}
		return 0.3
	},
}

// pairs adds up how common the characters of two bytes are. One that touches a letter of
// ASCII is more likely an accented one, misread.
func pairs(raw []byte, common func(lead, trail byte) float64) (characters int, fit float64) {
	letter := func(i int) bool {
		return i >= 0 && i < len(raw) && raw[i] < utf8.RuneSelf && unicode.IsLetter(rune(raw[i]))
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] < utf8.RuneSelf {
			continue
		}
		characters++
		if i+1 == len(raw) || raw[i+1] < 0x40 { // half-width kana, alone
			fit += 0.1
			continue
		}
		if letter(i-1) || letter(i+2) && raw[i+1] >= utf8.RuneSelf {
			fit -= 0.5
		} else {
			fit += common(raw[i], raw[i+1])
		}
		i++
	}
	return characters, fit
}

// singleBytes adds up how well each foreign letter stands beside its neighbours.
func singleBytes(name string) (characters int, fit float64) {
	runes := []rune(" " + name + " ")
	for i, c := range runes {
		if c >= utf8.RuneSelf {
			characters++
			fit += plausible(runes[i-1], c, runes[i+1])
		}
	}
	return characters, fit
}

// plausible says so of one, from -1 to 1. Letters of another code page have their cases
// turned, or scripts mixed.
func plausible(before, c, after rune) float64 {
	switch {
	case !unicode.IsLetter(c):
		return -1
	case unicode.IsUpper(c) && unicode.IsLower(before):
		return -0.5
	case unicode.Is(unicode.Cyrillic, c):
		if unicode.Is(unicode.Latin, before) || unicode.Is(unicode.Latin, after) {
			return -0.5
		}
		return 0.95
	case c > 'ÿ' && !unicode.In(c, unicode.Latin), c == 'ƒ', c == 'ª', c == 'º':
		return -0.5
	case unicode.Is(unicode.Cyrillic, before):
		return -0.5
	case unicode.IsLetter(before) && before >= utf8.RuneSelf: // accents seldom stand together
		return 0.5
	}
	return 0.8
}
