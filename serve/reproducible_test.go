package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same sources in another folder, compiled without anything kept from before, give
// the same bytes: who builds Thaw can compare with what a host serves.
func TestSiteIsReproducible(t *testing.T) {
	here, err := testEngine()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "some", "where else")
	copySources(t, here.root, root)
	t.Setenv("GOCACHE", filepath.Join(t.TempDir(), "cache"))
	there, err := buildEngineIn(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	sites := [2]string{t.TempDir(), t.TempDir()}
	for i, e := range []*engine{here, there} {
		s, err := newSite(e, brotliQuick, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.write(sites[i]); err != nil {
			t.Fatal(err)
		}
		document, err := single(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sites[i], "single.html"), document, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err = fs.WalkDir(os.DirFS(sites[0]), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		one, err := os.ReadFile(filepath.Join(sites[0], name))
		if err != nil {
			return err
		}
		if other, err := os.ReadFile(filepath.Join(sites[1], name)); err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s differs between two builds (%v)", name, err)
		}
		return nil
	})
	if err != nil || files < 50 {
		t.Errorf("%d files compared, %v", files, err)
	}
	for name, program := range here.files {
		if strings.HasSuffix(name, ".wasm") && bytes.Contains(program, []byte(here.root)) {
			t.Errorf("%s names the folder that it was built in", name)
		}
	}
}

// copySources copies what the site is made of.
func copySources(t *testing.T, from, to string) {
	t.Helper()
	for _, part := range []string{"irv2", "kernels", "wasm", "web"} {
		if err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(from, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "LICENSE", "THIRD_PARTY_NOTICES.txt"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
