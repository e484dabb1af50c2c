package hdf5

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Node is a group or a dataset to be written: a dataset where Data is not nil.
type Node struct {
	Attributes []Attribute      // strings, of groups only
	Members    map[string]*Node // of groups
	Shape      []int
	Data       []float32

	addr      uint64 // of the object header
	treeAddr  uint64 // groups: the B-tree's root
	heapAddr  uint64
	dataAddr  uint64
	longAddrs []uint64 // groups: of the values of long attributes
	names     []string // of Members, sorted
	nameAt    []uint64 // their offsets in the local heap
	heapBytes []byte
	tree      [][]treeBlock // levels, the symbol nodes' parents first
	symbols   []uint64      // addresses of the symbol nodes
	header    []byte        // messages
}

// Attribute is an array of strings, or one string if Scalar. A Long one, a scalar of any
// length, stands outside the header of its group, which has room for 64 KB in all.
type Attribute struct {
	Name         string
	Values       []string
	Scalar, Long bool
}

// treeBlock is one B-tree node: children [first, last) of the level below.
type treeBlock struct {
	addr        uint64
	first, last int
}

// Write writes root and all below it: addresses are laid out first, then every
// object is emitted in their order, so that w needs no seeking and values are
// not copied.
func Write(w io.Writer, root *Node) error {
	l := &layouter{next: superblockLen}
	if err := l.place(root); err != nil {
		return err
	}
	e := &emitter{w: bufio.NewWriterSize(w, 1<<16)}
	e.superblock(root, l.next)
	e.node(root)
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

// Member returns the group of that path below n and makes what is missing.
func (n *Node) Member(path string) *Node {
	for name := range strings.SplitSeq(path, "/") {
		if n.Members == nil {
			n.Members = map[string]*Node{}
		}
		if n.Members[name] == nil {
			n.Members[name] = &Node{}
		}
		n = n.Members[name]
	}
	return n
}

// The library's own defaults: nodes have fixed sizes, filled or not.
const (
	superblockLen = 96
	leafRank      = 4 // symbol nodes hold 2*leafRank members
	treeRank      = 16
	symbolLen     = 8 + 2*leafRank*40
	treeLen       = 24 + (2*treeRank+1)*8 + 2*treeRank*8
	maxMessage    = 65528
)

// layouter gives every object its address, in the order in which emitter writes.
type layouter struct{ next uint64 }

func (l *layouter) take(n int) uint64 {
	at := l.next
	l.next += uint64(n+7) &^ 7
	return at
}

func (l *layouter) place(n *Node) error {
	var err error
	if n.Data != nil {
		n.header = datasetMessages(n)
		n.addr = l.take(16 + len(n.header))
		n.dataAddr = l.take(4 * len(n.Data))
		count := 1
		for _, d := range n.Shape {
			count *= d
		}
		if count != len(n.Data) {
			return fmt.Errorf("hdf5: %d values for shape %v", len(n.Data), n.Shape)
		}
		return nil
	}
	if n.header, err = groupMessages(n); err != nil {
		return err
	}
	n.addr = l.take(16 + len(n.header))
	n.longAddrs = nil
	for _, a := range n.Attributes {
		if a.Long {
			n.longAddrs = append(n.longAddrs, l.take(len(globalHeapBytes(a.Values[0]))))
		}
	}
	n.heapBytes = make([]byte, 8) // offset 0 is the empty name
	n.names, n.nameAt, n.symbols, n.tree = nil, nil, nil, nil
	for name := range n.Members {
		n.names = append(n.names, name)
	}
	slices.Sort(n.names)
	for _, name := range n.names {
		n.nameAt = append(n.nameAt, uint64(len(n.heapBytes)))
		n.heapBytes = append(n.heapBytes, padded(append([]byte(name), 0))...)
	}
	n.heapAddr = l.take(32 + len(n.heapBytes))
	for i := 0; i < len(n.names); i += 2 * leafRank {
		n.symbols = append(n.symbols, l.take(symbolLen))
	}
	l.placeTree(n)
	for _, name := range n.names {
		if err := l.place(n.Members[name]); err != nil {
			return err
		}
	}
	return nil
}

// placeTree stacks levels of nodes until one holds all; an empty group has one
// empty node.
func (l *layouter) placeTree(n *Node) {
	for below := len(n.symbols); ; below = len(n.tree[len(n.tree)-1]) {
		var level []treeBlock
		for i := 0; i < below || len(level) == 0; i += 2 * treeRank {
			level = append(level, treeBlock{l.take(treeLen), i, min(i+2*treeRank, below)})
		}
		n.tree = append(n.tree, level)
		if len(level) == 1 {
			n.treeAddr = level[0].addr
			return
		}
	}
}

// emitter writes what layouter placed.
type emitter struct {
	w   *bufio.Writer
	err error
}

func (e *emitter) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
	if n := -len(b) & 7; e.err == nil && n > 0 {
		_, e.err = e.w.Write(zeros[:n])
	}
}

func (e *emitter) superblock(root *Node, end uint64) {
	b := append([]byte(Signature), 0, 0, 0, 0, 0, 8, 8, 0)
	b = le16(b, leafRank, treeRank)
	b = le32(b, 0)
	b = le64(b, 0, undefined, end, undefined)
	e.write(append(b, symbol(0, root)...))
}

func (e *emitter) node(n *Node) {
	if n.Data != nil {
		e.header(n, datasetMessages(n))
		e.values(n.Data)
		return
	}
	messages, err := groupMessages(n) // again: the addresses are known now
	if err != nil {
		e.err = err
		return
	}
	e.header(n, messages)
	for _, a := range n.Attributes {
		if a.Long {
			e.write(globalHeapBytes(a.Values[0]))
		}
	}
	e.heap(n)
	for i := range n.symbols {
		e.symbolNode(n, i)
	}
	for level := range n.tree {
		for _, block := range n.tree[level] {
			e.treeNode(n, level, block)
		}
	}
	for _, name := range n.names {
		e.node(n.Members[name])
	}
}

func (e *emitter) header(n *Node, messages []byte) {
	b := le16([]byte{1, 0}, countMessages(messages))
	e.write(append(le32(b, 1, uint32(len(messages)), 0), messages...))
}

func (e *emitter) heap(n *Node) {
	b := append([]byte("HEAP"), 0, 0, 0, 0)
	b = le64(b, uint64(len(n.heapBytes)), 1, n.heapAddr+32) // 1: no free block
	e.write(append(b, n.heapBytes...))
}

func (e *emitter) symbolNode(n *Node, i int) {
	first := i * 2 * leafRank
	last := min(first+2*leafRank, len(n.names))
	b := le16(append([]byte("SNOD"), 1, 0), last-first)
	for j := first; j < last; j++ {
		b = append(b, symbol(n.nameAt[j], n.Members[n.names[j]])...)
	}
	e.write(append(b, make([]byte, symbolLen-len(b))...))
}

// symbol is the entry of a member in its group.
func symbol(nameAt uint64, n *Node) []byte {
	b := le64(nil, nameAt, n.addr)
	if n.Data != nil {
		return le64(le32(b, 0, 0), 0, 0)
	}
	return le64(le32(b, 1, 0), n.treeAddr, n.heapAddr)
}

func (e *emitter) treeNode(n *Node, level int, block treeBlock) {
	b := append([]byte("TREE"), 0, byte(level))
	b = le16(b, block.last-block.first)
	b = le64(b, undefined, undefined) // siblings: searches go down, not along
	siblings := n.tree[level]
	for i := range siblings {
		if siblings[i].addr != block.addr {
			continue
		}
		if i > 0 {
			binary.LittleEndian.PutUint64(b[8:], siblings[i-1].addr)
		}
		if i+1 < len(siblings) {
			binary.LittleEndian.PutUint64(b[16:], siblings[i+1].addr)
		}
	}
	// Key i is the greatest name below child i-1; the first is the empty name.
	b = le64(b, n.greatest(level, block.first-1))
	for i := block.first; i < block.last; i++ {
		addr := uint64(0)
		if level == 0 {
			addr = n.symbols[i]
		} else {
			addr = n.tree[level-1][i].addr
		}
		b = le64(b, addr, n.greatest(level, i))
	}
	e.write(append(b, make([]byte, treeLen-len(b))...))
}

// greatest is the heap offset of the last name below child i of a level.
func (n *Node) greatest(level, i int) uint64 {
	if i < 0 {
		return 0
	}
	for l := level - 1; l >= 0; l-- {
		i = n.tree[l][i].last - 1
	}
	return n.nameAt[min((i+1)*2*leafRank, len(n.names))-1]
}

func (e *emitter) values(data []float32) {
	b := make([]byte, 0, 32<<10)
	for len(data) > 0 && e.err == nil {
		n := min(len(data), cap(b)/4)
		b = b[:0]
		for _, v := range data[:n] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		data = data[n:]
		e.write(b)
	}
}
