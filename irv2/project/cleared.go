package project

import (
	"slices"
	"time"
)

// A person may clear the site's data in the middle of a visit, and a full disk may get room
// again: all that can be is stored then, from the user's own files.

// lookEvery is how often a project at rest is looked after.
const lookEvery = 5 * time.Second

// watch looks after the project until it is closed.
func (k *keeper) watch() {
	for {
		select {
		case <-time.After(lookEvery):
		case <-k.closed.Done():
			return
		}
		k.look()
	}
}

// look writes where what was kept is gone, or could not be written.
func (k *keeper) look() {
	k.mu.Lock()
	rests := !k.writing && !k.stuck()
	k.mu.Unlock()
	if !rests {
		return
	}
	gone := k.gone()
	k.mu.Lock()
	defer k.mu.Unlock()
	if gone || k.problem != nil {
		k.touch()
	}
}

// stand marks the project as written by this keeper; ok: it may write.
func (k *keeper) stand() (ok bool, err error) {
	if k.gone() {
		k.renew()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stuck() || k.marked {
		return !k.stuck(), nil
	}
	k.mu.Unlock()
	err = k.places.store.Mark(k.closed, k.doc.ID, k.name)
	k.mu.Lock()
	k.marked = err == nil
	return k.marked, err
}

// gone says that what was kept is no longer there. The mark tells, which is written once: a
// document may be there that was written just after. Where the mark is another's, a tab has
// the project that does not know of this one: in Chromium, locks from before site data were
// cleared are none of those after it. That tab writes from now on.
func (k *keeper) gone() bool {
	k.mu.Lock()
	id, marked, saved := k.doc.ID, k.marked, k.saved
	k.mu.Unlock()
	if !saved && !marked {
		return false
	}
	if !marked {
		there, err := k.places.store.Has(k.closed, id)
		return err == nil && !there
	}
	writer, err := k.places.store.Marked(k.closed, id)
	if err != nil || writer == "" || writer == k.name {
		return err == nil && writer == ""
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.readOnly = true
	k.announce()
	return false
}

// renew forgets what was stored, so that it is stored again. What is lost is the networks
// of runs that have ended.
func (k *keeper) renew() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stored, k.marked, k.saved, k.dirty = nothingStored(), false, false, true
	k.doc.Runs = slices.Clone(k.doc.Runs)
	for i := range k.doc.Runs {
		k.cleared = k.cleared || k.doc.Runs[i].Values != nil
		k.doc.Runs[i].Values = nil
	}
}
