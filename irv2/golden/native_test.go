//go:build !js

package golden

import (
	"flag"
	"io/fs"
	"os"
	"testing"

	"thaw/kernels"
)

var dir = flag.String("golden", "../../testdata/golden", "folder of golden files")

func folder() fs.FS { return os.DirFS(*dir) }

func backend(*testing.T) kernels.Backend { return kernels.NewPortable(0) }
