package project

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"thaw/irv2/images"
	"thaw/irv2/intake"
	"thaw/irv2/measure"
	"thaw/irv2/score"
)

// Answer is what the network says of one of many pictures, or why it says nothing.
type Answer struct {
	Index int    `json:"index"` // for AskedThumbnail; -1 where the file was refused unread
	Name  string `json:"name"`  // with its folders
	// Refused is why the file is no picture that can be asked about, a sentence; the fields
	// below are empty then.
	Refused string `json:"refused,omitempty"`
	// Label is the right class by the user's folders or table, "": none is known.
	Label         string    `json:"label,omitempty"`
	Class         string    `json:"class,omitempty"`
	Probabilities []float32 `json:"probabilities,omitempty"` // in the order of the result's classes
	// Seen: a picture of the same pixels is among those to train on or to validate with.
	Seen           bool `json:"seen,omitempty"`
	BrowserDecoded bool `json:"browserDecoded,omitempty"`
}

// Predictions is what came of asking about many pictures. Answers are not kept.
type Predictions struct {
	Classes    []string      `json:"classes"`
	Images     int           `json:"images"`
	Of         int           `json:"of"` // pictures that there are: more than Images and Refused together where it was cancelled
	Refused    int           `json:"refused"`
	PassedOver int           `json:"passedOver"` // files of operating systems
	Sources    []KnownSource `json:"sources"`    // of labels, likeliest first
	Source     string        `json:"source"`     // the one that was used; "": none
	Unlabelled int           `json:"unlabelled"`
	// Unknown are labels that the network has no output for: their pictures are asked about
	// and left out of the figures.
	Unknown      []LabelCount   `json:"unknown"`
	Seen         int            `json:"seen"`
	Figures      *score.Figures `json:"figures"` // of pictures with labels that the network knows; nil: none
	Milliseconds float64        `json:"milliseconds"`
}

type (
	// KnownSource is a way to name the right classes, and how many pictures have one that
	// the network knows.
	KnownSource struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Known int    `json:"known"`
	}
	// LabelCount is a label with its pictures.
	LabelCount struct {
		Name     string `json:"name"`
		Pictures int    `json:"pictures"`
	}
	// PredictChoice says how files are read.
	PredictChoice struct {
		Encoding string `json:"encoding"` // of names in archives, as in Survey
		Source   string `json:"source"`   // of labels; "": the one the network knows best, NoLabels: none
	}
)

// NoLabels as a PredictChoice's source leaves pictures without labels.
const NoLabels = "none"

// asked is a picture that the network is asked about.
type asked struct {
	file   images.File
	label  string
	output int // that is right; -1: not known
}

// PredictFiles asks the network as it is now about all pictures among files: loose, in
// folders, in archives. Labels are found as Survey does. Answers go to emit one by one, and
// nothing is added to the images; one picture at a time is in memory.
func (p *Project) PredictFiles(ctx context.Context, files []PictureFile, choice PredictChoice, emit func(Answer), tell Tell) (*Predictions, error) {
	done, err := p.beginPredicting(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	p.predicted = nil
	s, err := p.look(ctx, files, choice.Encoding, true, tell.of("Looking at the files"))
	if err != nil {
		return nil, err
	}
	outputs := p.network.current.names()
	result := &Predictions{Classes: outputs, PassedOver: s.PassedOver, Refused: s.RefusedCount, Sources: []KnownSource{}}
	labels, err := result.choose(s.labels, choice.Source, len(s.files))
	if err != nil {
		return nil, err
	}
	for _, refusal := range s.Refused {
		emit(Answer{Index: -1, Name: refusal.Name, Refused: refusal.Text})
	}
	list := make([]asked, len(s.files))
	for i, f := range s.files {
		list[i] = asked{f, labels[i], slices.Index(outputs, labels[i])}
	}
	p.predicted = result
	return result, p.askAll(ctx, list, result, emit, tell.of("Asking the network"))
}

// Predicted is what came of the last PredictFiles as far as it got: one that was cancelled
// has figures of the pictures until then.
func (p *Project) Predicted(ctx context.Context) (*Predictions, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if p.predicted == nil {
		return nil, Errorf(Invalid, "The network has not been asked about files yet.")
	}
	return p.predicted, nil
}

// choose finds the labels of n pictures, "" for none.
func (r *Predictions) choose(from []intake.Labels, source string, n int) ([]string, error) {
	best, most := -1, 0
	for i, l := range from {
		known := 0
		for _, label := range l.Of {
			if label != "" && slices.Contains(r.Classes, label) {
				known++
			}
		}
		r.Sources = append(r.Sources, KnownSource{l.ID, l.Title, known})
		if known > most {
			best, most = i, known
		}
	}
	if best < 0 && len(from) > 0 { // several folders or values are labels, though of other classes
		if names, _ := intake.Count(from[0].Of); len(names) > 1 {
			best = 0
		}
	}
	if source != "" {
		best = slices.IndexFunc(from, func(l intake.Labels) bool { return l.ID == source })
		if best < 0 && source != NoLabels {
			return nil, Errorf(Invalid, "Say what names the right classes: there is no source %q.", source)
		}
	}
	if best < 0 {
		return make([]string, n), nil
	}
	r.Source = from[best].ID
	return from[best].Of, nil
}

// askAll asks about each picture of list, which AskedThumbnail shows from now on.
func (p *Project) askAll(ctx context.Context, list []asked, result *Predictions, emit func(Answer), progress Progress) error {
	start, poll := time.Now(), p.poll(ctx)
	p.asked, result.Of = list, len(list)
	learned, tally := p.learnedFrom(), score.NewTally(result.Classes)
	unknown := map[string]int{}
	defer func() { // cancelled or not
		result.Unknown = labelCounts(unknown)
		result.Figures, result.Milliseconds = tally.Figures(), measure.Milliseconds(time.Since(start))
	}()
	for i, a := range list {
		progress(int64(i), int64(len(list)))
		if err := poll(); err != nil {
			return err
		}
		answer, hash, err := p.askAbout(ctx, a)
		if err != nil {
			return err
		}
		answer.Index = i
		if answer.Refused != "" {
			result.Refused++
			emit(answer)
			continue
		}
		result.Images++
		answer.Class = result.Classes[score.Likeliest(answer.Probabilities)]
		if answer.Seen = learned[hash]; answer.Seen {
			result.Seen++
		}
		switch {
		case a.output >= 0:
			tally.Add(a.output, answer.Probabilities)
		case a.label != "":
			unknown[a.label]++
		default:
			result.Unlabelled++
		}
		emit(answer)
	}
	progress(int64(len(list)), int64(len(list)))
	return nil
}

// askAbout reads a picture and asks. A file that cannot be read is an answer; the error is
// the end of all.
func (p *Project) askAbout(ctx context.Context, a asked) (answer Answer, hash images.Hash, err error) {
	name := path.Base(strings.ReplaceAll(a.file.Path, `\`, "/"))
	answer = Answer{Name: a.file.Path, Label: a.label}
	content, err := a.file.Read()
	if err != nil {
		answer.Refused = name + " " + err.Error() // see images.File.Read
		return answer, hash, ctx.Err()
	}
	img, err := p.decode(content, name)
	if err != nil {
		answer.Refused = err.Error()
		return answer, hash, ctx.Err()
	}
	answer.BrowserDecoded = img.Browser
	if answer.Probabilities, hash, err = p.ask(img); err != nil { // a thread or a device may have died: once more with what is left
		answer.Probabilities, hash, err = p.ask(img)
	}
	return answer, hash, err
}

// learnedFrom are the pictures here to train on or to validate with, by their pixels.
func (p *Project) learnedFrom() map[images.Hash]bool {
	learned := map[images.Hash]bool{}
	for _, c := range p.data.set.Classes {
		for _, s := range c.Samples {
			if s.File.Side != images.Testing {
				learned[s.Hash] = true
			}
		}
	}
	return learned
}

func labelCounts(pictures map[string]int) []LabelCount {
	names := make([]string, 0, len(pictures))
	for name := range pictures {
		names = append(names, name)
	}
	slices.Sort(names)
	list := make([]LabelCount, len(names))
	for i, name := range names {
		list[i] = LabelCount{name, pictures[name]}
	}
	return list
}

// AskedThumbnail is a small JPEG of a picture that the network was asked about, by its
// index in the last list.
func (p *Project) AskedThumbnail(index int) ([]byte, error) {
	if index < 0 || index >= len(p.asked) {
		return nil, Errorf(Invalid, "Picture %d is not among those asked about last.", index)
	}
	f := p.asked[index].file
	content, err := f.Read()
	if err != nil {
		return nil, Errorf(Invalid, "%s %w", path.Base(f.Path), err)
	}
	img, err := p.decode(content, path.Base(f.Path))
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	pixels, _ := img.Square(images.DefaultResizing(thumbnailSide), p.data.set.Depth()) // row by row, whatever its size
	return asJPEG(&images.RGB8{W: thumbnailSide, H: thumbnailSide, Pix: pixels}, thumbnailSide)
}
