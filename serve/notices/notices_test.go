package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func TestNoticesAreCurrent(t *testing.T) {
	want, err := notices(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, fileName))
	if err != nil || string(got) != want {
		t.Errorf("%s is out of date (%v): make notices", fileName, err)
	}
}

// A text that two works share stands once, below both names.
func TestWriteSharesTexts(t *testing.T) {
	got := write([]work{
		{"a v1", "the page", []terms{{"LICENSE", "as is\n"}}},
		{"b v2", "serve", []terms{{"LICENSE.md", "as is\n"}, {"PATENTS", "none\n"}}},
	})
	for _, want := range []string{"a v1: LICENSE\nb v2: LICENSE.md\n" + rule + "\nas is\n", "b v2: PATENTS\n" + rule + "\nnone\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestVendored(t *testing.T) {
	dir := t.TempDir()
	add := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	add("plot-LICENSE.txt", "\r\nas is\r\n\r\n")
	add("plot.min.js", "/*! plot (v1.2.3) */")
	add("plot.css", "")
	works, err := vendored(dir)
	if err != nil || len(works) != 1 || works[0].name != "plot v1.2.3" || works[0].terms[0].text != "as is\n" {
		t.Errorf("%+v, %v", works, err)
	}
	add("other.js", "")
	if _, err := vendored(dir); err == nil || !strings.Contains(err.Error(), "other-LICENSE.txt") {
		t.Errorf("a file without a licence: %v", err)
	}
}

// A package's own licence counts, and a module without any is refused.
func TestLicencesOfAModule(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "internal", "copied")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	m := &module{name: "m", dir: dir, files: map[string]bool{}}
	if err := m.add("serve", inner); err != nil {
		t.Fatal(err)
	}
	if _, err := m.work(); err == nil {
		t.Error("no licence, and no error")
	}
	for _, path := range []string{filepath.Join(inner, "LICENSE.txt"), filepath.Join(dir, "COPYING"), filepath.Join(dir, "licence_test.go")} {
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.add("serve", inner); err != nil {
		t.Fatal(err)
	}
	w, err := m.work()
	if err != nil || len(w.terms) != 2 || w.terms[0].file != "COPYING" || w.terms[1].file != "internal/copied/LICENSE.txt" || w.where != "serve" {
		t.Errorf("%+v, %v", w, err)
	}
}
