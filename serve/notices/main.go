// Command notices writes THIRD_PARTY_NOTICES.txt: whose code is in the page's
// programs, in the page and in command serve, with the text of every licence.
//
//	go run ./serve/notices     # after a change of go.mod or web/vendor
//
// Only what is linked counts: go.mod also lists what tests and measurements need. The
// texts come from the module cache, the Go toolchain and web/vendor. The test says
// when the file is out of date.
//
// Read linked.go (modules, Go), vendored.go (web/vendor), then write in this file.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const fileName = "THIRD_PARTY_NOTICES.txt"

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	text, err := notices(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, fileName), []byte(text), 0o644)
}

// work is somebody else's work that is distributed with Thaw.
type work struct {
	name  string // with its version, where it has one
	where string
	terms []terms
}

// terms are one file of a work's licence.
type terms struct{ file, text string }

// notices gathers the works in Thaw's folder and writes about them.
func notices(root string) (string, error) {
	works, err := linked(root)
	if err != nil {
		return "", err
	}
	more, err := vendored(filepath.Join(root, "web", "vendor"))
	if err != nil {
		return "", err
	}
	return write(append(works, more...)), nil
}

const rule = "================================================================================\n"

// write lists the works, then every text once, under the names of those that share it.
func write(works []work) string {
	var b strings.Builder
	b.WriteString(`Third-party notices

Thaw is under the MIT licence: see LICENSE. What it is distributed with is the work of
others, under the terms below. Written by "make notices" from go.mod and web/vendor; do
not edit.

`)
	owners := map[string][]string{}
	var texts []string
	for _, w := range works {
		fmt.Fprintf(&b, "%-45s %s\n", w.name, w.where)
		for _, t := range w.terms {
			if owners[t.text] == nil {
				texts = append(texts, t.text)
			}
			owners[t.text] = append(owners[t.text], w.name+": "+t.file)
		}
	}
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s%s\n%s\n%s", rule, strings.Join(owners[text], "\n"), rule, text)
	}
	return b.String()
}

// readTerms reads a licence file called name; line ends and the end of the text are
// the same in all.
func readTerms(path, name string) (terms, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return terms{}, err
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	return terms{file: name, text: strings.Trim(text, "\n") + "\n"}, nil
}
