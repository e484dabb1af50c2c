package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// firefoxTab is one Firefox with one tab, driven by WebDriver BiDi
// (https://w3c.github.io/webdriver-bidi), whose messages have the form of chromedp's.
type firefoxTab struct {
	t       *testing.T
	ctx     context.Context
	stop    context.CancelCauseFunc
	conn    chromedp.Transport
	lastID  int64
	context string // of the tab

	mutex   sync.Mutex
	waiting map[int64]chan *cdproto.Message
	urls    []string // that were asked for
}

// startFirefox opens Firefox on a new profile.
func startFirefox(t *testing.T) *firefoxTab {
	t.Helper()
	timed, stop := context.WithTimeout(context.Background(), browserTimeout)
	ctx, cancel := context.WithCancelCause(timed)
	f := &firefoxTab{t: t, ctx: ctx, stop: cancel, waiting: map[int64]chan *cdproto.Message{}}
	at := runFirefox(ctx, stop, t)
	var err error
	if f.conn, err = remote.DialContext(ctx, at+"/session"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.conn.Close() })
	go f.listen()
	f.call("session.new", map[string]any{"capabilities": map[string]any{}})
	f.call("session.subscribe", map[string]any{"events": []string{"network.beforeRequestSent"}})
	var tree struct{ Contexts []struct{ Context string } }
	if err := json.Unmarshal(f.call("browsingContext.getTree", map[string]any{"maxDepth": 0}), &tree); err != nil || len(tree.Contexts) == 0 {
		t.Fatal(err, tree)
	}
	f.context = tree.Contexts[0].Context
	return f
}

// runFirefox starts the browser and returns the address that it says it listens on.
func runFirefox(ctx context.Context, stop func(), t *testing.T) string {
	t.Helper()
	cmd := firefoxCommand(ctx, t, "--remote-debugging-port", "0")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(found)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, address, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
				found <- address
			}
		}
		cmd.Wait()
	}()
	t.Cleanup(func() { stop(); <-ended })
	address := <-found
	if address == "" {
		t.Fatal("Firefox ended before it listened")
	}
	return address
}

// firefoxCommand is Firefox on a new profile, without first-run pages and requests of its own.
func firefoxCommand(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	profile := t.TempDir()
	prefs := `user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.enabled", false);
`
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, firefoxPath(t), append([]string{"--headless", "--no-remote", "--profile", profile}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// listen hands answers to who waits for them, and notes what the page asks for.
func (f *firefoxTab) listen() {
	for {
		m := &cdproto.Message{}
		if err := f.conn.Read(f.ctx, m); err != nil {
			f.stop(err) // closed, or a command was refused, which has no form of chromedp's
			return
		}
		f.mutex.Lock()
		if answer := f.waiting[m.ID]; answer != nil {
			answer <- m
			delete(f.waiting, m.ID)
		} else if m.Method == "network.beforeRequestSent" {
			var event struct{ Request struct{ URL string } }
			if json.Unmarshal(m.Params, &event) == nil {
				f.urls = append(f.urls, event.Request.URL)
			}
		}
		f.mutex.Unlock()
	}
}

// call sends a command and returns its result.
func (f *firefoxTab) call(method string, params map[string]any) []byte {
	f.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		f.t.Fatal(err)
	}
	answer := make(chan *cdproto.Message, 1)
	f.lastID++
	f.mutex.Lock()
	f.waiting[f.lastID] = answer
	f.mutex.Unlock()
	if err := f.conn.Write(f.ctx, &cdproto.Message{ID: f.lastID, Method: cdproto.MethodType(method), Params: raw}); err != nil {
		f.t.Fatal(err)
	}
	select {
	case m := <-answer:
		return m.Result
	case <-f.ctx.Done():
		f.t.Fatalf("%s: %v", method, context.Cause(f.ctx))
		return nil
	}
}

func (f *firefoxTab) navigate(url string) {
	f.t.Helper()
	f.call("browsingContext.navigate", map[string]any{"context": f.context, "url": url, "wait": "complete"})
}

// evalText runs the body of an async function in the page and returns its text.
func (f *firefoxTab) evalText(body string) string {
	f.t.Helper()
	var got struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	raw := f.call("script.evaluate", map[string]any{
		"expression": "(async () => {" + body + "})()", "awaitPromise": true,
		"target": map[string]any{"context": f.context},
	})
	if err := json.Unmarshal(raw, &got); err != nil || got.Type != "success" {
		f.t.Fatalf("%v %s\nin: %s", err, got.ExceptionDetails.Text, strings.TrimSpace(body))
	}
	return got.Result.Value
}
