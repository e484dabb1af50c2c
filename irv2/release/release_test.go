package release

import (
	"os"
	"regexp"
	"testing"
)

// heading is that of a release: "## [0.1] - 2026-11-24".
var heading = regexp.MustCompile(`(?m)^## \[([0-9.]+)\] - \d{4}-\d{2}-\d{2}$`)

func TestChangelogTellsOfThisVersion(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := heading.FindSubmatch(changelog)
	if newest == nil || string(newest[1]) != Version {
		t.Errorf("the newest release in CHANGELOG.md is %q, Version is %s", newest, Version)
	}
}
