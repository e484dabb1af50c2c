// Package worlds is what pictures of the worlds must be, for tests that run where there are
// no files.
package worlds

import _ "embed"

//go:embed golden.txt
var Hashes string
