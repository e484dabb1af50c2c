package webgpu

import (
	_ "embed"
	"unsafe"

	"thaw/kernels/program"
)

//go:embed copy.wgsl
var copySource string

var copyPipeline = newShader("copy", regionsSource+copySource, nil)

// copyPairs is how many copies one dispatch does: as many as its row holds.
const copyPairs = rowBytes / 16

// copyPair is an element of Row of copy.wgsl. Src and Dst are floats, Regions the
// number of Src's region and 256 times that of Dst's.
type copyPair struct{ Src, Dst, Len, Regions uint32 }

type copyRow [copyPairs]copyPair

// copy adds to the copies of the dispatch before, if it may: a step saves some 400 small
// tensors in a row.
func (l *lowering) copy(a *program.CopyArgs) {
	dst, ok := l.op.At(&a.Dst)
	if !ok {
		return
	}
	var pair copyPair
	var from, to uint32
	pair.Src, from = l.anywhere(&a.Src)
	pair.Dst, to = l.anywhere(&a.Dst)
	pair.Len, pair.Regions = uint32(dst.Len), from|to<<8
	groups := uint32(min(ceilDiv(dst.Len, 64), maxCopyGroups))
	if l.joinCopy(pair, groups) {
		return
	}
	dispatchRow(l, copyPipeline, &copyRow{pair}, int(groups), 1, 1)
}

// maxCopyGroups bounds the workgroups of one copy: they go on where they end.
const maxCopyGroups = 1024

// joinCopy adds pair to the last dispatch if that copies, has room, is bound alike, and
// its copies may be done in any order with pair.
func (l *lowering) joinCopy(pair copyPair, groups uint32) bool {
	n := l.dispatches()
	if n == 0 {
		return false
	}
	entry, row := l.table[(n-1)*tableLen:], l.rows[(n-1)*rowBytes:]
	count := int(entry[2])
	if pipeline(entry[0]) != copyPipeline || count == copyPairs {
		return false
	}
	for r, at := range l.windows {
		if entry[4+r] != uint32(4*at) {
			return false
		}
	}
	pairs := (*copyRow)(unsafe.Pointer(unsafe.SliceData(row))) // as dispatchRow put it there
	for _, p := range pairs[:count] {
		if pair.conflicts(p) {
			return false
		}
	}
	pairs[count] = pair
	entry[1], entry[2] = max(entry[1], groups), uint32(count+1)
	return true
}

// conflicts says whether one of p and q writes what the other reads or writes.
func (p copyPair) conflicts(q copyPair) bool {
	overlap := func(regionP, p0, regionQ, q0 uint32) bool {
		return regionP == regionQ && p0 < q0+q.Len && q0 < p0+p.Len
	}
	return overlap(p.Regions>>8, p.Dst, q.Regions>>8, q.Dst) ||
		overlap(p.Regions>>8, p.Dst, q.Regions&255, q.Src) ||
		overlap(p.Regions&255, p.Src, q.Regions>>8, q.Dst)
}
