package intake

import (
	"fmt"
	"slices"
	"strings"

	"thaw/irv2/images"
)

// matched is a table, or several of the same columns, and the pictures that it names.
type matched struct {
	name    string
	header  []string
	file    int        // the column that names pictures
	of      [][]string // the row of each picture; nil: none
	sides   []images.Side
	missing int // rows that name no picture
}

// matchTable finds the column that names pictures; nil: none does.
func matchTable(t *Table, paths []string) *matched {
	m := &matched{name: t.Name, header: t.rows[0]}
	best := 0
	for c := range t.rows[0] {
		if of, n := indexOf(t.rows[1:], c).match(paths); n > best {
			m.of, m.file, best = of, c, n
		}
	}
	if best == 0 {
		return nil
	}
	rows := t.rows[1:]
	if m.noHeader(rows, paths) {
		rows = t.rows
		m.header = make([]string, len(t.rows[0]))
		for c := range m.header {
			m.header[c] = fmt.Sprintf("column %d", c+1)
		}
	}
	for c, name := range m.header { // several may have one name
		if slices.Contains(m.header[:c], name) || name == "" {
			m.header[c] = strings.TrimSpace(fmt.Sprintf("%s (column %d)", name, c+1))
		}
	}
	index := indexOf(rows, m.file)
	m.of, _ = index.match(paths)
	m.missing = index.missing()
	m.sides = make([]images.Side, len(paths))
	side, _ := partOf(withoutTableEnding(t.Name))
	for i := range paths {
		if m.of[i] != nil {
			m.sides[i] = side
		}
	}
	return m
}

// noHeader says that the first row is like the others: it names a picture, or has a value
// that others have.
func (m *matched) noHeader(rows [][]string, paths []string) bool {
	if _, n := indexOf([][]string{m.header}, m.file).match(paths); n > 0 {
		return true
	}
	for c, value := range m.header {
		if c != m.file && value != "" && slices.ContainsFunc(rows, func(row []string) bool { return c < len(row) && row[c] == value }) {
			return true
		}
	}
	return false
}

func withoutTableEnding(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// joins says that another table has the same columns, and a name that differs by numbers
// or by the part that it is of: train_labels.csv, test_labels.csv.
func (m *matched) joins(other *matched) bool {
	kind := func(m *matched) string {
		_, rest := partOf(withoutTableEnding(m.name))
		return strings.ToLower(fmt.Sprint(rest, m.header, m.file))
	}
	return kind(m) == kind(other)
}

func (m *matched) join(other *matched) {
	m.name += " and " + other.name
	m.missing += other.missing
	for i, row := range other.of {
		if m.of[i] == nil || other.sides[i] > m.sides[i] { // a picture in two is the test set's
			m.of[i] = row
			m.sides[i] = other.sides[i]
		}
	}
}

// addTables adds the columns of tables that name pictures.
func (s *Survey) addTables(paths []string, tables []*Table) {
	var all []*matched
	for _, t := range tables {
		m := matchTable(t, paths)
		if m == nil {
			s.Unused = append(s.Unused, t.Name)
			continue
		}
		if at := slices.IndexFunc(all, m.joins); at >= 0 {
			all[at].join(m)
		} else {
			all = append(all, m)
		}
	}
	for _, m := range all {
		if s.Sides == nil && divides(m.sides) {
			s.Sides = drawWhereMissing(slices.Clone(m.sides))
		}
		s.addColumns(m)
	}
}

func divides(sides []images.Side) bool {
	return slices.Contains(sides, images.Training) && slices.ContainsFunc(sides, func(s images.Side) bool { return s > images.Training })
}

// Words of headers, by what the column says.
var (
	labelWords = setOf("label", "labels", "class", "classes", "category", "target", "diagnosis", "species", "breed", "finding", "dx", "y")
	groupWords = setOf("patient", "subject", "case", "person", "scene", "group", "site", "lesion", "animal", "individual", "video", "session", "plot", "patientid", "subjectid", "caseid")
	sideWords  = setOf("split", "set", "subset", "partition", "fold", "usage", "phase")
)

func isWord(header string, words map[string]bool) bool {
	return slices.ContainsFunc(wordsOf(header), func(w string) bool { return words[w] })
}

// addColumns adds the columns of a table, as what their names and contents say.
func (s *Survey) addColumns(m *matched) {
	onlyOne, bits := m.oneHot()
	var likely, others []Labels
	for c, header := range m.header {
		of := columnOf(m.of, c)
		names, counts := Count(of)
		source := Labels{fmt.Sprintf("table:%s:%s", m.name, header), fmt.Sprintf("column %q of %s", header, m.name), of}
		switch {
		case c == m.file || len(names) < 2 || onlyOne != nil && slices.Contains(bits, c):
		case isSides(names):
			if s.Sides == nil || isWord(header, sideWords) {
				s.Sides = sidesOf(of)
			}
		case isWord(header, groupWords):
			s.addGroups(source.ID, source.Title, of)
		case isWord(header, labelWords):
			likely = append(likely, m.titled(source))
		case len(names) <= max(2, total(counts)/3):
			others = append(others, m.titled(source))
		default:
			s.addGroups(source.ID, source.Title, of)
		}
	}
	if onlyOne != nil {
		likely = append(likely, m.titled(Labels{"table:" + m.name + ":1", "the column of " + m.name + " with a 1", onlyOne}))
	}
	if len(likely) != 1 && len(likely)+len(others) > 1 {
		s.Ask = fmt.Sprintf("Which column of %s names the class?", m.name)
	}
	for _, l := range append(likely, others...) {
		s.addLabels(l)
	}
}

// titled completes a title by what the source says, and what it says of no picture.
func (m *matched) titled(l Labels) Labels {
	l.Title += ": " + list(l.Of)
	switch m.missing {
	case 0:
	case 1:
		l.Title += " (a row names no image here)"
	default:
		l.Title += fmt.Sprintf(" (%d rows name no image here)", m.missing)
	}
	return l
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
func (m *matched) oneHot() (of []string, columns []int) {
	for c, header := range m.header {
		names, _ := Count(columnOf(m.of, c))
		if c != m.file && len(names) == 2 && isBit(names[0]) && isBit(names[1]) && !isWord(header, sideWords) && !sideWord(header) {
			columns = append(columns, c)
		}
	}
	if len(columns) < 2 {
		return nil, nil
	}
	of = make([]string, len(m.of))
	for i, row := range m.of {
		for _, c := range columns {
			if c >= len(row) || strings.TrimRight(row[c], ".0") != "1" {
				continue
			}
			if of[i] != "" {
				return nil, nil // several at once: no classes
			}
			of[i] = m.header[c]
		}
	}
	return of, columns
}

func isBit(v string) bool { return v == "0" || v == "1" || v == "0.0" || v == "1.0" }
