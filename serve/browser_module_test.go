package main

import (
	"slices"
	"strings"
	"testing"
)

// These tests call the public module as another page would. photos gives it the
// small photographs of testdata as three classes.

const photos = "../testdata/images/photos/"

func (b *browserTab) photos() {
	b.t.Helper()
	for _, class := range []string{"boat", "fruit", "house"} {
		b.give(glob(b.t, photos+class+"/*")...)
		if n := eval[int](b, "return (await thaw.data.add('"+class+"', files)).accepted"); n != 8 {
			b.t.Fatalf("%s: %d of 8 photographs accepted", class, n)
		}
	}
}

// runResult is RunResult of thaw.d.ts.
type runResult struct {
	Epochs, Steps      int
	ValidationAccuracy float64
	Classes            []string
	Confusion          [][]int
}

func TestModuleTrainsAndPredicts(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	got := eval[struct {
		Kinds  []string
		Result runResult
	}](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		const events = []
		const run = await thaw.train({ preset: 'head-only' }, { epochs: 3, batch: 8 }, e => events.push(e))
		return { Result: await run.done, Kinds: events.map(e => e.kind) }`)
	kinds := slices.Compact(got.Kinds)
	want := []string{"started", "cache", "step", "epoch", "step", "epoch", "step", "epoch", "done"}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	validated := 0
	for _, row := range got.Result.Confusion {
		for _, n := range row {
			validated += n
		}
	}
	// 24 photographs, a fifth of each class held back; 18 in steps of 8.
	if got.Result.Epochs != 3 || got.Result.Steps != 9 || validated != 6 || len(got.Result.Classes) != 3 {
		t.Errorf("result %+v", got.Result)
	}
	probabilities := eval[[]float64](b, `
		return (await thaw.predict(files[0])).classes.map(c => c.probability)`)
	sum := 0.0
	for _, p := range probabilities {
		sum += p
	}
	if len(probabilities) != 3 || sum < 0.999 || sum > 1.001 || !slices.IsSortedFunc(probabilities, func(a, b float64) int { return int(1e6 * (b - a)) }) {
		t.Errorf("probabilities %v", probabilities)
	}
	b.checkStayedHome()
}

// Two runs from the same seed give the same numbers to the last bit.
func TestModuleRepeats(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{ threads: 2 }")
	losses := eval[[][]float64](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.data.addWorld('near', { perClass: 3 })
		const losses = []
		for (const _ of [1, 2]) {
			const steps = []
			const run = await thaw.train({ from: 'block8_1' }, { epochs: 2, batch: 4, augment: { flip: true, shift: 0.1 } }, e => e.kind === 'step' && steps.push(e.loss))
			await run.done
			losses.push(steps)
		}
		return losses`)
	if !slices.Equal(losses[0], losses[1]) || len(losses[0]) == 0 {
		t.Errorf("losses differ: %v, %v", losses[0], losses[1])
	}
}

// A second frozen run takes the features of the first, to the last bit.
func TestModuleKeepsFeatures(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{ threads: 2 }")
	got := eval[struct {
		Losses [][]float64
		Cached []int
		Known  int
	}](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.data.addWorld('near', { perClass: 4 })
		const Losses = [], Cached = [], plan = { from: 'block8_1' }, options = { epochs: 2, batch: 5 }
		let Known
		for (const _ of [1, 2]) {
			const losses = []
			let cached = 0
			Known = (await thaw.plan(plan, options)).cost.cachedImages
			const run = await thaw.train(plan, options, e => {
				if (e.kind === 'step') losses.push(e.loss)
				if (e.kind === 'cache') cached++
			})
			await run.done
			Losses.push(losses)
			Cached.push(cached)
		}
		return { Losses, Cached, Known }`)
	if !slices.Equal(got.Losses[0], got.Losses[1]) || got.Cached[0] == 0 || got.Cached[1] != 0 || got.Known != 16 {
		t.Errorf("%+v", got)
	}
}

func TestModulePausesAndCancels(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	got := eval[struct {
		Kinds            []string
		WhilePaused      int
		CancelMs, Second float64
	}](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.data.addWorld('near', { perClass: 8 })
		const events = []
		let tell
		const next = kind => new Promise(resolve => { tell = e => e.kind === kind && resolve() })
		let waiting = next('step')
		const run = await thaw.train({ preset: 'unfreeze-all' }, { epochs: 100, batch: 4 }, e => { events.push(e); tell(e) })
		await waiting
		waiting = next('paused')
		await run.pause()
		await waiting
		const before = events.length
		await new Promise(resolve => setTimeout(resolve, 300))
		const WhilePaused = events.length - before
		waiting = next('step')
		await run.resume()
		await waiting
		const start = performance.now()
		await run.cancel()
		await run.done
		const CancelMs = performance.now() - start
		return { Kinds: events.map(e => e.kind), WhilePaused, CancelMs }`)
	if got.WhilePaused != 0 {
		t.Errorf("%d events while paused", got.WhilePaused)
	}
	if kinds := slices.Compact(got.Kinds); kinds[len(kinds)-1] != "cancelled" || !slices.Contains(kinds, "resumed") {
		t.Errorf("events %v", kinds)
	}
	// One kernel and one turn of the event loop, on a busy machine.
	if got.CancelMs > 500 {
		t.Errorf("cancelling took %.0f ms", got.CancelMs)
	}
	// The engine is free again.
	if err := failure(b, "await thaw.reset()"); err != "no error" {
		t.Error(err)
	}
}

func TestModulePlans(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	type plan struct {
		Name string
		Cost struct {
			Parameters, Trained int
			PeakBytes           int64
			Fits                bool
			Problem             *string
		}
	}
	head := eval[plan](b, `
		await thaw.model.configure({ model: 'full', size: 150, dense: 0 })
		return await thaw.plan({ preset: 'head-only' }, { batch: 4 })`)
	if head.Cost.Trained != 1536*2+2 || head.Cost.Parameters != 54336736+1536*2+2 || !head.Cost.Fits {
		t.Errorf("head only: %+v", head)
	}
	all := eval[plan](b, "return await thaw.plan({ preset: 'unfreeze-all' }, { batch: 4096 })")
	if all.Cost.Fits || all.Cost.Problem == nil || !strings.Contains(*all.Cost.Problem, "batch") {
		t.Errorf("a batch of 4096 cannot fit: %+v", all.Cost)
	}
	for _, spec := range []string{"{ from: 'block9_1' }", "{ preset: 'freeze-all' }", "{ thaw: ['nothing*'] }", "{}"} {
		if err := failure(b, "await thaw.plan("+spec+")"); !strings.HasPrefix(err, "invalid: ") {
			t.Errorf("plan %s: %s", spec, err)
		}
	}
}

func TestModuleBenchmarks(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	got := eval[struct {
		ForwardMs, StepMs       float64
		ForwardFlops, StepFlops float64
		PeakBytes               struct{ Arena, Memory float64 }
		Backend                 string
	}](b, "return await thaw.benchmark({ model: 'mini', plan: { preset: 'unfreeze-all' }, batch: 2, steps: 2 })")
	if got.ForwardMs <= 0 || got.StepMs <= got.ForwardMs || got.StepFlops < 2*got.ForwardFlops || got.PeakBytes.Memory < got.PeakBytes.Arena || got.Backend != "simd" {
		t.Errorf("%+v", got)
	}
}

// The whole network, at the smallest size that it takes.
func TestModuleTrainsFull(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	b.photos()
	result := eval[runResult](b, `
		await thaw.weights.synthesize({ model: 'full', seed: 1 })
		await thaw.model.configure({ size: 75 })
		const run = await thaw.train({ from: 'conv_7b' }, { epochs: 1, batch: 6 })
		return await run.done`)
	if result.Epochs != 1 || result.Steps != 3 {
		t.Errorf("result %+v", result)
	}
}

// Every preset trains in the page, whose kernels need scratch that the portable ones do not.
func TestModuleTrainsEveryPreset(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	losses := eval[map[string]float64](b, `
		await thaw.weights.use('mini-source')
		await thaw.data.addWorld('near', { perClass: 2 })
		const losses = {}
		for (const preset of ['freeze-conv', 'freeze-first-100', 'unfreeze-all', 'head-only'])
			for (const asWritten of [true, false])
				for (const batchNorm of [undefined, 'inference', 'batch']) {
					const run = await thaw.train({ preset, asWritten, batchNorm }, { epochs: 1, batch: 4 })
					losses[[preset, asWritten, batchNorm]] = (await run.done).validationLoss
				}
		return losses`)
	if len(losses) != 24 {
		t.Errorf("%d plans trained: %v", len(losses), losses)
	}
	for plan, loss := range losses {
		if !(loss > 0 && loss < 100) {
			t.Errorf("%s: validation loss %g", plan, loss)
		}
	}
}
