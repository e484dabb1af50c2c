package webgpu

import _ "embed"

// regionsSource loads and stores by a region's number, for operands that may lie in several.
//
//go:embed regions.wgsl
var regionsSource string

// anywhere is where a slice begins, and in which region.
func (l *lowering) anywhere(slice *[]float32) (at, region uint32) {
	p, _ := l.at(slice)
	return p.at, uint32(p.region)
}
