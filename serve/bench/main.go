// Command bench measures what users get: milliseconds and GFLOP/s of the forward
// pass and of a training step of each freeze plan, natively (package kernels'
// portable backend) and in the page (thaw.benchmark in a real Chromium), there with SIMD
// and, where there is one, on the GPU.
//
//	go run ./serve/bench [-only TEXT] [-where native|page|gpu|software] [-steps N] [-json FILE] [-peers]
//	go run ./serve/bench -intake N
//	go run ./serve/bench -folder N [-megapixels M]
//
// Read cases.go (what is measured), native.go and page.go (how), table.go (output),
// intake.go and folder.go (images taken in), peers.go (TensorFlow.js and ONNX Runtime Web on the same net), peers_gpu.go (the former on
// WebGPU).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	only := flag.String("only", "", "measure only cases whose name contains this")
	where := flag.String("where", "", "measure only here: native, page, gpu (WebGPU in the page) or software (WebGPU on the processor, slow: never measured unless named)")
	steps := flag.Int("steps", 9, "timed steps of each case; medians are given")
	file := flag.String("json", "", "write the results to this file")
	peers := flag.Bool("peers", false, "also measure TensorFlow.js and ONNX Runtime Web, from npm")
	photographs := flag.Int("intake", 0, "measure only how this many photographs come in")
	folder := flag.Int("folder", 0, "measure only the memory of the page while a folder of this many photographs comes in")
	megapixels := flag.Float64("megapixels", 12, "of each of the photographs of -folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *photographs > 0:
		err = onSite(ctx, func(url string) error { return measureIntake(ctx, url, *photographs, os.Stdout) })
	case *folder > 0:
		err = onSite(ctx, func(url string) error { return measureFolder(ctx, url, *folder, *megapixels, os.Stdout) })
	default:
		err = run(ctx, *only, *where, *steps, *file, *peers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// onSite measures on a site that is served meanwhile.
func onSite(ctx context.Context, measure func(url string) error) error {
	url, stop, err := serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return measure(url)
}

// place is where a case is measured.
type place struct {
	name    string
	measure func(benchCase, int) (result, error)
}

func run(ctx context.Context, only, where string, steps int, file string, peers bool) error {
	url, stop, err := serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	places := []place{
		{"native", measureNative},
		{"page", func(c benchCase, steps int) (result, error) { return measurePage(ctx, url, c, "simd", steps) }},
		{"gpu", func(c benchCase, steps int) (result, error) { return measurePage(ctx, url, c, "webgpu", steps) }},
		{"software", func(c benchCase, steps int) (result, error) {
			return measurePage(ctx, url, c, "webgpu", steps, softwareGPU...)
		}},
	}
	adapter, noGPU := findGPU(ctx, url)
	if where == "" {
		places = places[:2] // and the GPU, where there is one
		if noGPU == nil {
			places = places[:3]
		} else {
			fmt.Fprintf(os.Stderr, "no GPU is measured: %v\n", noGPU)
		}
	}
	var results []result
	for _, c := range cases {
		if !strings.Contains(c.name(), only) {
			continue
		}
		for _, place := range places {
			if where != "" && where != place.name {
				continue
			}
			r, err := place.measure(c, steps)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
			r.batch, r.cached = c.Batch, c.Plan.Preset == headOnly.Preset
			fmt.Fprintln(os.Stderr, r.Case, r.Where, "done")
			results = append(results, r)
		}
	}
	printTable(os.Stdout, results)
	printOps(os.Stdout, results)
	if noGPU == nil {
		printToSend(os.Stdout, adapter, results)
	}
	if peers {
		if err := comparePeers(ctx, url, os.Stdout); err != nil {
			return fmt.Errorf("peers: %w", err)
		}
	}
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(results, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
