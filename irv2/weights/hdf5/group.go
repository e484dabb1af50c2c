package hdf5

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Group is a folder of an HDF5 file with its attributes.
type Group struct {
	Path string // from the root, without a leading slash; the root is ""

	file     *File
	messages []message
	members  map[string]uint64 // object header addresses
	names    []string
}

func (f *File) group(addr uint64, path string) (*Group, error) {
	list, err := f.messages(addr)
	if err != nil {
		return nil, fmt.Errorf("group /%s: %w", path, err)
	}
	g := &Group{Path: path, file: f, messages: list, members: map[string]uint64{}}
	table, ok := find(list, msgSymbolTable)
	if !ok {
		if _, dataset := find(list, msgLayout); dataset {
			return nil, fmt.Errorf("/%s: %w", path, ErrNotGroup)
		}
		return nil, fmt.Errorf("group /%s: %w: links stored in the header", path, ErrUnsupported)
	}
	c := cursor{b: table}
	tree, heapAddr := c.u64(), c.u64()
	heap, err := f.localHeap(heapAddr)
	if err == nil {
		err = f.groupTree(g, tree, heap, -1, map[uint64]bool{})
	}
	if err != nil {
		return nil, fmt.Errorf("group /%s: %w", path, err)
	}
	slices.Sort(g.names)
	return g, c.err
}

// localHeap is where a group's names stand.
func (f *File) localHeap(addr uint64) ([]byte, error) {
	head, err := f.read(addr, 32)
	if err != nil {
		return nil, err
	}
	if string(head[:4]) != "HEAP" {
		return nil, fmt.Errorf("%w: no local heap at %d", ErrCorrupt, addr)
	}
	c := cursor{b: head[8:]}
	size := c.u64()
	c.skip(8)
	data, err := f.read(c.u64(), size)
	return bytes.Clone(data), err
}

// groupTree walks the B-tree node at addr; level is its parent's, -1 for the root.
func (f *File) groupTree(g *Group, addr uint64, heap []byte, level int, seen map[uint64]bool) error {
	children, below, err := f.treeNode(addr, 0, 8, level, seen)
	if err != nil {
		return err
	}
	for _, child := range children {
		if below > 0 {
			err = f.groupTree(g, child.addr, heap, below, seen)
		} else {
			err = f.symbolNode(g, child.addr, heap, seen)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// child is an entry of a B-tree node with the key in front of it.
type child struct {
	key  []byte
	addr uint64
}

// treeNode reads one node of a version 1 B-tree: kind 0 for groups, 1 for chunks.
// Levels fall by one from node to node, and no node is read twice.
func (f *File) treeNode(addr uint64, kind, keyLen, parent int, seen map[uint64]bool) ([]child, int, error) {
	head, err := f.read(addr, 24)
	if err != nil {
		return nil, 0, err
	}
	c := cursor{b: head[4:]}
	gotKind, level, entries := c.u8(), c.u8(), c.u16()
	switch {
	case string(head[:4]) != "TREE" || gotKind != kind:
		return nil, 0, fmt.Errorf("%w: no B-tree at %d", ErrCorrupt, addr)
	case seen[addr] || parent >= 0 && level != parent-1 || level > 16:
		return nil, 0, fmt.Errorf("%w: B-tree loops at %d", ErrCorrupt, addr)
	}
	seen[addr] = true
	raw, err := f.read(addr+24, uint64(entries)*uint64(keyLen+8))
	if err != nil {
		return nil, 0, err
	}
	c = cursor{b: bytes.Clone(raw)}
	children := make([]child, entries)
	for i := range children {
		children[i].key = c.bytes(keyLen)
		children[i].addr = c.u64()
	}
	return children, level, c.err
}

func (f *File) symbolNode(g *Group, addr uint64, heap []byte, seen map[uint64]bool) error {
	head, err := f.read(addr, 8)
	if err != nil {
		return err
	}
	if string(head[:4]) != "SNOD" || seen[addr] {
		return fmt.Errorf("%w: no symbol table node at %d", ErrCorrupt, addr)
	}
	seen[addr] = true
	c := cursor{b: head[6:]}
	n := c.u16()
	raw, err := f.read(addr+8, uint64(n)*40)
	if err != nil {
		return err
	}
	c = cursor{b: raw}
	for range n {
		nameAt, header, cache := c.u64(), c.u64(), c.u32()
		c.skip(20)
		if cache == 2 { // a soft link: an alias, which Keras never writes
			continue
		}
		if nameAt >= uint64(len(heap)) {
			return fmt.Errorf("%w: name outside the heap", ErrCorrupt)
		}
		name, _, ended := bytes.Cut(heap[nameAt:], []byte{0})
		if _, twice := g.members[string(name)]; twice || !ended || len(name) == 0 {
			return fmt.Errorf("%w: member name %.40q", ErrCorrupt, name)
		}
		g.members[string(name)] = header
		g.names = append(g.names, string(name))
	}
	return c.err
}

// Names lists the members in alphabetical order.
func (g *Group) Names() []string { return g.names }

// Has says whether the group itself has a member of that name.
func (g *Group) Has(name string) bool { _, ok := g.members[name]; return ok }

func (g *Group) join(name string) string {
	if g.Path == "" {
		return name
	}
	return g.Path + "/" + name
}

// Group opens the group at path ("a/b/c") below g.
func (g *Group) Group(path string) (*Group, error) {
	for name := range strings.SplitSeq(path, "/") {
		addr, ok := g.members[name]
		if !ok {
			return nil, fmt.Errorf("group /%s: %w", g.join(name), ErrNotFound)
		}
		next, err := g.file.group(addr, g.join(name))
		if err != nil {
			return nil, err
		}
		g = next
	}
	return g, nil
}

// Dataset opens the dataset at path below g.
func (g *Group) Dataset(path string) (*Dataset, error) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		parent, err := g.Group(path[:i])
		if err != nil {
			return nil, err
		}
		return parent.Dataset(path[i+1:])
	}
	addr, ok := g.members[path]
	if !ok {
		return nil, fmt.Errorf("dataset /%s: %w", g.join(path), ErrNotFound)
	}
	d, err := g.file.dataset(addr)
	if err != nil {
		return nil, fmt.Errorf("dataset /%s: %w", g.join(path), err)
	}
	d.Path = g.join(path)
	return d, nil
}
