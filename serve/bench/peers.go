package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/chromedp/chromedp"
)

// The peers run the same net, each in a browser of its own, cross-origin isolated
// and with two threads. Their packages are fetched into build/peers when asked for.

//go:embed peers
var peerFiles embed.FS

const (
	peerSize      = 299
	peerRounds    = 3    // contenders take turns; the fastest turn of each counts, so the first warms up
	peerTolerance = 1e-3 // of probabilities: the same net, summed in another order
)

// peer is one contender's page; peers/*.js say what it offers.
type peer struct {
	name, path string
	trains     bool
	page       *page
}

// peerWork is what is timed.
type peerWork struct {
	name  string
	call  string // of a peer
	batch int
	step  bool
}

var peerWorks = []peerWork{
	{"forward 299 b1", "forward", 1, false},
	{"forward 299 b4", "forward", 4, false},
	{"head-only step 299 b4, features not kept", "step", 4, true},
}

// comparePeers measures all contenders in turn and prints a table.
func comparePeers(ctx context.Context, url string, out io.Writer) error {
	thaw, err := openPage(ctx, url, "simd")
	if err != nil {
		return err
	}
	defer thaw.close()
	dir := filepath.Join("build", "peers")
	if err := installPeers(ctx, dir); err != nil {
		return err
	}
	if err := writePeerNet(dir, peerSize); err != nil {
		return err
	}
	server := httptest.NewServer(isolate(http.FileServerFS(os.DirFS(dir))))
	defer server.Close()
	peers := []*peer{{name: "TensorFlow.js", path: "/tfjs.html", trains: true}, {name: "ONNX Runtime Web", path: "/ort.html"}}
	for _, p := range peers {
		if err := p.open(ctx, server.URL, peerSize); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		defer p.page.close()
	}
	if err := checkSameNet(peers, peerSize); err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\npeers\tthreads\tms\tof limit\tThaw is faster by\t")
	for _, w := range peerWorks {
		if err := w.measure(thaw, peers, t); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := t.Flush(); err != nil { // minutes lie between the rows
			return err
		}
	}
	return compareOnGPU(ctx, url, server.URL, peers[0], out)
}

// installPeers puts the pages and the pinned packages into dir.
func installPeers(ctx context.Context, dir string) error {
	pages, err := fs.Sub(peerFiles, "peers")
	if err != nil {
		return err
	}
	err = fs.WalkDir(pages, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(pages, name)
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write(b); return err })
	})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci for the peers, which needs a network and Node: %w\n%s", err, said)
	}
	return nil
}

// isolate makes shared memory, and so threads, available to the peers too.
func isolate(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.ServeHTTP(w, r)
	})
}

func (p *peer) open(ctx context.Context, url string, size int, flags ...chromedp.ExecAllocatorOption) (err error) {
	if p.page, err = openBrowser(ctx, url+p.path, flags...); err != nil {
		return err
	}
	threads, err := evaluate[int](p.page, fmt.Sprintf(`
		while (!globalThis.peer) await new Promise(r => setTimeout(r, 100))
		await peer.probabilities(%d) // threads start with the first pass
		return crossOriginIsolated ? peer.threads() : 0`, size))
	if err == nil && threads != 2 {
		err = fmt.Errorf("it runs %d threads, 2 are wanted", threads)
	}
	return err
}

// checkSameNet compares what the peers compute from the same images.
func checkSameNet(peers []*peer, size int) error {
	var first []float64
	for _, p := range peers {
		got, err := evaluate[[]float64](p.page, fmt.Sprintf("return peer.probabilities(%d)", size))
		if err != nil {
			return err
		}
		if first == nil {
			first = got
		}
		for i := range first {
			if math.Abs(first[i]-got[i]) > peerTolerance {
				return fmt.Errorf("%s runs another net: %v, %v", p.name, got, first)
			}
		}
	}
	return nil
}

// measure lets the contenders take turns; shares are of the limit that Thaw's
// page measured in the same rounds.
func (w peerWork) measure(thaw *page, peers []*peer, out io.Writer) error {
	var ours, limits []float64
	var flops int64
	times := map[*peer][]float64{}
	for range peerRounds {
		r, err := thaw.measure(benchCase{Plan: headOnly, Size: peerSize, Batch: w.batch}, "simd", 1)
		if err != nil {
			return err
		}
		ms := r.ForwardMs
		flops = r.ForwardFlops
		if w.step {
			ms += r.StepMs
			flops += r.StepFlops
		}
		ours, limits = append(ours, ms), append(limits, r.LimitGflops)
		for _, p := range peers {
			if w.step && !p.trains {
				continue
			}
			ms, err := evaluate[float64](p.page, fmt.Sprintf("return peer.%s(%d, %d)", w.call, peerSize, w.batch))
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			fmt.Fprintf(os.Stderr, "%s: Thaw %.0f ms, %s %.0f ms\n", w.name, ours[len(ours)-1], p.name, ms)
			times[p] = append(times[p], ms)
		}
	}
	share := func(ms float64) float64 { return 100 * float64(flops) / ms / 1e6 / slices.Max(limits) }
	best := slices.Min(ours)
	fmt.Fprintf(out, "%s, Thaw\t2\t%.0f\t%.0f %%\t\t\n", w.name, best, share(best))
	for _, p := range peers {
		if len(times[p]) > 0 {
			ms := slices.Min(times[p])
			fmt.Fprintf(out, "%s, %s\t2\t%.0f\t%.0f %%\t%.2f\t\n", w.name, p.name, ms, share(ms), ms/best)
		}
	}
	return nil
}
