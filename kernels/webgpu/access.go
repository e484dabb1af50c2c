package webgpu

import (
	_ "embed"
	"strings"
)

//go:embed access_scalar.wgsl
var accessScalarSource string

//go:embed access_vec4.wgsl
var accessVec4Source string

// accessScalar and accessVec4 are functions that load and store four floats of a region, at
// any place or, where shaders see the regions as vec4f, at multiples of 4.
func accessScalar() string { return forRegions(accessScalarSource) }
func accessVec4() string   { return forRegions(accessVec4Source) }

// forRegions writes source for each region: REGION is its name, NAME its name in names.
func forRegions(source string) string {
	var b strings.Builder
	for r := range regions {
		name := r.String()
		b.WriteString(strings.NewReplacer("REGION", name, "NAME", strings.ToUpper(name[:1])+name[1:]).Replace(source))
	}
	return b.String()
}
