package project

import (
	"context"
	"sync"
)

// gate holds who would pass while it is closed.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed when the gate opens; nil: it is open
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened != nil
}

// pass returns when the gate is open, or ctx ends; it tells when it has to wait.
func (g *gate) pass(ctx context.Context, tell func(kind string)) error {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	if opened == nil {
		return nil
	}
	tell("paused")
	select {
	case <-opened:
		tell("resumed")
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
