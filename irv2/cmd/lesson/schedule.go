package main

import (
	"fmt"
	"log"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// recipe is what all runs have in common.
type recipe struct {
	Steps      map[int]int // images a class -> training steps
	Batch      int
	Rate       float64 // of Adam
	Dense      int     // width of the head's hidden layer
	Validation int     // fresh images, drawn anew for each seed
}

var standard = recipe{Steps: map[int]int{5: 80, 20: 200, 100: 600}, Batch: 16, Rate: 1e-3, Dense: 128, Validation: 1000}

// sizes lists the numbers of images a class, ascending.
func (r recipe) sizes() (list []int) {
	for each := range r.Steps {
		list = append(list, each)
	}
	slices.Sort(list)
	return list
}

// job is a run to do.
type job struct {
	setting
	net   *net // nil from scratch
	plan  plan
	group *group
}

// schedule lists all runs that pass f, seed by seed, so that a lesson that is stopped
// has compared all plans on all worlds with the seeds that it got to. The first net runs
// all plans, the others the main contrast: is it seen with another net too?
func (l lesson) schedule(nets []*net, f filter) (jobs []job) {
	for seed := uint64(1); seed <= uint64(l.seeds); seed++ {
		for _, w := range targets() {
			g := &group{world: w, seed: seed, recipe: l.recipe}
			for _, each := range l.recipe.sizes() {
				for _, p := range plans() {
					for i, n := range nets {
						if !f.passes(p.Name, w.Name, each) || i > 0 && !p.Main {
							continue
						}
						j := job{net: n, plan: p, group: g, setting: setting{Weights: n.hash, World: w.Name, Pictures: fingerprint(w), Each: each, Plan: p.Name, Seed: seed,
							Steps: l.recipe.Steps[each], Batch: l.recipe.Batch, Rate: l.recipe.Rate, Dense: l.recipe.Dense, Validation: l.recipe.Validation, Version: version}}
						switch {
						case p.Scratch: // shared by all nets
							j.net, j.Weights = nil, ""
						case p.Probe:
							j.Steps, j.Batch, j.Rate, j.Dense = 0, 0, 0, 0
						case p.Look:
							j.Steps, j.Batch, j.Rate, j.Dense, j.Validation = 0, 0, 0, 0, 0
						}
						jobs = append(jobs, j)
					}
				}
			}
		}
	}
	return jobs
}

// runAll does the runs that store does not hold, some side by side.
func (l lesson) runAll(nets []*net, store *results, f filter) error {
	jobs := l.schedule(nets, f)
	asked := len(jobs)
	jobs = slices.DeleteFunc(jobs, func(j job) bool { return store.has(j.setting) })
	log.Printf("%d runs asked for, %d done before, %d to do, %d side by side", asked, asked-len(jobs), len(jobs), l.threads)
	for _, j := range jobs {
		j.group.left.Add(1)
	}

	var mutex sync.Mutex
	var failed error
	var pace pace
	queue := make(chan job)
	var workers sync.WaitGroup
	for range l.threads {
		workers.Go(func() {
			machine := program.OnHost(kernels.NewPortable(1))
			for j := range queue {
				r, err := j.run(machine)
				j.group.done()
				mutex.Lock()
				if err == nil {
					err = store.add(r)
				}
				if err == nil {
					pace.add(r)
					log.Printf("[%d of %d] %s: %s; %s left", pace.done(), len(jobs), j.setting, r.figures(), pace.left(jobs[pace.done():], l.threads))
				} else if failed == nil {
					failed = fmt.Errorf("%s: %w", j.setting, err)
				}
				mutex.Unlock()
			}
		})
	}
	for _, j := range jobs {
		mutex.Lock()
		stop := failed != nil
		mutex.Unlock()
		if stop {
			break
		}
		queue <- j
	}
	close(queue)
	workers.Wait()
	return failed
}

// probeSteps is about what drawing and evaluating take, in steps; a probe takes no more.
const probeSteps = 60

// pace estimates the time left from the runs done: by plan and size where one was
// done, else by steps.
type pace struct{ runs []result }

func (p *pace) add(r result) { p.runs = append(p.runs, r) }
func (p *pace) done() int    { return len(p.runs) }

func (p *pace) left(jobs []job, threads int) time.Duration {
	all, stepped, seconds := 0.0, 0.0, 0.0
	for _, r := range p.runs {
		all, stepped = all+r.Seconds, stepped+float64(r.Steps+probeSteps)
	}
	for _, j := range jobs {
		sum, n := 0.0, 0
		for _, r := range p.runs {
			if r.Plan == j.Plan && r.Each == j.Each {
				sum, n = sum+r.Seconds, n+1
			}
		}
		if n == 0 {
			sum, n = all/stepped*float64(j.Steps+probeSteps), 1
		}
		seconds += sum / float64(n)
	}
	return time.Duration(seconds / float64(threads) * float64(time.Second)).Round(time.Second)
}

// filter holds the words of -only by kind; a kind without words passes all.
type filter struct{ plans, worlds, sizes []string }

func parseFilter(only string, r recipe) (f filter, err error) {
	if only == "" {
		return f, nil
	}
	var planNames, worldNames, sizes []string
	for _, p := range plans() {
		planNames = append(planNames, p.Name)
	}
	for _, w := range targets() {
		worldNames = append(worldNames, w.Name)
	}
	for _, each := range r.sizes() {
		sizes = append(sizes, strconv.Itoa(each))
	}
	for word := range strings.SplitSeq(only, ",") {
		switch {
		case slices.Contains(planNames, word):
			f.plans = append(f.plans, word)
		case slices.Contains(worldNames, word):
			f.worlds = append(f.worlds, word)
		case slices.Contains(sizes, word):
			f.sizes = append(f.sizes, word)
		default:
			return f, fmt.Errorf("-only %s is not known: choose plans (%s), worlds (%s) and images a class (%s)",
				word, strings.Join(planNames, ", "), strings.Join(worldNames, ", "), strings.Join(sizes, ", "))
		}
	}
	return f, nil
}

func (f filter) passes(plan, world string, each int) bool {
	in := func(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }
	return in(f.plans, plan) && in(f.worlds, world) && in(f.sizes, strconv.Itoa(each))
}

// titleOf is a world's name for readers.
func titleOf(world string) string {
	w, err := worlds.ByName(world)
	if err != nil {
		return world
	}
	return w.Title
}
