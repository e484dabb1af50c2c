package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The page on a GPU: here one that computes on the processor (SwiftShader, which comes
// with Chromium), slow and just as exact.

// softwareGPU turns that adapter on.
var softwareGPU = []chromedp.ExecAllocatorOption{chromedp.Flag("disable-gpu", false), chromedp.Flag("enable-unsafe-webgpu", true), chromedp.Flag("use-webgpu-adapter", "swiftshader")}

// gpuTimeout is how long software takes for what a GPU does in a moment.
const gpuTimeout = 5 * time.Minute

// The whole path on the GPU: drop, train two blocks, compare, predict, export; then the GPU
// goes while nothing runs, and the processor computes; reload.
func TestPageOnGPU(t *testing.T) {
	server := alteredServer(t, "engine/gpu.js", func(source string) string {
		return strings.Replace(source, "return new GPU(", "return globalThis.opened = new GPU(", 1) +
			"\nnew BroadcastChannel('gpu').onmessage = () => globalThis.opened.device.destroy()\n"
	})
	b := startBrowser(t, server.URL, "", softwareGPU...)
	b.navigate("/?backend=webgpu#epochs=2&batch=4")
	b.waitFor(gpuTimeout, "document.body.dataset.ready !== undefined", "the GPU has passed its trial")
	saved := b.downloads()
	b.dropImages(photos+"boat", photos+"fruit")
	b.wait("document.querySelectorAll('#classes > [data-class]').length === 2", "two folders became two classes")

	b.trainOnGPU("A", "{ thaw: ['block8_1', 'block8_2'] }")
	if got := b.text("#engine"); !strings.Contains(strings.ToLower(got), "swiftshader") || !strings.Contains(got, "GFLOP/s") {
		t.Errorf("the page says that %q computes", got)
	}
	b.trainOnGPU("B", "{ preset: 'head-only' }")
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 2", "the image is classified")
	before := b.text("[data-prediction]")
	b.click("#download")
	file := waitForFile(t, saved, ".safetensors")

	eval[bool](b, "new BroadcastChannel('gpu').postMessage('lose it'); return true")
	b.wait("document.querySelector('#notice').textContent.includes('was lost: the processor computes.')", "the page says that the GPU is gone")
	b.trainOnGPU("C", "{ preset: 'head-only' }")
	if got := b.text("#engine"); strings.Contains(strings.ToLower(got), "swiftshader") {
		t.Errorf("the page says that %q computes", got)
	}

	b.page("") // without the GPU: what it trained is kept like any network
	b.drop("#drop", file)
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "the file is in use")
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 2", "the image is classified again")
	if after := b.text("[data-prediction]"); after != before {
		t.Errorf("predicts %s, before %s", after, before)
	}
	b.checkStayedHome()
}

func (b *browserTab) trainOnGPU(run, spec string) {
	b.t.Helper()
	eval[bool](b, "(await import('/app/store.js')).set({ spec: "+spec+" }); return true")
	b.wait("(await import('/app/store.js')).state.planFor === (await import('/app/store.js')).state.spec && document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.waitFor(gpuTimeout, "document.querySelector('#run-table tr[data-run="+run+"]')?.dataset.status === 'done'", "run "+run+" ends")
}

// losses trains in the module on a backend, so often, and returns the losses of all steps
// and of the validation images.
func (b *browserTab) losses(backend, plan string, times int) [][]float64 {
	b.t.Helper()
	b.module("{ backend: '" + backend + "', threads: 2 }")
	return eval[[][]float64](b, fmt.Sprintf(`
		await thaw.weights.use('mini-source')
		await thaw.data.addWorld('near', { perClass: 3 })
		const runs = []
		for (let i = 0; i < %d; i++) {
			const losses = []
			const run = await thaw.train(%s, { epochs: 1, batch: 5, seed: 1, dropout: 0.2 }, e => e.kind === 'step' && losses.push(e.loss))
			const result = await run.done
			runs.push([...losses, result.validationLoss])
		}
		thaw.close()
		return runs`, times, plan))
}

// A GPU trains to the same losses as SIMD, up to rounding, and to the same bits each time.
func TestGPUTrainsAlike(t *testing.T) {
	const plan = "{ preset: 'unfreeze-all' }"
	b := startBrowser(t, testServer(t).URL, "", softwareGPU...)
	simd, gpu := b.losses("simd", plan, 1)[0], b.losses("webgpu", plan, 2)
	t.Logf("SIMD %.6v, GPU %.6v", simd, gpu)
	for i, loss := range simd {
		if off := math.Abs(gpu[0][i]-loss) / loss; off > 2e-3 {
			t.Errorf("loss %d is %g on the GPU, %g with SIMD", i, gpu[0][i], loss)
		}
	}
	if !slices.Equal(gpu[0], gpu[1]) {
		t.Errorf("losses %v the first time and %v the second", gpu[0], gpu[1])
	}
}

// What a visit measured counts for the next one (when it does not: project.TestSpeeds).
func TestGPUMeasuredOnce(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "", softwareGPU...)
	visit := func() [2]float64 {
		b.module("{ backend: 'webgpu', threads: 2 }")
		return eval[[2]float64](b, "const { gflops, hostGflops } = thaw.engine.gpu; thaw.close(); return [gflops, hostGflops]")
	}
	first := visit()
	if second := visit(); second != first || !(first[0] > 0 && first[1] > 0) {
		t.Errorf("%v GFLOP/s at the first visit, %v at the second", first, second)
	}
}

// The device is destroyed in the middle of a run, at whatever it then does: the run goes on
// with SIMD from what was brought back, here from its start, and the page is told.
func TestGPULostInTheMiddle(t *testing.T) {
	const plan = "{ from: 'block8_1' }"
	b := startBrowser(t, testServer(t).URL, "", softwareGPU...)
	calm := b.losses("simd", plan, 1)[0]
	for _, after := range []int{3, 7, 9} { // submissions: features, then four or more a step
		server := alteredServer(t, "engine/gpu.js", func(source string) string {
			const submit = "    device.queue.submit([encoder.finish()])\n    return this.gpu.orLost("
			if !strings.Contains(source, submit) {
				t.Fatalf("gpu.js has no %s", submit)
			}
			return strings.Replace(source, submit, "    if (--globalThis.doom === 0) device.destroy()\n"+submit, 1) +
				fmt.Sprintf("\nself.addEventListener('message', ({ data }) => { if (data.call === 'train') globalThis.doom = %d })\n", after)
		})
		b := startBrowser(t, server.URL, "", softwareGPU...)
		b.module("{ backend: 'webgpu', threads: 2 }")
		got := eval[struct {
			Moved, Last string
			Loss        float64
		}](b, `
			await thaw.weights.use('mini-source')
			await thaw.data.addWorld('near', { perClass: 3 })
			let moved = '', last
			const run = await thaw.train(`+plan+`, { epochs: 1, batch: 5, seed: 1, dropout: 0.2 }, e => { last = e.kind; if (e.kind === 'moved') moved = e.message })
			const { validationLoss } = await run.done
			return { moved, last, loss: validationLoss }`)
		if !strings.Contains(got.Moved, "the run goes on with the processor") || got.Last != "done" {
			t.Errorf("lost at submission %d: told %q, ended %s", after, got.Moved, got.Last)
		}
		if want := calm[len(calm)-1]; got.Loss != want {
			t.Errorf("lost at submission %d: validation loss %g, undisturbed %g", after, got.Loss, want)
		}
	}
}
