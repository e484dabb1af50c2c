// Package keep is how a project lasts: a document in JSON that says all of it, beside it
// the pictures' own files, their pixels at the size trained, and the values of networks.
//
// Large files are written first, the document that names them last, with their sums: a
// crash at any byte leaves the last whole document, and what no document names is swept.
// The package knows neither networks nor images: package project fills documents and
// reads them.
//
// Read document.go (what is kept), keep.go (where), pieces.go and values.go (networks and
// checkpoints).
package keep

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

// Place is where bytes are kept by name: a folder, the browser's private file system, a
// database, a map. Names are slash-separated. Errors are sentences for the user.
type Place interface {
	// Names lists what begins with a folder's name and a slash; "" lists all.
	Names(ctx context.Context, folder string) ([]string, error)
	Get(ctx context.Context, name string) ([]byte, error) // nil: there is none
	Put(ctx context.Context, name string, content []byte) error
	Delete(ctx context.Context, names ...string) error
}

// Store keeps projects. What Notes takes is there whole or not at all, and soon on the
// disk; a write to Files may be cut short by a crash.
type Store struct{ Notes, Files Place }

// Names in Notes and Files, all under a project's ID.
const (
	documentName   = "project.json"
	checkpointName = "checkpoint.json"
	pageName       = "page.json"
	markName       = "here.json"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum is the checksum of a file.
func Sum(content []byte) uint32 { return crc32.Checksum(content, castagnoli) }

// List lists the documents of all projects, the last changed first. One that cannot be
// read is left out and named in damaged.
func (s *Store) List(ctx context.Context) (list []*Document, damaged []string, err error) {
	names, err := s.Notes.Names(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, "/"+documentName)
		if !ok {
			continue
		}
		d, err := s.Load(ctx, id)
		if err != nil {
			damaged = append(damaged, id)
			continue
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b *Document) int { return int(b.Changed - a.Changed) })
	return list, damaged, nil
}

// Load reads a project's document, nil where there is none.
func (s *Store) Load(ctx context.Context, id string) (*Document, error) {
	text, err := s.Notes.Get(ctx, id+"/"+documentName)
	if err != nil || text == nil {
		return nil, err
	}
	return Parse(text)
}

// Has says whether there is a project.
func (s *Store) Has(ctx context.Context, id string) (bool, error) {
	text, err := s.Notes.Get(ctx, id+"/"+documentName)
	return text != nil, err
}

// Mark writes a small note of who writes the project. It is there until another writes
// one, the project is removed, or the place is cleared.
func (s *Store) Mark(ctx context.Context, id, writer string) error {
	return s.putNote(ctx, id, markName, writer)
}

// Marked says who marked the project last, "" for nobody.
func (s *Store) Marked(ctx context.Context, id string) (writer string, err error) {
	_, err = s.note(ctx, id, markName, &writer)
	return writer, err
}

// Save writes the document of a project, in the place of the one before.
func (s *Store) Save(ctx context.Context, d *Document) error {
	return s.putNote(ctx, d.ID, documentName, d)
}

// Page reads what the page keeps of itself, nil where it kept nothing.
func (s *Store) Page(ctx context.Context, id string) (json.RawMessage, error) {
	return s.Notes.Get(ctx, id+"/"+pageName)
}

// SavePage keeps it.
func (s *Store) SavePage(ctx context.Context, id string, page json.RawMessage) error {
	return s.Notes.Put(ctx, id+"/"+pageName, page)
}

// note reads a JSON file of a project; ok: there is one.
func (s *Store) note(ctx context.Context, id, name string, to any) (ok bool, err error) {
	text, err := s.Notes.Get(ctx, id+"/"+name)
	if err != nil || text == nil {
		return false, err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return false, fmt.Errorf("keep: %s of project %s: %w", name, id, err)
	}
	return true, nil
}

func (s *Store) putNote(ctx context.Context, id, name string, from any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return s.Notes.Put(ctx, id+"/"+name, text)
}

// Remove forgets a project: first its document, so that no half of one is ever listed.
func (s *Store) Remove(ctx context.Context, id string) error {
	if err := s.Notes.Delete(ctx, id+"/"+documentName, id+"/"+checkpointName, id+"/"+pageName, id+"/"+markName); err != nil {
		return err
	}
	names, err := s.Files.Names(ctx, id)
	if err != nil || len(names) == 0 {
		return err
	}
	return s.Files.Delete(ctx, names...)
}

// SweepAll deletes files of projects that have no document: of a crash before the first, or in
// the middle of Remove. busy says that another tab has a project.
func (s *Store) SweepAll(ctx context.Context, busy func(id string) bool) error {
	notes, err := s.Notes.Names(ctx, "")
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, name := range notes {
		if id, ok := strings.CutSuffix(name, "/"+documentName); ok {
			has[id] = true
		}
	}
	files, err := s.Files.Names(ctx, "")
	if err != nil {
		return err
	}
	orphan := func(name string) bool {
		id, _, _ := strings.Cut(name, "/")
		if !has[id] && busy(id) {
			has[id] = true // it is asked once
		}
		return !has[id]
	}
	return cmp.Or(deleteSome(ctx, s.Files, files, orphan), deleteSome(ctx, s.Notes, notes, orphan))
}

// Sweep deletes files of a project that neither its document nor its checkpoint names; first,
// where there are any, whoever sweeps is marked as the one who writes.
func (s *Store) Sweep(ctx context.Context, d *Document, writer string) error {
	c, err := s.Checkpoint(ctx, d.ID)
	if err != nil {
		return err
	}
	named := d.files()
	if c != nil {
		named[c.Values.File] = true
	}
	names, err := s.Files.Names(ctx, d.ID)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return named[owner(strings.TrimPrefix(name, d.ID+"/"))] })
	if len(names) == 0 {
		return nil
	}
	if err := s.Mark(ctx, d.ID, writer); err != nil {
		return err
	}
	return s.Files.Delete(ctx, names...)
}

// owner is the name by which a document knows a file: that of values without the number
// of the piece.
func owner(name string) string {
	if i := strings.Index(name, pieceMark); i >= 0 {
		return name[:i]
	}
	return name
}

// deleteSome deletes those of names for which gone is true.
func deleteSome(ctx context.Context, p Place, names []string, gone func(name string) bool) error {
	names = slices.DeleteFunc(names, func(name string) bool { return !gone(name) })
	if len(names) == 0 {
		return nil
	}
	return p.Delete(ctx, names...)
}
