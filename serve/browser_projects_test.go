package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A project is kept by itself, and outlives the page at any moment. A page that is left
// kills its worker in the middle of whatever it does: these tests do that fifty times.

// keeping is an engine that tells how far the open project is kept.
const keeping = "{ threads: 2, onKeeping: k => { globalThis.keeping = k } }"

// opened opens the last project and tells of what it finds in each of its images.
const opened = `
	const list = await thaw.projects.list()
	globalThis.project = await thaw.projects.open(list[0].id)
	const all = project.data.classes.flatMap(c => c.images)
	for (const { id } of all) await thaw.data.thumbnail(id)
	return { Images: all.length, Damaged: list.filter(p => p.damaged).length, Warnings: project.warnings, Steps: project.interrupted?.steps ?? -1, Problem: project.interrupted?.problem ?? '', Runs: project.runs.length }`

type found struct {
	Images, Damaged, Steps, Runs int
	Warnings                     []string
	Problem                      string
}

func (b *browserTab) reopened() found {
	b.t.Helper()
	b.module(keeping)
	f := eval[found](b, opened)
	if f.Damaged > 0 || len(f.Warnings) > 0 || f.Problem != "" {
		b.t.Errorf("found %+v", f)
	}
	return f
}

// after is a moment at which a page is killed, within so many milliseconds.
func after(random *rand.Rand, most float64) string {
	return fmt.Sprintf("await new Promise(done => setTimeout(done, %g)); ", most*random.Float64())
}

// timed is what body takes, in milliseconds: moments of a machine that is busy come later.
func (b *browserTab) timed(body string) float64 {
	b.t.Helper()
	return eval[float64](b, "const began = performance.now(); "+body+"; return performance.now() - began")
}

const removeAll = "for (const { id } of await thaw.projects.list()) await thaw.projects.remove(id); return true"

func TestProjectSurvivesReload(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module(keeping)
	b.photos()
	before := eval[string](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.data.rename('boat', 'ship')
		const run = await thaw.train({ preset: 'head-only' }, { epochs: 2, batch: 8 })
		await run.done
		await thaw.projects.kept()
		await thaw.projects.note({ tab: 'runs' })
		return JSON.stringify([await thaw.data.list(), (await thaw.predict(files[0])).classes].map(x => ({ ...x, undo: null })))`)
	if f := b.reopened(); f.Images != 24 || f.Runs != 1 || f.Steps != -1 {
		t.Errorf("found %+v", f)
	}
	b.give(glob(t, photos+"house/*")...)
	after := eval[string](b, `
		if (project.page.tab !== 'runs' || !project.runs[0].network) throw new Error(JSON.stringify(project))
		const { class: said, probability, blocks, picture } = await thaw.explain(files[0], { run: project.runs[0].id })
		const [answer] = (await thaw.predict(files[0])).classes
		if (said !== answer.name || Math.abs(probability - answer.probability) > 1e-4 || blocks.length < 10 || picture.type !== 'image/jpeg') throw new Error('explained as ' + JSON.stringify([said, probability, answer]))
		return JSON.stringify([await thaw.data.list(), (await thaw.predict(files[0])).classes].map(x => ({ ...x, undo: null })))`)
	if after != before {
		t.Errorf("found\n%s, kept\n%s", after, before)
	}

	// The whole of it as one file, elsewhere: the project is deleted, and comes back.
	again := eval[string](b, `
		const file = await thaw.projects.export()
		await thaw.projects.remove(project.id)
		if ((await thaw.projects.list()).length || (await thaw.data.list()).classes.length) throw new Error('it was not deleted')
		const [known] = await thaw.recognise([{ path: 'mine.zip', file }])
		if (known.kind !== 'project') throw new Error('known as ' + known.kind)
		await thaw.projects.open(await thaw.projects.import(file))
		return JSON.stringify([await thaw.data.list(), (await thaw.predict(files[0])).classes].map(x => ({ ...x, undo: null })))`)
	if again != before {
		t.Errorf("brought back\n%s, kept\n%s", again, before)
	}
	b.checkStayedHome()
}

// longRun is a run that takes a while; its network as a file, which the seed decides.
const (
	longRun = `{ from: 'block8_2', batchNorm: 'batch' }, { epochs: 40, batch: 4, augment: { flip: true }, dropout: 0.1 }`
	digest  = `
		const file = await (await thaw.export('safetensors')).arrayBuffer()
		const header = new DataView(file).getUint32(0, true) // what is said of the network, and when it was trained
		const sum = await crypto.subtle.digest('SHA-256', file.slice(8 + header))
		return Array.from(new Uint8Array(sum), byte => byte.toString(16).padStart(2, '0')).join('')`
)

func TestFiftyKills(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	b := startBrowser(t, testServer(t).URL, "")

	// While images are taken and stored: what was told to be kept is there, and whole.
	b.module(keeping)
	b.give(glob(t, photos+"*/*.*")...)
	whole := b.timed("await thaw.data.add('a', files); await thaw.projects.kept()")
	kept := 0
	for range 15 {
		b.module(keeping)
		eval[bool](b, removeAll)
		b.give(glob(t, photos+"*/*.*")...)
		told := eval[int](b, "globalThis.keeping = null; thaw.data.add('a', files).catch(() => {}); "+after(random, whole)+"return keeping?.images ?? 0")
		kept = max(kept, told)
		b.module(keeping)
		if n := eval[int](b, "return (await thaw.projects.list()).length"); n == 0 {
			if told > 0 {
				t.Errorf("%d images were kept, and no project is there", told)
			}
			continue
		}
		if f := b.reopened(); f.Images < told {
			t.Errorf("%d images are there, %d were kept", f.Images, told)
		}
	}
	if kept == 0 {
		t.Error("no kill came behind the first kept image: the test tries nothing")
	}

	// An undisturbed run.
	b.module(keeping)
	eval[bool](b, removeAll)
	b.photos()
	eval[bool](b, "await thaw.weights.synthesize({ model: 'mini', seed: 1 }); await thaw.projects.kept(); return true")
	whole = b.timed("const run = await thaw.train(" + longRun + "); await run.done; await thaw.projects.kept()")
	want := eval[string](b, digest)

	// The same again, killed in steps, evaluations and the writing of checkpoints.
	steps, kills := -1, 0
	start := "thaw.train(" + longRun + ")"
	for kills < 25 {
		eval[bool](b, start+".catch(() => {}); "+after(random, whole/5)+"return true")
		f := b.reopened()
		kills++
		if f.Images != 24 {
			t.Fatalf("found %+v", f)
		}
		if f.Runs == 2 {
			break // it came to its end
		}
		if f.Steps < steps {
			t.Errorf("step %d after step %d", f.Steps, steps)
		}
		steps = f.Steps
		if steps >= 0 {
			start = "thaw.projects.goOn()"
		}
	}
	t.Logf("%d kills in the run, the last at step %d", kills, steps)
	if steps <= 0 {
		t.Error("no kill came behind a checkpoint")
	}
	got := eval[string](b, `
		if (project.interrupted) { const run = await thaw.projects.goOn(); await run.done }`+digest)
	if got != want {
		t.Errorf("the network is %s, undisturbed %s", got, want)
	}

	// While all of it is saved, copied and exported.
	whole = b.timed("await thaw.projects.export()")
	for i := range 10 {
		what := []string{"thaw.projects.export()", "thaw.projects.duplicate(project.id)", "thaw.export('safetensors')", "thaw.projects.useRun('run 1')"}[i%4]
		eval[bool](b, what+".catch(() => {}); "+after(random, whole)+"return true")
		if f := b.reopened(); f.Images != 24 || f.Runs != 2 {
			t.Errorf("after %s: %+v", what, f)
		}
	}
}

// A browser that is killed, and not only a page: what was kept is on the disk.
func TestBrowserIsKilled(t *testing.T) {
	server := testServer(t)
	profile := t.TempDir()
	first := startBrowser(t, server.URL, profile)
	first.module(keeping)
	first.photos()
	eval[bool](first, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.projects.kept()
		globalThis.steps = 0
		await thaw.train({ preset: 'head-only' }, { epochs: 100000 }, e => { steps = e.step ?? steps })
		await new Promise(done => setTimeout(done, 3000))
		return true`)
	killProfile(t, profile)
	second := startBrowser(t, server.URL, profile)
	if f := second.reopened(); f.Images != 24 || f.Steps < 1 {
		t.Errorf("found %+v", f)
	}
}

// killProfile kills the browser that has a profile, with all its processes.
func killProfile(t *testing.T, profile string) {
	t.Helper()
	killed := 0
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		line, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(line), "--user-data-dir="+profile) {
			continue
		}
		var pid int
		fmt.Sscanf(file, "/proc/%d/", &pid)
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	if killed == 0 {
		t.Skip("the browser's process is not to be found here")
	}
	time.Sleep(500 * time.Millisecond)
	os.Remove(filepath.Join(profile, "SingletonLock"))
}

// The second tab says that the first has the project, and writes nothing.
func TestProjectInTwoTabs(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module(keeping)
	b.photos()
	got := eval[struct {
		ReadOnly      bool
		Images, First int
		Refused       string
	}](b, `
		await thaw.projects.kept()
		const { open } = await import('/thaw.js')
		const other = await open({ threads: 1 })
		const [{ id }] = await other.projects.list()
		const there = await other.projects.open(id)
		await other.data.removeClass('boat')
		const Refused = await other.projects.remove(id).then(() => 'no error', e => e.message)
		other.close()
		const third = await open({ threads: 1 })
		const again = await third.projects.open(id)
		return { ReadOnly: there.readOnly, Images: again.images, First: again.of, Refused }`)
	if !got.ReadOnly || got.Images != 24 || got.First != 24 || !strings.Contains(got.Refused, "another tab") {
		t.Errorf("%+v", got)
	}
}
