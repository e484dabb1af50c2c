//go:build !unix

package bounded

import "time"

var began = time.Now()

// processorTime is wall-clock time here.
func processorTime() time.Duration { return time.Since(began) }
