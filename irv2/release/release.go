// Package release says which Thaw this is. The page, the commands and what they write
// take the version from here; CHANGELOG.md says what each version brought.
package release

// Version is that of the newest release in CHANGELOG.md.
const Version = "0.1"
