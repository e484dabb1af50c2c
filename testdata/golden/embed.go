// Package golden is the golden files, for tests that run where there are no files.
package golden

import "embed"

//go:embed *.json
var Files embed.FS
