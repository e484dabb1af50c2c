package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// page is a page in a Chromium of its own.
type page struct {
	ctx   context.Context
	stops []func() // in order of starting
}

// openPage opens the public module, of a site served as a user would serve it.
func openPage(ctx context.Context, url, backend string, flags ...chromedp.ExecAllocatorOption) (*page, error) {
	// Any address of the site will do: it is isolated, and runs nothing of its own.
	p, err := openBrowser(ctx, url+"files.json", flags...)
	if err != nil {
		return nil, err
	}
	if _, err = evaluate[bool](p, "globalThis.thaw = await (await import('/thaw.js')).open({ backend: '"+backend+"' }); return true"); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// openBrowser opens url in a Chromium of its own.
func openBrowser(ctx context.Context, url string, flags ...chromedp.ExecAllocatorOption) (*page, error) {
	p := &page{}
	dir, err := os.MkdirTemp("", "thaw-bench")
	if err != nil {
		return nil, err
	}
	p.stops = append(p.stops, func() { os.RemoveAll(dir) })
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.UserDataDir(dir), chromedp.Flag("no-sandbox", os.Geteuid() == 0))
	options = append(options, flags...)
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	p.stops = append(p.stops, stop)
	tab, cancel := chromedp.NewContext(allocator)
	p.ctx = tab
	p.stops = append(p.stops, cancel)
	if err := chromedp.Do(p.ctx, chromedp.Navigate(url)); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// serve starts the server and returns its address, the first line that it prints.
func serve(ctx context.Context) (url string, stop func(), err error) {
	// Built and started, not `go run`, which would not pass the signal on.
	server := filepath.Join("build", "serve")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", server, "./serve").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, server, "-addr", "127.0.0.1:0", "-open=false")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() { cancel(); cmd.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, errors.New("the server did not start: run this in Thaw's own folder")
	}
	return strings.TrimSpace(line), stop, nil
}

func (p *page) close() {
	for i := len(p.stops) - 1; i >= 0; i-- {
		p.stops[i]()
	}
}

// tabBytes is the most memory that the page's process has held, 0 where that cannot be
// read (only Linux says it).
func (p *page) tabBytes() int64 { return p.tab("VmHWM") }

// tab is an amount of memory that Linux says of the page's process.
func (p *page) tab(field string) (most int64) {
	var info struct {
		ProcessInfo []struct {
			Type string `json:"type"`
			ID   int    `json:"id"`
		} `json:"processInfo"`
	}
	browser := chromedp.FromContext(p.ctx).Browser
	if err := browser.Call(p.ctx, "SystemInfo.getProcessInfo", nil, &info); err != nil {
		return 0
	}
	for _, process := range info.ProcessInfo {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.ID))
		if err != nil || process.Type != "renderer" {
			continue
		}
		if _, rest, ok := strings.Cut(string(status), field+":"); ok {
			var kB int64
			fmt.Sscan(rest, &kB)
			most = max(most, kB<<10)
		}
	}
	return most
}

// cpuSeconds is what all processes of the page's browser have computed so far.
func (p *page) cpuSeconds() (sum float64, err error) {
	var info struct {
		ProcessInfo []struct {
			CPUTime float64 `json:"cpuTime"`
		} `json:"processInfo"`
	}
	err = chromedp.FromContext(p.ctx).Browser.Call(p.ctx, "SystemInfo.getProcessInfo", nil, &info)
	for _, process := range info.ProcessInfo {
		sum += process.CPUTime
	}
	return sum, err
}

// measurePage times the case in a page of its own, whose memory is then the case's.
func measurePage(ctx context.Context, url string, c benchCase, backend string, steps int, flags ...chromedp.ExecAllocatorOption) (result, error) {
	if backend == "webgpu" {
		flags = append(flags, chromedp.Flag("disable-gpu", false), chromedp.Flag("enable-unsafe-webgpu", true))
	}
	p, err := openPage(ctx, url, backend, flags...)
	if err != nil {
		return result{}, err
	}
	defer p.close()
	return p.measure(c, backend, steps)
}

// measure times the case by thaw.benchmark.
func (p *page) measure(c benchCase, backend string, steps int) (result, error) {
	plan, err := json.Marshal(c.Plan)
	if err != nil {
		return result{}, err
	}
	r, err := evaluate[result](p, fmt.Sprintf("return await thaw.benchmark({ model: 'full', size: %d, batch: %d, steps: %d, classes: %d, plan: %s, backend: '%s' })",
		c.Size, c.Batch, steps, classes, plan, backend))
	r.Case, r.Where, r.PeakBytes.Tab = c.name(), map[string]string{"simd": "page", "webgpu": "gpu"}[backend], p.tabBytes()
	return r, err
}

// softwareGPU makes WebGPU compute on the processor.
var softwareGPU = []chromedp.ExecAllocatorOption{chromedp.Flag("use-webgpu-adapter", "swiftshader")}

// findGPU names the GPU that a page can use, and the browser.
func findGPU(ctx context.Context, url string) (name string, err error) {
	p, err := openBrowser(ctx, url+"files.json", chromedp.Flag("disable-gpu", false), chromedp.Flag("enable-unsafe-webgpu", true))
	if err != nil {
		return "", err
	}
	defer p.close()
	return evaluate[string](p, `
		const { isSoftware } = await import('/engine/adapter.js')
		const adapter = await navigator.gpu?.requestAdapter()
		if (!adapter || isSoftware(adapter)) throw new Error('Chromium offers none here')
		const { vendor, architecture, device, description } = adapter.info
		return [vendor, architecture, device, description].filter(Boolean).join(' ') + '; ' + navigator.userAgent`)
}

func evaluate[T any](p *page, body string) (T, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[T]("(async () => {"+body+"})()", chromedp.EvalAwaitPromise))
}
