package project

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"thaw/irv2/images"
	"thaw/irv2/intake"
)

// Survey is what files would bring, before any of them is taken. Its pictures wait for
// Take, until the next survey.
type Survey struct {
	ID           int               `json:"id"`
	Pictures     int               `json:"pictures"`
	PassedOver   int               `json:"passedOver"` // files of operating systems
	Refused      []*images.Refusal `json:"refused"`    // by their first bytes; at most refusedShown
	RefusedCount int               `json:"refusedCount"`
	Foreign      []ForeignCount    `json:"foreign"` // pictures that are not read here
	Sources      []LabelSource     `json:"sources"` // likeliest first
	Asks         *string           `json:"asks"`    // where the likeliest is a guess
	Groups       []GroupSource     `json:"groups"`
	Sides        *SideCounts       `json:"sides"`    // of the user's own division
	Encoding     *EncodingInfo     `json:"encoding"` // of names in archives that do not say it
	Room         *string           `json:"room"`     // where not all will fit

	files  []images.File
	labels []intake.Labels
	groups []intake.Groups
	sides  []images.Side
}

type (
	// LabelSource is a way to name the classes.
	LabelSource struct {
		ID         string        `json:"id"`
		Title      string        `json:"title"`
		Classes    []SurveyClass `json:"classes"` // in Keras's order
		Unlabelled int           `json:"unlabelled"`
	}
	// SurveyClass is a class that would come in.
	SurveyClass struct {
		Name     string   `json:"name"`
		Pictures int      `json:"pictures"`
		Examples []string `json:"examples"` // a few file names
		SideCounts
	}
	// SideCounts are pictures by side; Drawn ones are divided by chance.
	SideCounts struct {
		Drawn      int `json:"drawn"`
		Train      int `json:"train"`
		Validation int `json:"validation"`
		Test       int `json:"test"`
	}
	// GroupSource is a way to keep pictures together.
	GroupSource struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		Groups  int    `json:"groups"`
		Example string `json:"example"`
	}
	// EncodingInfo is how names were read.
	EncodingInfo struct {
		Used    string   `json:"used"`
		Sure    bool     `json:"sure"`
		Choices []string `json:"choices"`
	}
	// TakeChoice says how surveyed files are taken: by a source, or all into one class.
	TakeChoice struct {
		Source    string `json:"source"`
		ClassName string `json:"className"`
		Group     string `json:"group"` // "": none
		Sides     bool   `json:"sides"` // keep the user's own division
		// BrowserDecoded takes pictures that only the browser can decode.
		BrowserDecoded bool `json:"browserDecoded"`
	}
	// ForeignCount is how many pictures have a format that is not read here. Where this
	// browser decodes it, they count among the pictures, and come if that is chosen.
	ForeignCount struct {
		Format  string `json:"format"` // HEIC, AVIF or JPEG XL
		Count   int    `json:"count"`
		Browser bool   `json:"browser"`
	}
)

const refusedShown = 500

// Survey looks at files without decoding any: folders, archives, tables, loose pictures.
// encoding is that of names in archives which do not say it, "": found out.
func (p *Project) Survey(ctx context.Context, files []PictureFile, encoding string, progress Progress) (*Survey, error) {
	p.surveys++
	id := p.surveys
	s, err := p.look(ctx, files, encoding, p.data.set.Len() > 0, progress)
	if err != nil {
		return nil, err
	}
	s.ID, s.Room = id, p.room(s.Pictures)
	p.survey = s
	return s, nil
}

// look surveys files; more says that there are images already.
func (p *Project) look(ctx context.Context, files []PictureFile, encoding string, more bool, progress Progress) (*Survey, error) {
	s := &Survey{Refused: []*images.Refusal{}, Foreign: []ForeignCount{}, Sources: []LabelSource{}, Groups: []GroupSource{}}
	tables, err := s.open(ctx, files, encoding, p.data.set.Limits)
	if err != nil {
		return nil, err
	}
	poll := p.poll(ctx)
	pictures := s.files[:0]
	for i, f := range s.files {
		if err := poll(); err != nil {
			return nil, err
		}
		progress(int64(i), int64(len(s.files)))
		if refusal := f.Recognise(); refusal != nil && !s.foreign(refusal.Browser, p.data.set.Foreign) {
			s.refuse(refusal)
			continue
		}
		pictures = append(pictures, f)
	}
	slices.SortStableFunc(pictures, func(a, b images.File) int { return strings.Compare(a.Path, b.Path) })
	s.files, s.Pictures = pictures, len(pictures)
	s.look(tables, more)
	return s, nil
}

func (s *Survey) refuse(r *images.Refusal) {
	if s.RefusedCount++; len(s.Refused) < refusedShown {
		s.Refused = append(s.Refused, r)
	}
}

// foreign counts a picture of a format that is not read here, "" for none, and says
// whether by does.
func (s *Survey) foreign(format string, by images.Foreign) bool {
	if format == "" {
		return false
	}
	i := slices.IndexFunc(s.Foreign, func(f ForeignCount) bool { return f.Format == format })
	if i < 0 {
		i = len(s.Foreign)
		s.Foreign = append(s.Foreign, ForeignCount{format, 0, by != nil && by.Decodes(format)})
	}
	s.Foreign[i].Count++
	return s.Foreign[i].Browser
}

// open lists all files, those in archives too, and reads tables.
func (s *Survey) open(ctx context.Context, files []PictureFile, encoding string, limits images.Limits) (tables []*intake.Table, err error) {
	for _, f := range files {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if images.Hidden(f.Path) {
			s.PassedOver++
			continue
		}
		name := path.Base(f.Path)
		switch strings.ToLower(path.Ext(name)) {
		case ".zip":
			archive, err := f.archive(encoding, limits)
			if err != nil {
				s.refuse(&images.Refusal{Name: name, Text: err.Error()})
				continue
			}
			s.PassedOver += archive.Hidden
			s.readBy(archive.Encoding, archive.Sure)
			for _, inside := range archive.Files {
				tables = s.list(inside, tables, encoding)
			}
		case ".xlsx", ".xls", ".ods", ".numbers":
			s.refuse(&images.Refusal{Name: name, Text: name + " is a spreadsheet: if it holds labels, save it as CSV and add that."})
		default:
			tables = s.list(f.image(limits), tables, encoding)
		}
	}
	return tables, nil
}

// list adds a file to the tables, or to what may be pictures.
func (s *Survey) list(f images.File, tables []*intake.Table, encoding string) []*intake.Table {
	table := readTable(f, encoding)
	if table == nil {
		s.files = append(s.files, f)
		return tables
	}
	s.readBy(table.Encoding, table.Sure)
	return append(tables, table)
}

// readBy notes how names were read; the least sure counts.
func (s *Survey) readBy(encoding string, sure bool) {
	if encoding != "" && (s.Encoding == nil || s.Encoding.Sure) {
		s.Encoding = &EncodingInfo{encoding, sure, images.Encodings}
	}
}

// readTable reads what by its name may be a table, nil if it is none.
func readTable(f images.File, encoding string) *intake.Table {
	if !slices.Contains([]string{".csv", ".tsv", ".txt"}, strings.ToLower(path.Ext(f.Path))) {
		return nil
	}
	content, err := f.Read()
	if err != nil {
		return nil
	}
	table, ok := intake.ReadTable(path.Base(f.Path), content, encoding)
	if !ok {
		return nil
	}
	return table
}

// look finds out what names classes, and counts; more says that there are images already.
func (s *Survey) look(tables []*intake.Table, more bool) {
	paths := make([]string, len(s.files))
	for i, f := range s.files {
		paths[i] = f.Path
	}
	found := intake.Look(paths, tables)
	s.labels, s.groups, s.sides = found.Labels, found.Groups, found.Sides
	for _, name := range found.Unused {
		s.refuse(&images.Refusal{Name: name, Reason: images.NotAnImage, Text: name + " is no image, and as a table it names none of these images: a column must hold their file names."})
	}
	if !more && !slices.ContainsFunc(s.sides, func(side images.Side) bool { return side <= images.Training }) {
		s.sides = nil // nothing to train on: a test set comes after that
	}
	if found.Ask != "" {
		s.Asks = &found.Ask
	}
	if s.sides != nil {
		s.Sides = &SideCounts{}
		for i := range s.files {
			s.Sides.add(s.sides[i])
		}
	}
	for _, l := range s.labels {
		s.Sources = append(s.Sources, s.source(l))
	}
	for _, g := range s.groups {
		names, _ := intake.Count(g.Of)
		s.Groups = append(s.Groups, GroupSource{g.ID, g.Title, len(names), names[0]})
	}
}

func (c *SideCounts) add(side images.Side) {
	switch side {
	case images.Training:
		c.Train++
	case images.Validating:
		c.Validation++
	case images.Testing:
		c.Test++
	default:
		c.Drawn++
	}
}

// source counts the classes that labels would give.
func (s *Survey) source(l intake.Labels) LabelSource {
	const examples = 3
	source := LabelSource{ID: l.ID, Title: l.Title, Classes: []SurveyClass{}}
	at := map[string]int{}
	names, _ := intake.Count(l.Of)
	for i, name := range names {
		at[name] = i
		source.Classes = append(source.Classes, SurveyClass{Name: name, Examples: []string{}})
	}
	for i, label := range l.Of {
		if label == "" {
			source.Unlabelled++
			continue
		}
		c := &source.Classes[at[label]]
		c.Pictures++
		side := images.Drawn
		if s.sides != nil {
			side = s.sides[i]
		}
		c.add(side)
		if len(c.Examples) < examples {
			c.Examples = append(c.Examples, path.Base(s.files[i].Path))
		}
	}
	return source
}

// Take takes surveyed files. Where it is given up, nothing of them stays.
func (p *Project) Take(ctx context.Context, id int, choice TakeChoice, progress Progress) (*AddResult, error) {
	s := p.survey
	if s == nil || s.ID != id {
		return nil, Errorf(Invalid, "These files were looked at too long ago: drop them again.")
	}
	from, err := s.take(choice)
	if err != nil {
		return nil, err
	}
	result, err := p.AddImages(ctx, from, progress)
	if err == nil {
		p.survey = nil
	}
	return result, err
}

// take is a source of the surveyed files as chosen.
func (s *Survey) take(choice TakeChoice) (Source, error) {
	labels, groups := make([]string, len(s.files)), make([]string, len(s.files))
	if choice.ClassName == "" {
		l := slices.IndexFunc(s.labels, func(l intake.Labels) bool { return l.ID == choice.Source })
		if l < 0 {
			return Source{}, Errorf(Invalid, "Say what names the classes: there is no source %.100q.", choice.Source)
		}
		labels = s.labels[l].Of
	}
	if choice.Group != "" {
		g := slices.IndexFunc(s.groups, func(g intake.Groups) bool { return g.ID == choice.Group })
		if g < 0 {
			return Source{}, Errorf(Invalid, "There is no group %.100q: choose another, or none.", choice.Group)
		}
		groups = s.groups[g].Of
	}
	each := func(yield func(string, images.File) bool) {
		for i, f := range s.files {
			class := choice.ClassName
			if class == "" {
				class = labels[i]
			}
			if class == "" {
				continue // said in the survey
			}
			f.Group, f.Browser = groups[i], choice.BrowserDecoded
			if choice.Sides && s.sides != nil {
				f.Side = s.sides[i]
			}
			if !yield(class, f) {
				return
			}
		}
	}
	return Source{each, len(s.files), func(to *images.Dataset) error {
		if choice.ClassName == "" && !slices.ContainsFunc(to.Classes, generated) {
			to.SortClasses()
		}
		return nil
	}}, nil
}

// generated says that a class came with a world, which has an order of its own.
func generated(c *images.Class) bool {
	return slices.ContainsFunc(c.Samples, func(s *images.Sample) bool { return s.File.Generated() })
}

// imagesShare is how much of the memory images may take: the rest is for weights and runs.
const imagesShare = 0.6

// unlimited is more images than anyone has.
const unlimited = 1 << 31

// fits is how many images there is room for at a size.
func (p *Project) fits(size int) int {
	if p.data.set.Disk.Works() || p.Memory == 0 {
		return unlimited
	}
	return int(p.pixelMemory()) / (size * size * 3)
}

// pixelMemory is how many bytes images may take, 0: any number.
func (p *Project) pixelMemory() int64 { return int64(float64(p.Memory) * imagesShare) }

// room warns if so many more images would not fit.
func (p *Project) room(more int) *string {
	fits, there := p.fits(p.choice.Size), p.data.set.Len()
	if there+more <= fits {
		return nil
	}
	text := fmt.Sprintf("Of %d images only %d fit into memory at %d pixels: choose a smaller size first, or the rest is left out.", there+more, fits, p.choice.Size)
	return &text
}
