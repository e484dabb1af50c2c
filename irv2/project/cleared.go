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

// stand marks the project, by which gone knows it.
func (k *keeper) stand() error {
	k.mu.Lock()
	marked := k.marked
	k.mu.Unlock()
	if marked {
		return nil
	}
	if k.gone() {
		k.renew()
	}
	if err := k.places.store.Mark(k.closed, k.doc.ID); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.marked = true
	return nil
}

// gone says that what was kept is no longer there. A document may be, which was written
// just after; the mark is written once.
func (k *keeper) gone() bool {
	k.mu.Lock()
	marked, saved := k.marked, k.saved
	k.mu.Unlock()
	stands, err := true, error(nil)
	switch {
	case marked:
		stands, err = k.places.store.Marked(k.closed, k.doc.ID)
	case saved:
		stands, err = k.places.store.Has(k.closed, k.doc.ID)
	}
	return err == nil && !stands
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
