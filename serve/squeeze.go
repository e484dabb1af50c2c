package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// squeeze takes comments and spaces out of a script or style sheet, for a static host's
// visitors; names stay. Where the page is served from source it is served as it is
// written. Vendored files have been squeezed by their authors.
func squeeze(name string, raw []byte) ([]byte, error) {
	loader, known := map[string]api.Loader{".js": api.LoaderJS, ".css": api.LoaderCSS}[path.Ext(name)]
	if !known || strings.HasPrefix(name, "vendor/") || name == "wasm_exec.js" {
		return raw, nil
	}
	result := api.Transform(string(raw), api.TransformOptions{Loader: loader, MinifyWhitespace: true, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone})
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("%s: %s", name, result.Errors[0].Text)
	}
	return result.Code, nil
}
