package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"thaw/kernels/simd"
	"thaw/kernels/wasmasm"
)

// A helper thread that fails costs speed. The page says so, and training goes on.

const lostNotice = "A helper thread is lost"

// dieTiles of the kernel that a thread dies of are enough for every thread to meet one.
const dieTiles = 5_000_000

// dying stands in for the kernels' run: upon a message it runs that kernel in the place
// of an op, so that thread 1 dies with a tile in its hands and Go hears that the op
// failed. A table takes functions of WebAssembly only: reexport makes it one.
const dying = `
function dying(run, memory) {
  let now = false
  new BroadcastChannel('die').onmessage = () => { now = true }
  const f = (kernel, arg, tiles) => {
    if (!now || tiles < 2) return run(kernel, arg, tiles)
    now = false
    const record = new Int32Array(memory.buffer, arg >>> 0, 1), kept = record[0]
    record[0] = 1
    const failed = run(%d, arg, %d)
    record[0] = kept
    return failed
  }
  const reexport = new WebAssembly.Module(Uint8Array.from(%s))
  return new WebAssembly.Instance(reexport, { m: { f } }).exports.f
}
`

func TestThreadLostInTraining(t *testing.T) {
	var reexport wasmasm.Module
	i32x3, i32 := []wasmasm.ValType{wasmasm.I32, wasmasm.I32, wasmasm.I32}, []wasmasm.ValType{wasmasm.I32}
	imported := reexport.ImportFunc("m", "f", i32x3, i32)
	f := reexport.Func(i32x3, i32)
	f.Code = f.Code.LocalGet(0).LocalGet(1).LocalGet(2).Call(imported)
	reexport.ExportFunc("f", f)
	list := strings.ReplaceAll(fmt.Sprint(reexport.Bytes()), " ", ",")

	server := alteredServer(t, "engine/engine.js", func(source string) string {
		const plain = "this.table.set(0, exports.run)"
		if !strings.Contains(source, plain) {
			t.Fatalf("engine.js has no %s", plain)
		}
		return strings.Replace(source, plain, "this.table.set(0, dying(exports.run, this.memory))", 1) + fmt.Sprintf(dying, simd.DieKernel(), dieTiles, list)
	})
	b := startBrowser(t, server.URL, "")
	b.page("#epochs=1000") // long enough to be in the middle of, on any machine
	if b.threads() < 2 {
		t.Skip("one core: no helper threads")
	}
	before := b.threads()
	b.startTraining()
	b.wait("document.querySelector('#run-table tr[data-run=A] [data-testid=accuracy]')?.textContent.endsWith('%')", "a pass is over")
	eval[bool](b, "new BroadcastChannel('die').postMessage(''); return true")
	b.seeNotice(lostNotice)
	if got := b.notices(); !strings.Contains(got[0], "in the middle of an op") {
		t.Errorf("notices: %q", got)
	}
	b.endTraining(before - 1)
	if got := b.accuracy("A"); got < 0.7 {
		t.Errorf("accuracy %.2f: mini knows this world", got)
	}
}

func TestThreadFailsToStart(t *testing.T) {
	for name, c := range map[string]struct{ worker, why string }{
		"throws": {"throw new Error('no room')", "no room"},
		"silent": {"", "did not start in time"},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBrowser(t, alteredServer(t, "engine/worker.js", func(string) string { return c.worker }).URL, "")
			b.page("#epochs=1")
			if eval[int](b, "return navigator.hardwareConcurrency") < 2 {
				t.Skip("one core: no helper threads")
			}
			b.seeNotice(lostNotice)
			if got := b.notices(); !strings.Contains(strings.Join(got, ""), c.why) {
				t.Errorf("notices: %q", got)
			}
			if got := b.text("#engine"); !strings.Contains(got, "1 thread") {
				t.Errorf("the page says %q", got)
			}
			b.startTraining()
			b.endTraining(1)
		})
	}
}

// alteredServer serves the site with another text of one file.
func alteredServer(t *testing.T, name string, alter func(source string) string) *httptest.Server {
	t.Helper()
	server := testServer(t)
	s := server.Config.Handler.(*site)
	altered := *s.files[name]
	altered.etag, altered.brotli = `"altered"`, nil
	altered.raw = []byte(alter(string(altered.raw)))
	s.files[name] = &altered
	return server
}

// threads is how many the engine has now.
func (b *browserTab) threads() int {
	b.t.Helper()
	return eval[int](b, `
		const { state } = await import('/app/store.js')
		return (await state.thaw.benchmark({ model: 'mini', batch: 1, steps: 1 })).threads`)
}

func (b *browserTab) startTraining() {
	b.t.Helper()
	b.click("[data-world=near]")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
}

// endTraining waits for the run's end, which so many threads must see.
func (b *browserTab) endTraining(threads int) {
	b.t.Helper()
	b.waitFor(minute, "document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
	if got := b.threads(); got != threads {
		b.t.Errorf("%d threads at the end, want %d", got, threads)
	}
}

// seeNotice waits for a warning that begins so, in sight.
func (b *browserTab) seeNotice(begin string) {
	b.t.Helper()
	b.wait(`document.querySelector('#notice > [data-level=warning][data-message^="`+begin+`"]')?.checkVisibility({ visibilityProperty: true, opacityProperty: true })`, "a notice: "+begin)
}
