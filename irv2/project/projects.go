package project

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"thaw/irv2/keep"
)

// places is where projects are kept, and who may write there.
type places struct {
	store *keep.Store
	locks Locker // nil: nobody can tell what other tabs do
}

// try takes the lock of a project, if no other tab has it.
func (at *places) try(ctx context.Context, id string) (release func(), ok bool, err error) {
	if at.locks == nil {
		return func() {}, true, nil
	}
	release, err = at.locks.TryLock(ctx, "thaw project "+id)
	return release, release != nil, err
}

// KeepProjects keeps projects in a store from now on; tell, which may be nil, hears how
// far that is.
func (p *Project) KeepProjects(store *keep.Store, locks Locker, tell func(Keeping)) {
	p.places = &places{store, locks}
	p.tellKeeping = tell
	p.keeper = newKeeper(p.places, tell)
	p.changed()
}

// SweepProjects deletes what a crash left behind, of projects that no tab has.
func (p *Project) SweepProjects(ctx context.Context) error {
	switch {
	case p.places == nil:
		return errNotKept
	case p.places.locks == nil: // another tab may be writing what no document names yet
		return nil
	}
	return p.places.store.SweepAll(ctx, func(id string) bool {
		release, ok, err := p.places.try(ctx, id)
		if ok {
			release()
		}
		return err != nil || !ok
	})
}

// newID is a name that no other project has.
func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// ProjectInfo describes a kept project.
type ProjectInfo struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"` // as it was called, or by its classes
	Named   bool     `json:"named"`
	Changed int64    `json:"changed"` // Unix milliseconds
	Images  int      `json:"images"`
	Classes []string `json:"classes"`
	Runs    int      `json:"runs"`
	Open    bool     `json:"open"` // here
	Damaged bool     `json:"damaged,omitempty"`
}

// Projects lists what is kept, the last changed first.
func (p *Project) Projects(ctx context.Context) ([]ProjectInfo, error) {
	list := []ProjectInfo{}
	if p.places == nil {
		return list, nil
	}
	documents, damaged, err := p.places.store.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		list = append(list, ProjectInfo{ID: d.ID, Name: named(d), Named: d.Name != "", Changed: d.Changed, Images: d.Images(), Classes: classNames(d), Runs: len(d.Runs), Open: d.ID == p.keeper.id()})
	}
	for _, id := range damaged {
		list = append(list, ProjectInfo{ID: id, Name: "a project that cannot be read", Classes: []string{}, Damaged: true})
	}
	return list, nil
}

// calledBy names a project by its classes.
func calledBy(classes []string) string {
	const most = 3
	switch n := len(classes); {
	case n == 0:
		return "without images"
	case n > most:
		return strings.Join(classes[:most-1], ", ") + " and more"
	}
	return strings.Join(classes, ", ")
}

func (k *keeper) id() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.doc.ID
}

var errNotKept = Errorf(Invalid, "Projects are not kept here.")

// keeping is the keeper, or why nothing is kept.
func (p *Project) keeping() (*keeper, error) {
	if p.places == nil {
		return nil, errNotKept
	}
	return p.keeper, nil
}

// Keeping says how far the open project is kept.
func (p *Project) Keeping() (Keeping, error) {
	k, err := p.keeping()
	if err != nil {
		return Keeping{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state(), nil
}

// Kept returns when all that is there is written down.
func (p *Project) Kept(ctx context.Context) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	return k.wait(ctx)
}

// NewProject puts the open project aside, and begins one without images; network and
// weights stay, as loaded. What could not be kept of the open one is an error, unless it
// may be lost.
func (p *Project) NewProject(ctx context.Context, lose bool) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := k.leave(ctx, lose); err != nil {
		return err
	}
	p.closeProject()
	return nil
}

// leave waits until all is kept, unless what is not may be lost.
func (k *keeper) leave(ctx context.Context, lose bool) error {
	err := k.wait(ctx)
	if lose && ctx.Err() == nil {
		return nil
	}
	return err
}

// closeProject ends keeping the open project and empties it.
func (p *Project) closeProject() {
	p.keeper.end()
	p.keeper = newKeeper(p.places, p.tellKeeping)
	p.data.empty()
	p.survey, p.runs, p.seen, p.asked, p.tested = nil, 0, nil, nil, nil
	p.experiment.Store(nil)
	p.dropPredictors()
	p.keep(nil)
	if p.network != nil {
		p.network.reset()
	}
}

// RenameProject gives a kept project a name; "": it is called by its classes.
func (p *Project) RenameProject(ctx context.Context, id, name string) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	const longest = 100
	if len([]rune(name)) > longest {
		return Errorf(Invalid, "A project's name has at most %d characters.", longest)
	}
	if id == k.id() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.readOnly {
			return errReadOnly
		}
		k.doc.Name = name
		k.touch()
		return nil
	}
	return p.places.with(ctx, id, func(d *keep.Document) error {
		d.Name = name
		return p.places.store.Save(ctx, d)
	})
}

var errReadOnly = Errorf(Invalid, "This project is open in another tab, which writes it: go on there, or close it and reload this page.")

// hold takes the lock of a project, or says who has it.
func (at *places) hold(ctx context.Context, id string) (release func(), err error) {
	release, ok, err := at.try(ctx, id)
	if err == nil && !ok {
		err = Errorf(Invalid, "This project is open in another tab: close it there first.")
	}
	return release, err
}

// with does something with a project that is not open here.
func (at *places) with(ctx context.Context, id string, do func(*keep.Document) error) error {
	release, err := at.hold(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	d, err := at.load(ctx, id)
	if err != nil {
		return err
	}
	return do(d)
}

// load reads a document; its errors are sentences.
func (at *places) load(ctx context.Context, id string) (*keep.Document, error) {
	d, err := at.store.Load(ctx, id)
	var named *Error
	switch {
	case errors.Is(err, keep.ErrNewer):
		return nil, Errorf(Unsupported, "This project was written by a later version of Thaw: reload the page to update it.")
	case errors.As(err, &named) || errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		return nil, Errorf(Corrupt, "This project's description is damaged: it can only be deleted (%v).", err)
	case d == nil:
		return nil, Errorf(Invalid, "There is no such project: it may have been deleted in another tab.")
	}
	return d, nil
}

// RemoveProject deletes a kept project with all that is in it.
func (p *Project) RemoveProject(ctx context.Context, id string) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	if id != k.id() {
		release, err := p.places.hold(ctx, id)
		if err != nil {
			return err
		}
		defer release()
		return p.places.store.Remove(ctx, id)
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if k.readOnly {
		return errReadOnly
	}
	k.close()
	if err := p.places.store.Remove(ctx, id); err != nil {
		return err
	}
	p.closeProject()
	return nil
}

// DuplicateProject copies a kept project, and names the copy; it is not opened.
func (p *Project) DuplicateProject(ctx context.Context, id string, progress Progress) (copied string, err error) {
	k, err := p.keeping()
	if err != nil {
		return "", err
	}
	if id == k.id() {
		if err := k.wait(ctx); err != nil {
			return "", err
		}
	}
	d, err := p.places.load(ctx, id)
	if err != nil {
		return "", err
	}
	store := p.places.store
	to := newID()
	release, _, err := p.places.try(ctx, to)
	if err != nil {
		return "", err
	}
	defer release()
	names, err := store.Files.Names(ctx, id)
	if err != nil {
		return "", err
	}
	for i, name := range names {
		content, err := store.Files.Get(ctx, name)
		if err == nil && content != nil {
			err = store.Files.Put(ctx, to+strings.TrimPrefix(name, id), content)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			store.Remove(context.WithoutCancel(ctx), to)
			return "", err
		}
		progress(int64(i+1), int64(len(names)))
	}
	if page, err := store.Page(ctx, id); err == nil && page != nil {
		if err := store.SavePage(ctx, to, page); err != nil {
			return "", err
		}
	}
	d.ID, d.Created, d.Changed = to, time.Now().UnixMilli(), time.Now().UnixMilli()
	d.Name = "Copy of " + strings.TrimPrefix(named(d), "Copy of ")
	return to, store.Save(ctx, d)
}

// named is what a project is called.
func named(d *keep.Document) string {
	if d.Name != "" {
		return d.Name
	}
	return calledBy(classNames(d))
}

func classNames(d *keep.Document) []string {
	names := []string{}
	for _, c := range d.Classes {
		names = append(names, c.Name)
	}
	return names
}

// NotePage keeps what the page wants to find at its next visit.
func (p *Project) NotePage(ctx context.Context, page []byte) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	k.mu.Lock()
	id, readOnly := k.doc.ID, k.readOnly
	k.mu.Unlock()
	if id == "" || readOnly {
		return nil
	}
	return p.places.store.SavePage(ctx, id, slices.Clone(page))
}
