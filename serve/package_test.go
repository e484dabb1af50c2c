package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/release"
)

// packageJSON is what is read of web/package.json.
type packageJSON struct {
	Name, Version, License string
	Files                  []string
}

func thawPackage(t *testing.T, s *site) packageJSON {
	t.Helper()
	var p packageJSON
	if err := json.Unmarshal(s.files["package.json"].raw, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// imported are the addresses that a module names: of modules, workers and files.
var imported = regexp.MustCompile(`(?:from\s*|import\s*\(?\s*|URL\()['"](\.\.?/[^'"]+)['"]`)

// What thaw.js and its workers load, one from the other, is in the package; and what is not
// Thaw's own page's alone is loaded.
func TestPackageIsWhole(t *testing.T) {
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	p := thawPackage(t, s)
	if p.Version != release.Version+".0" || p.License != "MIT" {
		t.Errorf("package.json: version %s of release %s, licence %s", p.Version, release.Version, p.License)
	}
	packed := func(name string) bool {
		return slices.ContainsFunc(p.Files, func(pattern string) bool {
			ok, err := filepath.Match(pattern, name)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		})
	}
	needed := []string{"thaw.js"}
	for i := 0; i < len(needed); i++ {
		name := needed[i]
		f := s.files[name]
		if f == nil || !packed(name) {
			t.Errorf("%s is missing: in the site %t, in the package %t", name, f != nil, packed(name))
			continue
		}
		if filepath.Ext(name) != ".js" {
			continue
		}
		code, err := squeeze(name, f.raw) // without comments
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range imported.FindAllStringSubmatch(string(code), -1) {
			if to := filepath.ToSlash(filepath.Join(filepath.Dir(name), match[1])); !slices.Contains(needed, to) {
				needed = append(needed, to)
			}
		}
	}
	for _, name := range []string{"thaw-gpu.wasm", "wasm_exec.js", "engine/worker.js", "engine/gpu.js", "decoder.js", "models/mini-photo.safetensors"} {
		if !slices.Contains(needed, name) {
			t.Errorf("%s is not found by what loads it", name)
		}
	}
	for _, pattern := range p.Files {
		if !slices.ContainsFunc(sortedNames(s), func(name string) bool { ok, _ := filepath.Match(pattern, name); return ok }) {
			t.Errorf("%s is in package.json's files, and nowhere else", pattern)
		}
	}
}

func sortedNames(s *site) (names []string) {
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// npm is the path of npm; a machine without it is left in peace, and make test says so.
func npm(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("no npm")
	}
	return path
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// install writes the site, packs it as npm does and puts what is packed into node_modules.
func install(t *testing.T, modules string) {
	t.Helper()
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(dir, "thaw-"+thawPackage(t, s).Version+".tgz")
	command(t, dir, npm(t), "pack", "--silent", "--offline")
	to := filepath.Join(modules, "thaw")
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	command(t, to, "tar", "xzf", packed, "--strip-components=1")
	for name, wanted := range map[string]bool{"thaw.d.ts": true, "README.md": true, "LICENSE.txt": true, "thaw.wasm": true, "index.html": false, "sw.js": false, "app": false, "thaw.wasm.br": false} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != wanted {
			t.Errorf("%s in the package: %t", name, err == nil)
		}
	}
}
