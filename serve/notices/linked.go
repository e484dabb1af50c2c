package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// distributed are the programs and what each is called here. serve is listed for one
// system, so that the file is the same wherever it is written.
var distributed = []struct {
	where, goos, goarch string
	packages            []string
}{
	{"the page", "js", "wasm", []string{"./wasm", "./wasm/fetch"}},
	{"serve", "linux", "amd64", []string{"./serve"}},
}

// licenceFile matches what may state terms. A folder inside a module may have its own.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.(md|txt))?$`)

// module is a linked module with its licence files, by path inside it.
type module struct {
	name, dir string
	where     []string
	files     map[string]bool
}

// linked are Go itself and the modules that the distributed programs are linked with,
// by name.
func linked(root string) ([]work, error) {
	language, err := toolchain(root)
	if err != nil {
		return nil, err
	}
	modules := map[string]*module{}
	for _, d := range distributed {
		args := append([]string{"list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"}, d.packages...)
		out, err := goCommand(root, d.goos, d.goarch, args...)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			fields := strings.Split(strings.TrimSpace(line), "\t")
			if len(fields) != 3 {
				continue // a package of Go or of Thaw
			}
			name, dir, folder := fields[0], fields[1], fields[2]
			if modules[name] == nil {
				modules[name] = &module{name: name, dir: dir, files: map[string]bool{}}
			}
			if err := modules[name].add(d.where, folder); err != nil {
				return nil, err
			}
		}
	}
	all := []*module{language}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		all = append(all, modules[name])
	}
	var works []work
	for _, m := range all {
		w, err := m.work()
		if err != nil {
			return nil, err
		}
		works = append(works, w)
	}
	return works, nil
}

// toolchain is Go as a module: its library is in every program, wasm_exec.js in the page.
func toolchain(root string) (*module, error) {
	goroot, err := goCommand(root, "", "", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	m := &module{name: "Go (library, wasm_exec.js)", dir: strings.TrimSpace(goroot), files: map[string]bool{}}
	for _, d := range distributed {
		if err := m.add(d.where, m.dir); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// add notes that a package of m in folder is linked into the program where, and the
// licences from there up to m's own folder.
func (m *module) add(where, folder string) error {
	if !slices.Contains(m.where, where) {
		m.where = append(m.where, where)
	}
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(m.dir, folder)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.IsDir() && licenceFile.MatchString(e.Name()) {
				m.files[filepath.ToSlash(filepath.Join(inside, e.Name()))] = true
			}
		}
		if inside == "." {
			return nil
		}
		folder = filepath.Dir(folder)
	}
}

// work reads m's licences, those nearest to its root first.
func (m *module) work() (work, error) {
	if len(m.files) == 0 {
		return work{}, fmt.Errorf("%s states no licence in %s: it may not be distributed", m.name, m.dir)
	}
	w := work{name: m.name, where: strings.Join(m.where, ", ")}
	depth := func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), cmp.Compare(a, b))
	}
	for _, name := range slices.SortedFunc(maps.Keys(m.files), depth) {
		t, err := readTerms(filepath.Join(m.dir, filepath.FromSlash(name)), name)
		if err != nil {
			return work{}, err
		}
		w.terms = append(w.terms, t)
	}
	return w, nil
}

// goCommand runs the go command in dir for a system and returns its output.
func goCommand(dir, goos, goarch string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=auto", "GOFLAGS=", "GOOS="+goos, "GOARCH="+goarch)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, problems.Bytes())
	}
	return out.String(), nil
}
