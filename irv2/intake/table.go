package intake

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf16"

	"thaw/irv2/images"
)

// Table is a file of rows: CSV with any of the usual separators.
type Table struct {
	Name   string
	Header []string // "column 2" where the file has none
	Rows   [][]string
	first  []string // a header, or a row like the others: its pictures tell
}

// ReadTable reads text in rows; false: it is none.
func ReadTable(name string, content []byte) (*Table, bool) {
	text := decode(content)
	if text == "" || strings.ContainsRune(text, 0) {
		return nil, false
	}
	separator := ','
	line, _, _ := strings.Cut(text, "\n")
	for _, s := range []rune{'\t', ';', '|'} {
		if strings.Count(line, string(s)) > strings.Count(line, string(separator)) {
			separator = s
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator, -1, true, true
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 || len(rows[0]) < 2 {
		return nil, false
	}
	t := &Table{Name: name, first: rows[0], Rows: rows[1:]}
	for _, row := range rows {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
	}
	t.Header = t.first
	return t, true
}

// decode is UTF-8, with or without a mark, or UTF-16 with one, as spreadsheets save.
func decode(b []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return string(b[3:])
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case !bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return strings.ToValidUTF8(string(b), "?")
	}
	var units []uint16
	for b = b[2:]; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// row finds the row of each picture, nil: none; and the column that names pictures.
func (t *Table) rowOf(paths []string) (rows [][]string, column int) {
	best := 0
	for c := range t.first {
		of, n := t.match(paths, c, t.Rows)
		if n > best && n > 0 {
			rows, column, best = of, c, n
		}
	}
	if best == 0 {
		return nil, 0
	}
	// A first row that names a picture is no header.
	if _, n := t.match(paths, column, [][]string{t.first}); n > 0 {
		t.Rows = append([][]string{t.first}, t.Rows...)
		t.Header = make([]string, len(t.first))
		for c := range t.Header {
			t.Header[c] = fmt.Sprintf("column %d", c+1)
		}
		rows, _ = t.match(paths, column, t.Rows)
	}
	return rows, column
}

// match finds rows by one column: the path, its end, the file's name with or without its
// ending. What names several rows that differ names none.
func (t *Table) match(paths []string, column int, rows [][]string) (of [][]string, n int) {
	byKey := map[string][]string{}
	for _, row := range rows {
		if column >= len(row) || row[column] == "" {
			continue
		}
		key := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(row[column], `\`, "/"), "./"))
		for _, key := range slices.Compact([]string{key, path.Base(key)}) { // folders may be another machine's
			of := row
			if other, taken := byKey[key]; taken && !slices.Equal(other, row) {
				of = nil
			}
			byKey[key] = of
		}
	}
	of = make([][]string, len(paths))
	for i, p := range paths {
		p = strings.ToLower(p)
		for _, key := range keysOf(p) {
			if row := byKey[key]; row != nil {
				of[i] = row
				n++
				break
			}
		}
	}
	return of, n
}

// keysOf are what a table may call a picture, the longest first.
func keysOf(p string) []string {
	var keys []string
	for rest, more := p, true; more; {
		keys = append(keys, rest, strings.TrimSuffix(rest, path.Ext(rest)))
		_, rest, more = strings.Cut(rest, "/")
	}
	return keys
}

// Words of headers, by what the column says.
var (
	labelWords = []string{"label", "class", "category", "target", "diagnosis", "species", "breed", "finding", "dx", "y"}
	groupWords = []string{"patient", "subject", "case", "person", "scene", "group", "site", "lesion", "animal", "individual", "video", "session", "plot"}
	sideWords  = []string{"split", "set", "subset", "partition", "fold", "usage"}
)

func isWord(header string, words []string) bool {
	header = strings.ToLower(header)
	return slices.ContainsFunc(words, func(w string) bool { return header == w || len(w) > 1 && strings.Contains(header, w) })
}

// addTables adds the columns of tables that name pictures.
func (s *Survey) addTables(paths []string, tables []*Table) {
	for _, t := range tables {
		rows, file := t.rowOf(paths)
		if rows == nil {
			continue
		}
		var likely, others []Labels
		for c, header := range t.Header {
			of := columnOf(rows, c)
			names, counts := Count(of)
			source := Labels{fmt.Sprintf("table:%s:%s", t.Name, header), fmt.Sprintf("column %q of %s: %s", header, t.Name, list(of)), of}
			switch {
			case c == file || len(names) < 2:
			case isSides(names):
				if s.Sides == nil || isWord(header, sideWords) {
					s.Sides = sidesOf(of)
				}
			case isWord(header, groupWords):
				s.addGroups(source.ID, source.Title, of)
			case isWord(header, labelWords):
				likely = append(likely, source)
			case len(names) <= max(2, total(counts)/3):
				others = append(others, source)
			default:
				s.addGroups(source.ID, source.Title, of)
			}
		}
		if of, title := oneHot(t, rows, file); of != nil {
			likely = append(likely, Labels{"table:" + t.Name + ":1", title, of})
		}
		if len(likely) != 1 && len(likely)+len(others) > 1 {
			s.Ask = fmt.Sprintf("Which column of %s names the class?", t.Name)
		}
		s.Labels = append(append(s.Labels, likely...), others...)
	}
}

func columnOf(rows [][]string, c int) []string {
	of := make([]string, len(rows))
	for i, row := range rows {
		if c < len(row) {
			of[i] = row[c]
		}
	}
	return of
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func isSides(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return SideOf(name) == images.Drawn })
}

func sidesOf(of []string) []images.Side {
	sides := make([]images.Side, len(of))
	for i, word := range of {
		sides[i] = SideOf(word)
	}
	return drawWhereMissing(sides)
}

// oneHot are columns of 0 and 1, of which each row has one 1: their headers are labels.
func oneHot(t *Table, rows [][]string, file int) (of []string, title string) {
	var columns []int
	for c := range t.Header {
		of := columnOf(rows, c)
		names, _ := Count(of)
		if c != file && len(names) == 2 && isBit(names[0]) && isBit(names[1]) {
			columns = append(columns, c)
		}
	}
	if len(columns) < 2 {
		return nil, ""
	}
	of = make([]string, len(rows))
	for i, row := range rows {
		for _, c := range columns {
			if c >= len(row) || strings.TrimRight(row[c], ".0") != "1" {
				continue
			}
			if of[i] != "" {
				return nil, "" // several at once: no classes
			}
			of[i] = t.Header[c]
		}
	}
	return of, fmt.Sprintf("the column of %s with a 1: %s", t.Name, list(of))
}

func isBit(v string) bool { return v == "0" || v == "1" || v == "0.0" || v == "1.0" }
