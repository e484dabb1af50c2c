//go:build !js

package golden

import (
	"flag"
	"io/fs"
	"os"
	"testing"

	"thaw/kernels"
	"thaw/kernels/program"
)

var dir = flag.String("golden", "../../testdata/golden", "folder of golden files")

func folder() fs.FS { return os.DirFS(*dir) }

func machine(*testing.T) program.Machine { return program.OnHost(kernels.NewPortable(0)) }

func trusted(*testing.T) program.Machine { return nil }
