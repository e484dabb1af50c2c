package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// tap sits between a test and its browser and hears every request of the page, its
// workers, theirs, and the service worker: whatever the browser starts is held until its
// network is watched. chromedp follows the page alone.
type tap struct {
	chromedp.Transport
	writing sync.Mutex
	lastID  int64 // of commands of its own

	mutex sync.Mutex
	kinds map[target.SessionID]string // page, worker, nested worker, service_worker
	heard []heardRequest
}

// heardRequest is what somebody asked for.
type heardRequest struct {
	who, method, url string
	body             bool
}

// ownIDs are above those that chromedp counts.
const ownIDs = 1 << 30

// tapped makes a browser's connection pass through the tap.
func (t *tap) tapped(a *chromedp.ExecAllocator) {
	chromedp.WithDialer(func(ctx context.Context, url string) (chromedp.Transport, error) {
		conn, err := remote.DialContext(ctx, url)
		t.Transport, t.kinds = conn, map[target.SessionID]string{}
		return t, err
	})(a)
}

// Write lets the page wait for the watch on its workers too.
func (t *tap) Write(ctx context.Context, m *cdproto.Message) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if string(m.Method) == target.SetAutoAttach.Method {
		m.Params = watchAll
	}
	return t.Transport.Write(ctx, m)
}

var watchAll = []byte(`{"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true}`)

func (t *tap) Read(ctx context.Context, m *cdproto.Message) error {
	for {
		*m = cdproto.Message{}
		if err := t.Transport.Read(ctx, m); err != nil {
			return err
		}
		if m.ID < ownIDs {
			return t.hear(ctx, m)
		}
	}
}

func (t *tap) hear(ctx context.Context, m *cdproto.Message) error {
	switch string(m.Method) {
	case "Target.attachedToTarget":
		var event target.EventAttachedToTarget
		if err := json.Unmarshal(m.Params, &event); err != nil {
			return err
		}
		t.mutex.Lock()
		kind := string(event.TargetInfo.Type)
		if parent := t.kinds[m.SessionID]; parent == "worker" {
			kind = "nested worker"
		}
		t.kinds[event.SessionID] = kind
		t.mutex.Unlock()
		for _, command := range []struct {
			method string
			params []byte
		}{{network.Enable.Method, []byte("{}")}, {target.SetAutoAttach.Method, watchAll}, {"Runtime.runIfWaitingForDebugger", []byte("{}")}} {
			t.lastID++
			if err := t.Write(ctx, &cdproto.Message{ID: ownIDs + t.lastID, SessionID: event.SessionID, Method: cdproto.MethodType(command.method), Params: command.params}); err != nil {
				return err
			}
		}
	case "Network.requestWillBeSent":
		var event struct {
			Request struct {
				URL, Method string
				HasPostData bool
			}
		}
		if err := json.Unmarshal(m.Params, &event); err != nil {
			return err
		}
		t.note(m.SessionID, event.Request.Method, event.Request.URL, event.Request.HasPostData)
	case "Network.webSocketCreated", "Network.webTransportCreated", "Network.directTCPSocketCreated", "Network.directUDPSocketCreated":
		var event struct{ URL string }
		if err := json.Unmarshal(m.Params, &event); err != nil {
			return err
		}
		t.note(m.SessionID, string(m.Method), event.URL, true)
	}
	return nil
}

func (t *tap) note(session target.SessionID, method, url string, body bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.heard = append(t.heard, heardRequest{t.kinds[session], method, url, body})
}

// watches says that something of that kind was started and is listened to.
func (t *tap) watches(kind string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Contains(slices.Collect(maps.Values(t.kinds)), kind)
}

// all is what was heard until now.
func (t *tap) all() []heardRequest {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return slices.Clone(t.heard)
}
