package irv2_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Who may know whom. Front ends (wasm, serve, commands) know irv2/project and what is
// below it; the network knows kernels, and kernels know neither network nor page.

// rooms says of every package which of Thaw's packages it may import. Patterns are the
// go command's: a/... is a and all below it. A package's own name counts, or else the
// longest pattern.
var rooms = []struct {
	packages string
	may      []string
}{
	// The ops. How they are computed is decided here and nowhere above.
	{"kernels/...", []string{"kernels/..."}},
	{"kernels/program", []string{"kernels"}},
	{"kernels/splitmix", nil},
	{"kernels/wasmasm", nil},

	// Useful without this network, and ignorant of it.
	{"irv2/images", []string{"irv2/internal/...", "kernels/splitmix"}},
	{"irv2/keep", nil},
	{"irv2/intake", []string{"irv2/images", "irv2/internal/text"}},
	{"irv2/internal/text", nil},
	{"irv2/internal/unzip", []string{"irv2/internal/text"}},
	{"irv2/internal/zip", nil},
	{"irv2/experiment", nil},
	{"irv2/release", nil},
	{"irv2/score", nil},
	{"irv2/weights/hdf5", nil},
	{"irv2/weights/safetensors", nil},
	{"irv2/weights/tfjs", []string{"irv2/weights/safetensors"}},
	{"irv2/weights/topology", nil},
	{"irv2/weights/torch", []string{"irv2/internal/unzip"}},
	{"irv2/worlds", []string{"kernels/splitmix"}},

	// The network: described, frozen, compiled, trained; its files.
	{"irv2", []string{"kernels/splitmix"}},
	{"irv2/freeze", []string{"irv2"}},
	{"irv2/compile", []string{"irv2", "irv2/freeze", "kernels/..."}},
	{"irv2/tune", []string{"irv2", "irv2/freeze", "irv2/compile", "kernels/..."}},
	{"irv2/lens", []string{"irv2", "irv2/freeze", "irv2/compile", "irv2/tune", "kernels/program"}},
	{"irv2/weights", []string{"irv2", "irv2/weights/...", "irv2/internal/unzip", "irv2/internal/zip"}},

	{"irv2/measure", []string{"irv2", "irv2/freeze", "irv2/compile", "kernels/..."}},
	{"irv2/project", []string{"irv2", "irv2/compile", "irv2/experiment", "irv2/freeze", "irv2/images", "irv2/intake", "irv2/internal/...", "irv2/keep", "irv2/lens", "irv2/measure", "irv2/release", "irv2/score", "irv2/tune", "irv2/weights/...", "irv2/worlds", "kernels/..."}},

	// What puts these together: the commands, Keras's figures.
	{"irv2/...", []string{"irv2/...", "kernels/..."}},

	// The page's worker, and the site.
	{"wasm/...", []string{"wasm/jsutil", "irv2/...", "kernels/..."}},
	{"wasm/jsutil", nil},
	{"serve", []string{"kernels/wasmasm", "irv2/release", "irv2/weights", "serve/fetch"}}, // and the files of web
	{"serve/fetch", []string{"irv2/release", "irv2/weights"}},
	{"serve/bench", []string{"irv2/...", "kernels/..."}},
	{"serve/notices", nil},

	// Files for tests, embedded.
	{"testdata/...", nil},
}

// javascript are the ways to JavaScript. Only files named *_js.go, which native builds
// leave out, may go there.
var javascript = []string{"syscall/js", "github.com/hack-pad/..."}

// Tests may look further than the package that they test, but not to JavaScript.
func TestImports(t *testing.T) {
	used := map[string]bool{}
	eachFile(t, func(file string, imports []string) {
		pkg := path.Dir(file)
		packages, may := room(pkg)
		if packages == "" {
			t.Errorf("%s: no room for package %s: say above what it may import", file, pkg)
		}
		used[packages] = true
		name, isTest := strings.CutSuffix(strings.TrimSuffix(file, ".go"), "_test")
		isJS := strings.HasSuffix(name, "_js")
		for _, name := range imports {
			if local, ok := strings.CutPrefix(name, "thaw/"); ok && !isTest && !matchAny(may, local) {
				t.Errorf("%s imports %s: packages %s may import %q", file, local, packages, may)
			}
			if !isJS && matchAny(javascript, name) {
				t.Errorf("%s imports %s: only files named *_js.go may", file, name)
			}
		}
	})
	for _, r := range rooms {
		if !used[r.packages] {
			t.Errorf("there is no package in room %s: remove it", r.packages)
		}
	}
}

// room finds the pattern of rooms for a package: its name, or the longest with dots.
func room(pkg string) (packages string, may []string) {
	for _, r := range rooms {
		if r.packages == pkg {
			return r.packages, r.may
		}
		if match(r.packages, pkg) && len(r.packages) > len(packages) {
			packages, may = r.packages, r.may
		}
	}
	return packages, may
}

func matchAny(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if match(p, pkg) {
			return true
		}
	}
	return false
}

func match(pattern, pkg string) bool {
	above, all := strings.CutSuffix(pattern, "/...")
	return pkg == above || all && strings.HasPrefix(pkg, above+"/")
}

// eachFile calls do for every Go file of the module with its path from the root.
func eachFile(t *testing.T, do func(file string, imports []string)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "build" || name == "node_modules" || strings.HasPrefix(name, ".") && at != root {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(at) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), at, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, i := range parsed.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, name)
		}
		file, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		do(filepath.ToSlash(file), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
