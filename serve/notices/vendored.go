package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const licenceEnding = "-LICENSE.txt"

// stated finds a version in the first comment of a script.
var stated = regexp.MustCompile(`^/\*!.*\((v[0-9.]+)\)`)

// vendored are the works in the folder web/vendor: NAME-LICENSE.txt goes with all files
// NAME.*, and there is no file without.
func vendored(dir string) ([]work, error) {
	entries, err := os.ReadDir(dir) // in order of their names
	if err != nil {
		return nil, err
	}
	var works []work
	names := map[string]int{} // NAME in works
	for _, e := range entries {
		name, isLicence := strings.CutSuffix(e.Name(), licenceEnding)
		if !isLicence {
			continue
		}
		t, err := readTerms(filepath.Join(dir, e.Name()), e.Name())
		if err != nil {
			return nil, err
		}
		names[name] = len(works)
		works = append(works, work{name: name, where: "the page", terms: []terms{t}})
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		i, ok := names[name]
		if !ok && !strings.HasSuffix(e.Name(), licenceEnding) {
			return nil, fmt.Errorf("%s has no %s%s beside it: it may not be distributed", filepath.Join(dir, e.Name()), name, licenceEnding)
		}
		if filepath.Ext(e.Name()) != ".js" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if version := stated.FindSubmatch(raw); version != nil {
			works[i].name = name + " " + string(version[1])
		}
	}
	return works, nil
}
