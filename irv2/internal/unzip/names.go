package unzip

import (
	"bytes"
	"unicode/utf8"

	"thaw/irv2/internal/text"
)

// Names decodes the names of an archive that does not say itself how: by the encoding
// given, or, where that is "", by the likeliest, which is returned ("" where all names say
// it). It is sure where nothing else would make names of letters of one script.
//
// Archives made on Windows hold the code page of their country and no word about it.
// Where a name cannot be read by the encoding, cp437 gives every byte a character, so that
// different names stay different.
func Names(files []*File, encoding string) (used string, sure bool) {
	var raw [][]byte
	seen := map[string]bool{} // a folder's name tells once, not with each of its files
	for _, f := range files {
		if f.Known || ascii(f.RawName) {
			continue
		}
		for part := range bytes.SplitSeq(f.RawName, []byte("/")) {
			if !ascii(part) && !seen[string(part)] {
				seen[string(part)] = true
				raw = append(raw, part)
			}
		}
	}
	if len(raw) == 0 {
		return "", true
	}
	used, sure = encoding, true
	if encoding == "" {
		used, sure = text.Guess(raw)
	}
	for _, f := range files {
		if f.Known {
			continue
		}
		name, ok := text.Decode(used, f.RawName)
		if !ok {
			name, _ = text.Decode(text.CP437, f.RawName)
		}
		f.Name = name
	}
	return used, sure
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
