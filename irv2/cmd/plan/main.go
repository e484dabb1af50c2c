// Command plan compiles a freeze plan and prints what it costs and, with -dump, the
// whole program: every op with the place of its operands.
//
//	go run ./irv2/cmd/plan '{"preset":"freeze-conv","asWritten":true}'
//	go run ./irv2/cmd/plan -size 150 -batch 8 -dump '{"from":"block8_1"}'
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels"
	"thaw/kernels/program"
)

func main() {
	log.SetFlags(0)
	model := flag.String("model", "full", "full or mini")
	size := flag.Int("size", 0, "input is size x size pixels; 0: 299, mini 64")
	classes := flag.Int("classes", 2, "classes of the head")
	batch := flag.Int("batch", 4, "images per step")
	images := flag.Int("images", 100, "training images, for the size of the cache")
	dump := flag.Bool("dump", false, "print every op of the training step")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal(`plan: give one plan as JSON, such as '{"preset":"head-only"}'`)
	}
	config := irv2.Full(299, *classes)
	if *model == "mini" {
		config = irv2.Mini(*classes)
	}
	if *size > 0 {
		config.Size = *size
	}
	if err := run(config, flag.Arg(0), *batch, *images, *dump); err != nil {
		log.Fatal("plan: ", err)
	}
}

func run(config irv2.Config, raw string, batch, images int, dump bool) error {
	m, err := irv2.New(config)
	if err != nil {
		return err
	}
	var spec freeze.Spec
	if err := json.Unmarshal([]byte(raw), &spec); err != nil {
		return fmt.Errorf("%s is not a plan: %w", raw, err)
	}
	plan, err := freeze.New(m, spec)
	if err != nil {
		return err
	}
	machine := program.OnHost(kernels.NewPortable(0))
	layout, err := tune.NewLayout(plan, tune.Options{Batch: batch}, [2]int{images, 0}, false, machine)
	if err != nil {
		return err
	}
	if dump {
		p, err := compile.Compile(plan, compile.Options{Batch: batch, Training: true, From: layout.Prefix}, machine)
		if err != nil {
			return err
		}
		p.Dump(os.Stdout)
		fmt.Println()
	}
	c := layout.Cost()
	fmt.Printf("%s\n%s\n", plan.Name, plan.Sentence)
	fmt.Printf("%d of %d parameters are trained, in %d layers\n", c.Trained, c.Parameters, len(plan.Learning()))
	fmt.Printf("a step of %d: forward %.2f, input gradient %.2f, filter gradient %.2f GFLOP\n", batch,
		float64(c.Forward)/1e9, float64(c.InputGradient)/1e9, float64(c.FilterGradient)/1e9)
	if layout.Prefix != nil {
		fmt.Printf("up to %s nothing changes: %.2f GFLOP once per image, %.1f MB for %d images\n", layout.Prefix.Name,
			float64(c.CacheFLOPs)/1e9, float64(c.CacheBytes)/1e6, images)
	}
	fmt.Printf("memory: %.1f MB (arena %.1f, state %.1f, weights %.1f, cache %.1f)\n", float64(c.Peak)/1e6,
		float64(c.ArenaBytes)/1e6, float64(c.StateBytes)/1e6, float64(c.ParameterBytes)/1e6, float64(c.CacheBytes)/1e6)
	return nil
}
