package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// boats is a project that learned boats and houses.
func boats(t testing.TB) *Project {
	t.Helper()
	p := open(t, 0, 0)
	for _, class := range []string{"boat", "house"} {
		addFiles(t, p, class, "photos/"+class+"/"+class+"-1.jpg", "photos/"+class+"/"+class+"-2.jpg", "photos/"+class+"/"+class+"-3.jpg")
	}
	train(t, p, "head-only", DefaultOptions())
	return p
}

// file is one of testdata under another path.
func file(t testing.TB, at, name string) PictureFile {
	t.Helper()
	f := onDisk(t, name)
	f.Path = at
	return f
}

func plain(at, content string) PictureFile {
	return PictureFile{Path: at, Open: func() (File, error) { return inMemory([]byte(content)), nil }}
}

func predictFiles(t testing.TB, p *Project, choice PredictChoice, files ...PictureFile) (*Predictions, []Answer) {
	t.Helper()
	var answers []Answer
	result, err := p.PredictFiles(t.Context(), files, choice, func(a Answer) { answers = append(answers, a) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result, answers
}

// Many pictures get the answers that each would get alone; what cannot be read is named;
// nothing is added.
func TestPredictFiles(t *testing.T) {
	p := boats(t)
	before, want := p.Images(), predict(t, p)
	result, answers := predictFiles(t, p, PredictChoice{},
		file(t, "pictures/boat/boat-1.jpg", "photos/boat/boat-1.jpg"), file(t, "pictures/boat/boat-4.jpg", "photos/boat/boat-4.jpg"),
		file(t, "pictures/house/house-4.jpg", "photos/house/house-4.jpg"), file(t, "pictures/fruit/fruit-1.jpg", "photos/fruit/fruit-1.jpg"),
		plain("pictures/boat/notes.pdf", "%PDF-1.4"), plain("pictures/.DS_Store", "x"), file(t, "pictures/house/cut.jpg", "bad/truncated.jpg"))
	if got := p.Images(); !reflect.DeepEqual(got, before) {
		t.Error("the images changed")
	}
	first := answers[slices.IndexFunc(answers, func(a Answer) bool { return strings.HasSuffix(a.Name, "boat-1.jpg") })]
	for i, name := range result.Classes {
		for _, c := range want {
			if c.Name == name && c.Probability != first.Probabilities[i] {
				t.Errorf("%s %v, alone %v", name, first.Probabilities[i], c.Probability)
			}
		}
	}
	if first.Label != "boat" || first.Class != want[0].Name || !first.Seen {
		t.Errorf("%+v", first)
	}
	var refused []string
	for _, a := range answers {
		if a.Refused != "" {
			refused = append(refused, a.Name)
			if !strings.HasSuffix(a.Refused, ".") || a.Class != "" {
				t.Errorf("%+v", a)
			}
		}
	}
	if !reflect.DeepEqual(refused, []string{"notes.pdf", "pictures/house/cut.jpg"}) || result.Refused != 2 || result.PassedOver != 1 || result.Images != 4 || result.Seen != 1 {
		t.Errorf("refused %v; %+v", refused, result)
	}
	if !reflect.DeepEqual(result.Unknown, []LabelCount{{"fruit", 1}}) || result.Figures.Images != 3 || result.Figures.Classes[0].Images != 2 {
		t.Errorf("unknown %v, figures %+v", result.Unknown, result.Figures)
	}
	if picture, err := p.AskedThumbnail(first.Index); err != nil || !bytes.HasPrefix(picture, []byte("\xff\xd8")) {
		t.Errorf("thumbnail: %v", err)
	}
	_, err := p.AskedThumbnail(99)
	check(t, err, Invalid, "Picture 99")
}

// Labels come of a table as of folders; of several sources the one that the network knows;
// zips are looked into; pictures without labels have no figures.
func TestPredictedLabels(t *testing.T) {
	p := boats(t)
	one, two := file(t, "set/1/x.jpg", "photos/boat/boat-4.jpg"), file(t, "set/2/y.jpg", "photos/house/house-4.jpg")
	table := plain("set/labels.csv", "file,site,kind\nx.jpg,north,boat\ny.jpg,south,house\n")
	result, answers := predictFiles(t, p, PredictChoice{}, one, two, table)
	if result.Source == "" || answers[0].Label != "boat" || answers[1].Label != "house" || result.Figures.Images != 2 {
		t.Errorf("%+v %+v", result, answers)
	}
	result, answers = predictFiles(t, p, PredictChoice{Source: NoLabels}, one, two, table)
	if result.Source != "" || answers[0].Label != "" || result.Unlabelled != 2 || result.Figures != nil || len(result.Sources) == 0 {
		t.Errorf("%+v %+v", result, answers)
	}
	result, _ = predictFiles(t, p, PredictChoice{}, file(t, "holiday/x.jpg", "photos/boat/boat-4.jpg"))
	if result.Source != "" || result.Unlabelled != 1 || len(result.Unknown) > 0 {
		t.Errorf("%+v", result)
	}
	_, err := p.PredictFiles(t.Context(), []PictureFile{one}, PredictChoice{Source: "no"}, func(Answer) {}, nil)
	check(t, err, Invalid, `no source "no"`)

	zipped, err := os.ReadFile(testImages + "photos.zip")
	if err != nil {
		t.Fatal(err)
	}
	result, answers = predictFiles(t, p, PredictChoice{}, PictureFile{Path: "photos.zip", Open: func() (File, error) { return inMemory(zipped), nil }})
	if result.Figures == nil || len(answers) != result.Images+result.Refused || result.Figures.Classes[0].Images == 0 {
		t.Errorf("%+v", result)
	}
	for _, a := range answers {
		if a.Refused != "" {
			continue
		}
		if picture, err := p.AskedThumbnail(a.Index); err != nil || len(picture) == 0 {
			t.Fatal(err)
		}
	}
}

// What is cancelled ends before the next picture; a network that was not trained says so.
func TestPredictFilesEnds(t *testing.T) {
	p := boats(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	var files []PictureFile
	for i := range 4 {
		files = append(files, file(t, fmt.Sprintf("boat/%d.jpg", i), "photos/boat/boat-1.jpg"))
	}
	_, err := p.PredictFiles(ctx, files, PredictChoice{}, func(Answer) { n++; cancel() }, nil)
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("%d answers, %v", n, err)
	}
	if so, err := p.Predicted(t.Context()); err != nil || so.Images != 1 || so.Of != 4 || so.Figures == nil || so.Figures.Images != 1 {
		t.Errorf("as far as it got: %+v, %v", so, err)
	}
	predict(t, p) // its turn was given back
	_, err = open(t, 0, 0).PredictFiles(t.Context(), files, PredictChoice{}, func(Answer) {}, nil)
	check(t, err, Invalid, "knows no classes yet")
	_, err = p.MeasureTest(t.Context(), func(Answer) {}, func(int64, int64) {})
	check(t, err, Invalid, "no test set")
	_, err = open(t, 0, 0).Predicted(t.Context())
	check(t, err, Invalid, "not been asked")
}

// The test set is measured by the network in use, and that it was is found again.
func TestMeasureTest(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	var files []PictureFile
	for _, class := range []string{"boat", "house"} {
		for i := range 5 {
			side := "train"
			if i > 2 {
				side = "test"
			}
			name := fmt.Sprintf("%s-%d.jpg", class, i+1)
			files = append(files, file(t, side+"/"+class+"/"+name, "photos/"+class+"/"+name))
		}
	}
	survey, err := p.Survey(t.Context(), files, "", func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Take(t.Context(), survey.ID, TakeChoice{Source: survey.Sources[0].ID, Sides: true}, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	train(t, p, "head-only", DefaultOptions())
	var answers []Answer
	result, err := p.MeasureTest(t.Context(), func(a Answer) { answers = append(answers, a) }, func(int64, int64) {})
	if err != nil || result.Figures.Images != 4 || len(answers) != 4 || result.Seen != 0 || answers[0].Label != "boat" || len(result.Figures.Curves) != 2 {
		t.Fatalf("%+v, %+v, %v", result, answers, err)
	}
	want := p.Images().Tested
	if len(want) != 1 || want[0].Run != "run 1" || want[0].Images != 4 || want[0].Right != result.Figures.Right {
		t.Errorf("%+v", want)
	}
	if _, err := p.MeasureTest(t.Context(), func(Answer) {}, func(int64, int64) {}); err != nil || len(p.Images().Tested) != 1 {
		t.Errorf("again: %+v, %v", p.Images().Tested, err)
	}
	want = p.Images().Tested
	kept(t, p)
	q, o := d.after().reopen(t)
	var test Tested
	if err := json.Unmarshal(o.Runs[0].Test, &test); err != nil || !reflect.DeepEqual(q.Images().Tested, want) || test != want[0] {
		t.Errorf("found %+v and %+v, want %+v", q.Images().Tested, test, want)
	}
}

// The network of a kept run answers beside the one in use, as it did when it was in use.
func TestPredictByAnotherRun(t *testing.T) {
	d := newDisk()
	p := d.visit(t, boats(t))
	content, err := os.ReadFile(testImages + "photos/boat/boat-4.jpg")
	if err != nil {
		t.Fatal(err)
	}
	by := func(run string) (*Prediction, error) {
		return p.PredictBy(t.Context(), run, func() (string, []byte, error) { return "boat-4.jpg", content, nil })
	}
	answer := func(run string) (string, []Probability) {
		t.Helper()
		prediction, err := by(run)
		if err != nil {
			t.Fatal(err)
		}
		return prediction.Run, prediction.Classes
	}
	addFiles(t, p, "boat", "photos/boat/boat-5.jpg") // a project is kept from now on
	train(t, p, "head-only", DefaultOptions())
	second, alone := answer("")
	train(t, p, "unfreeze-all", DefaultOptions())
	third, thawed := answer("")
	run, beside := answer(second)
	if second != "run 2" || third != "run 3" || run != second || !reflect.DeepEqual(beside, alone) || reflect.DeepEqual(beside, thawed) {
		t.Errorf("%s alone %v, %s beside it %v, %s %v", second, alone, run, beside, third, thawed)
	}
	if run, again := answer(""); run != third || !reflect.DeepEqual(again, thawed) {
		t.Errorf("%s in use answers %v, before %v", run, again, thawed)
	}
	_, err = by("run 9")
	check(t, err, Invalid, "no kept network of run 9")
}
