package project

import (
	"context"
	"sync"
)

// Locker lets one at a time do what others must not see half done: a tab of the page among
// all its tabs, a goroutine among others. A lock ends with the tab that holds it.
type Locker interface {
	// Lock waits for the lock of that name, or for ctx's end. unlock gives it back.
	Lock(ctx context.Context, name string) (unlock func(), err error)
	// TryLock takes it if it is free; unlock is nil where another holds it.
	TryLock(ctx context.Context, name string) (unlock func(), err error)
}

// Locks is a Locker within one program.
type Locks struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when it is given back
}

func (l *Locks) Lock(ctx context.Context, name string) (unlock func(), err error) {
	for {
		unlock, held := l.take(name)
		if unlock != nil {
			return unlock, nil
		}
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *Locks) TryLock(ctx context.Context, name string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unlock, _ = l.take(name)
	return unlock, nil
}

// take takes a lock that is free, or returns a channel that is closed when it may be.
func (l *Locks) take(name string) (unlock func(), held <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.held[name]; held != nil {
		return nil, held
	}
	if l.held == nil {
		l.held = map[string]chan struct{}{}
	}
	mine := make(chan struct{})
	l.held[name] = mine
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.held, name)
		close(mine)
	}, nil
}
