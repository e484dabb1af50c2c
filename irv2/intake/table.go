package intake

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"thaw/irv2/internal/text"
)

// Table is a file of rows: CSV with any of the usual separators.
type Table struct {
	Name     string
	Encoding string     // in which it was read, "" where it says so itself
	Sure     bool       // no other would do as well
	rows     [][]string // the first is a header, or like the others: its pictures tell
}

// ReadTable reads text in rows; false: it is none. encoding is that of text which is not
// Unicode, "": found out.
func ReadTable(name string, content []byte, encoding string) (*Table, bool) {
	t := &Table{Name: name, Sure: true}
	all := t.decode(content, encoding)
	if all == "" || strings.ContainsRune(all, 0) {
		return nil, false
	}
	all = strings.ReplaceAll(strings.ReplaceAll(all, "\r\n", "\n"), "\r", "\n")
	first, rest, _ := strings.Cut(all, "\n")
	separator := separatorOf(first, rest)
	if said, ok := strings.CutPrefix(first, "sep="); ok && len(said) == 1 { // Excel's
		separator, all = rune(said[0]), rest
	}
	r := csv.NewReader(strings.NewReader(all))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator, -1, true
	r.TrimLeadingSpace = separator != '\t' && separator != ' ' // they would be trimmed too, and columns slip
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 || len(rows[0]) < 2 {
		return nil, false
	}
	for _, row := range rows {
		for i := range row {
			row[i] = text.NFC(strings.TrimSpace(row[i]))
		}
	}
	t.rows = rows
	return t, true
}

// separatorOf is the separator that stands most often in the first line; blanks, as in
// "cats/1.jpg 0", only where every line has as many and no other stands there.
func separatorOf(line, rest string) rune {
	best, most := ',', 0
	for _, s := range []rune{',', '\t', ';', '|'} {
		if n := strings.Count(line, string(s)); n > most {
			best, most = s, n
		}
	}
	blanks := strings.Count(line, " ")
	if most > 0 || blanks == 0 {
		return best
	}
	for line := range strings.SplitSeq(strings.TrimRight(rest, "\n"), "\n") {
		if strings.Count(line, " ") != blanks {
			return best
		}
	}
	return ' '
}

// decode is Unicode, with or without a mark, as spreadsheets save it; or an old code page,
// as they save it too.
func (t *Table) decode(b []byte, encoding string) string {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return strings.ToValidUTF8(string(b[3:]), "?")
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
	case utf8.Valid(b):
		return string(b)
	default:
		const apart = ",;\t\r\n\"/ " // none of them is the second byte of a character
		words := bytes.FieldsFunc(b, func(r rune) bool { return strings.ContainsRune(apart, r) })
		t.Encoding, t.Sure = encoding, true
		if encoding == "" {
			t.Encoding, t.Sure = text.Guess(words)
		}
		s, ok := text.Decode(t.Encoding, b)
		if !ok {
			s, _ = text.Decode(text.CP437, b) // every byte a character: different names stay so
		}
		return s
	}
	var units []uint16
	for b = b[2:]; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// index finds the rows of pictures by one column.
type index struct {
	exact map[string]*entry
	loose map[string]*entry // by the end of a path, without ending, as a number; nil: several
}

// entry is what rows say of one picture.
type entry struct {
	row   []string // "" where several rows differ
	found bool
}

// indexOf reads the names in a column.
func indexOf(rows [][]string, column int) *index {
	x := &index{map[string]*entry{}, map[string]*entry{}}
	for _, row := range rows {
		if column >= len(row) || row[column] == "" {
			continue
		}
		key := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(row[column], `\`, "/"), "./"))
		e := x.exact[key]
		if e != nil {
			e.merge(row)
			continue
		}
		e = &entry{row: slices.Clone(row)}
		x.exact[key] = e
		for _, other := range looser(key) {
			if _, taken := x.loose[other]; taken {
				e = nil
			}
			x.loose[other] = e
			e = x.exact[key]
		}
	}
	return x
}

func (e *entry) merge(row []string) {
	for c := range e.row {
		if c >= len(row) || row[c] != e.row[c] {
			e.row[c] = ""
		}
	}
}

// looser are other names of a picture that a table or a folder may have, the surest first.
func looser(key string) []string {
	keys := keysOf(key)
	base := path.Base(key)
	if stem := withoutEnding(base); stem != "" && strings.Trim(stem, "0123456789") == "" {
		keys = append(keys, "number "+strings.TrimLeft(stem, "0")) // spreadsheets drop zeros in front
	}
	return keys
}

// keysOf are a path and its ends, with and without the ending, the longest first.
func keysOf(p string) []string {
	var keys []string
	for rest, more := p, true; more; {
		keys = append(keys, rest)
		if stem := withoutEnding(rest); stem != rest {
			keys = append(keys, stem)
		}
		_, rest, more = strings.Cut(rest, "/")
	}
	return keys
}

func withoutEnding(name string) string {
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".dcm":
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// match finds the row of each picture, nil: none.
func (x *index) match(paths []string) (rows [][]string, n int) {
	rows = make([][]string, len(paths))
	for i, p := range paths {
		if e := x.of(strings.ToLower(p)); e != nil {
			rows[i], e.found = e.row, true
			n++
		}
	}
	return rows, n
}

func (x *index) of(p string) *entry {
	keys := looser(p)
	for _, of := range []map[string]*entry{x.exact, x.loose} {
		for _, key := range keys {
			if e := of[key]; e != nil {
				return e
			}
		}
	}
	return nil
}

// missing is how many names were no picture's.
func (x *index) missing() (n int) {
	for _, e := range x.exact {
		if !e.found {
			n++
		}
	}
	return n
}
