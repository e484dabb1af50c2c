// Command lesson measures what freezing costs: it fine-tunes pretrained networks by
// every plan on every target world and writes what came out, whichever way it did. A
// second net, pretrained with another seed, and one that has seen photographs repeat the
// main contrast.
//
//	go run ./irv2/cmd/lesson
//	go run ./irv2/cmd/lesson -only near,shadow,20,head-only,unfreeze-all-inference -seeds 3
//	go run ./irv2/cmd/lesson -report
//
// A run is one plan on one world at one number of images a class with one seed. It is a
// function of its setting, bit for bit on machines of the same instructions: each runs
// on one core, and -threads says how many go side by side. A finished run is one line of
// runs.jsonl; what stands there is not run again, so an interrupted lesson goes on.
// After the runs, README.md and the plot beside it are written from all lines.
//
// Read plans.go (what is compared), schedule.go (which runs), pictures.go (the data),
// train.go (one run), evaluate.go (what it scores), probe.go (the converged linear
// classifier), results.go (lines and resume), compare.go
// (intervals), report.go, seen.go and plot.go (what is written), look.go, metrics.go and
// foretell.go (can the cost of freezing be told beforehand?).
package main

import (
	"errors"
	"flag"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"thaw/irv2/worlds"
)

func main() {
	log.SetFlags(0)
	files := flag.String("weights", strings.Join(nets(), ","),
		"pretrained networks: safetensors files, separated by commas; the first runs all plans, the others the main contrast")
	out := flag.String("out", "testdata/lesson", "folder of runs.jsonl, README.md and the plot")
	only := flag.String("only", "", "plans, worlds and images a class to run, separated by commas; empty: all")
	seeds := flag.Int("seeds", 5, "seeds 1 to this: each draws images, head and order anew")
	threads := flag.Int("threads", 0, "runs side by side, each on one core; 0: one per core")
	report := flag.Bool("report", false, "run nothing, write README.md and the plot from runs.jsonl")
	flag.Parse()
	if *threads == 0 {
		*threads = runtime.GOMAXPROCS(0)
	}
	l := lesson{recipe: standard, out: *out, seeds: *seeds, threads: *threads}
	if err := l.run(strings.Split(*files, ","), *only, *report); err != nil {
		log.Fatal("lesson: ", err)
	}
}

// nets are the networks of the lesson that is kept.
func nets() []string {
	return []string{"web/models/mini.safetensors", "testdata/lesson/mini-seed2.safetensors", "web/models/mini-photo.safetensors"}
}

// lesson is what the command was asked for.
type lesson struct {
	recipe  recipe
	out     string
	seeds   int
	threads int
}

func (l lesson) run(files []string, only string, reportOnly bool) error {
	f, err := parseFilter(only, l.recipe)
	if err != nil {
		return err
	}
	if l.seeds < 1 || l.threads < 1 {
		return errors.New("-seeds and -threads must be 1 or more")
	}
	var loaded []*net
	for _, file := range files {
		n, err := loadNet(file, l.recipe)
		if err != nil {
			return err
		}
		loaded = append(loaded, n)
	}
	if err := os.MkdirAll(l.out, 0o755); err != nil {
		return err
	}
	store, err := openResults(filepath.Join(l.out, "runs.jsonl"))
	if err != nil {
		return err
	}
	defer store.close()
	if !reportOnly {
		if err := l.runAll(loaded, store, f); err != nil {
			return err
		}
	}
	all := l.schedule(loaded, filter{})
	return writeReport(l.out, loaded, all, store.of(all))
}

// targets are the worlds that networks are fine-tuned on, from near to far.
func targets() []*worlds.World { return worlds.All()[1:] }
