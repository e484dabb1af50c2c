// Package lesson has the lesson's runs, and the second of its networks, for tests that run
// where there are no files.
package lesson

import "embed"

//go:embed runs.jsonl mini-seed2.safetensors
var Files embed.FS
