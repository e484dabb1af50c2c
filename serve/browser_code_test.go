package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// kerasTruth is what a snippet does in one library, as testdata/keras-code/flags.py found.
type kerasTruth struct {
	Error  string
	Phases []kerasPhase
}

type kerasPhase struct {
	Learns, Live string // indices of layers, as ranges: "1-3,7"
	Trained      int
}

// readPhase is a phase as the page reads it, with the plan that it offers.
type readPhase struct {
	kerasPhase
	Spec json.RawMessage
}

type codeReading struct {
	Keras    int
	Phases   []readPhase
	Problems []string
}

// snippets are the texts of testdata/keras-code, by name.
func snippets(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, path := range glob(t, "../testdata/keras-code/*.py") {
		if name := strings.TrimSuffix(filepath.Base(path), ".py"); name != "flags" {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = string(text)
		}
	}
	return texts
}

// truths of a snippet, by the version of Keras.
func truths(t *testing.T, name string) map[int]kerasTruth {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../testdata/keras-code", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var byLibrary map[string]kerasTruth
	if err := json.Unmarshal(raw, &byLibrary); err != nil {
		t.Fatal(name, err)
	}
	found := map[int]kerasTruth{}
	for library, truth := range byLibrary {
		version := 3
		if strings.HasPrefix(library, "tf_keras ") {
			version = 2
		}
		// Phases that come to the same are told once.
		truth.Phases = slices.CompactFunc(truth.Phases, func(a, b kerasPhase) bool { return a == b })
		found[version] = truth
	}
	return found
}

// The reader of pasted code, on an empty page: read(text) gives what Keras 3 and 2 do.
const codeReader = `
	const { read } = await import('/app/lab/code/read.js')
	const { figures } = await import('/app/lab/code/words.js')
	const full = await thaw.model.describe({ model: 'full' })
	const mini = await thaw.model.describe({ model: 'mini' })
	const ranges = flags => {
		const parts = []
		for (const i of [...flags].filter(([, on]) => on).map(([i]) => i).sort((a, b) => a - b)) {
			if (parts.at(-1)?.[1] === i - 1) parts.at(-1)[1] = i
			else parts.push([i, i])
		}
		return parts.map(([a, b]) => (a === b ? a : a + '-' + b)).join(',')
	}
	const told = text => read(text, { full, model: full }).map(({ keras, phases, problems }) => ({ keras, problems: problems.map(({ where, sentence }) => where + ': ' + sentence),
		phases: phases.map(({ state, spec }) => ({ learns: ranges(state.learns), live: ranges(state.live), trained: figures(state, full).trained, spec })) }))
`

// Each snippet is read as both libraries run it: which layers learn, which batch norms move,
// how many values; what stops in Python with an error is a problem. As a notebook too. And
// the engine makes of the plan that is offered what was read.
func TestPastedCodeDoesWhatKerasDoes(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	texts := snippets(t)
	asJSON, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	got := eval[map[string][2][]codeReading](b, codeReader+`
		const notebook = text => JSON.stringify({ cells: [{ cell_type: 'markdown', source: ['# Freezing\n'] },
			{ cell_type: 'code', source: ['%matplotlib inline\n', '!pip install -q keras\n', ...text.split('\n').map(line => line + '\n')] }] })
		return Object.fromEntries(Object.entries(`+string(asJSON)+`).map(([name, text]) => [name, [told(text), told(notebook(text))]]))`)
	m, err := irv2.New(irv2.Full(299, 2))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for i, readings := range got[name] {
			for _, r := range readings {
				of := fmt.Sprintf("%s, Keras %d, notebook %v", name, r.Keras, i == 1)
				checkReading(t, m, of, r, truths(t, name)[r.Keras])
			}
		}
	}
	for text, want := range onMini {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := eval[string](b, codeReader+"return JSON.stringify(read("+string(quoted)+", { full, model: mini })[0].phases[0]?.spec)"); got != want {
			t.Errorf("%s: on mini %s, want %s", text, got, want)
		}
	}
	if problem := eval[string](b, codeReader+fuzzCode+"return fuzz(Object.values("+string(asJSON)+"))"); problem != "" {
		t.Error(problem)
	}
}

// noPlan is what no plan of Thaw does: batch norms move, and neither they nor all others learn.
const noPlan = "last-of-nested, Keras 2,"

// onMini is what plans become on the small network: presets as the engine translates them, a
// cut at the same share of the layers, other layers at the same place of the same block.
var onMini = map[string]string{
	"for l in base.layers:\n    if 'conv' in l.name: l.trainable = False":                       `{"preset":"freeze-conv","asWritten":true}`,
	"for l in base.layers[:100]: l.trainable = False":                                           `{"preset":"freeze-first-100"}`,
	"for l in base.layers[:618]: l.trainable = False":                                           `{"from":"block8_1"}`,
	"for l in base.layers[:390]: l.trainable = False":                                           `{"thaw":[[112,219]]}`,
	"base.trainable = False\nfor l in base.layers[-3:]: l.trainable = True":                     `{"from":"conv_7b"}`,
	"base.trainable = False\nfor n in ['conv2d_3', 'conv_7b']: base.get_layer(n).trainable = 1": `{"thaw":[[11,12],[217,218]]}`,
}

// frozenHead are snippets that freeze the head too, which no plan does.
var frozenHead = []string{"all-frozen"}

func checkReading(t *testing.T, m *irv2.Model, of string, r codeReading, want kerasTruth) {
	t.Helper()
	if name, _, _ := strings.Cut(of, ","); want.Error != "" || slices.Contains(frozenHead, name) {
		if len(r.Problems) == 0 || len(r.Phases) != 0 {
			t.Errorf("%s: %v, Keras gives %q", of, r, want.Error)
		}
		return
	}
	if len(want.Phases) == 0 || len(r.Phases) != len(want.Phases) || len(r.Problems) != 0 {
		t.Errorf("%s: %d phases, Keras has %d; problems %q", of, len(r.Phases), len(want.Phases), r.Problems)
		return
	}
	for i, phase := range r.Phases {
		if phase.kerasPhase != want.Phases[i] {
			t.Errorf("%s, phase %d: %+v, Keras has %+v", of, i, phase.kerasPhase, want.Phases[i])
		}
		checkSpec(t, m, of, phase)
	}
}

// checkSpec holds the plan that is offered to what was read.
func checkSpec(t *testing.T, m *irv2.Model, of string, phase readPhase) {
	t.Helper()
	if string(phase.Spec) == "null" && strings.HasPrefix(of, noPlan) {
		return
	}
	var spec freeze.Spec
	if err := json.Unmarshal(phase.Spec, &spec); err != nil {
		t.Errorf("%s: %s: %v", of, phase.Spec, err)
		return
	}
	plan, err := freeze.New(m, spec)
	if err != nil {
		t.Errorf("%s: %s: %v", of, phase.Spec, err)
		return
	}
	var learns, live []int
	for _, l := range m.Layers[:m.Backbone] {
		if slices.ContainsFunc(l.Params, plan.Learns) {
			learns = append(learns, l.Index)
		}
		if plan.BatchStatistics[l.Index] {
			live = append(live, l.Index)
		}
	}
	if l, v := asRanges(learns), asRanges(live); l != phase.Learns || v != phase.Live {
		t.Errorf("%s: the plan %s has %s learning and %s live; the code %s and %s", of, phase.Spec, l, v, phase.Learns, phase.Live)
	}
}

// asRanges writes 1, 2, 3, 7 as "1-3,7".
func asRanges(indices []int) string {
	var parts []string
	for i := 0; i < len(indices); {
		j := i
		for j+1 < len(indices) && indices[j+1] == indices[j]+1 {
			j++
		}
		part := strconv.Itoa(indices[i])
		if j > i {
			part += "-" + strconv.Itoa(indices[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// fuzzCode reads snippets with parts left out, doubled, exchanged, for a second: whatever the
// text, there is an answer, and soon.
const fuzzCode = `
	const bits = ['(', ')', '[', ']', ':', ',', '.', '=', '\n', '\n    ', 'while True:\n    pass\n', 'for x in y:', '[::0]', '-1', '1e999', '**', 'base', 'None', 'lambda x: x', '"', "'", '{', '}', 'not ', 'in ', 'else', 'return', '99999999999', 'range(10**7)', 'x = [x] * 99999\n', '__class__', 'constructor', '__proto__', 'str', 'len']
	function fuzz(texts) {
		let seed = 1
		const below = n => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n
		const end = performance.now() + 1000
		while (performance.now() < end) {
			let text = texts[below(texts.length)]
			for (let n = 1 + below(5); n > 0; n--) {
				const at = below(text.length + 1)
				const kind = below(4)
				const other = texts[below(texts.length)]
				const from = below(other.length)
				if (kind === 0) text = text.slice(0, at) + text.slice(at + below(30))
				else if (kind === 1) text = text.slice(0, at) + bits[below(bits.length)] + text.slice(at + below(10))
				else if (kind === 2) text = text.slice(0, at) + other.slice(from, from + below(80)) + text.slice(at)
				else text = text.replace(/\w+/g, word => (below(20) ? word : bits[below(bits.length)]))
			}
			const began = performance.now()
			try {
				for (const { phases, problems } of read(text, { full, model: below(2) ? full : mini })) if (!phases.length && !problems.length) return 'no answer to ' + JSON.stringify(text)
			} catch (error) {
				return error.stack + ' of ' + JSON.stringify(text)
			}
			if (performance.now() - began > 10_000) return 'too slow: ' + JSON.stringify(text)
		}
		return ''
	}
`

// From the button to the map: nothing of the reader is loaded before it is asked for; what
// differs between versions of Keras is shown as two; a plan is taken and can be undone.
func TestPasteKerasCode(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#model=full&size=96&dense=16")
	if loaded := b.loaded("/lab/code/", "/vendor/lezer"); len(loaded) > 0 {
		t.Errorf("loaded before it is asked for: %q", loaded)
	}
	b.click("#code-open")
	b.wait("document.querySelector('#code-dialog')?.open", "the dialog")
	paste := func(text string) string {
		t.Helper()
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return eval[string](b, `
			const field = document.querySelector('#code-text')
			field.value = `+string(quoted)+`
			field.dispatchEvent(new Event('input'))
			await new Promise(resolve => setTimeout(resolve, 400))
			return document.querySelector('#code-result').innerText`)
	}
	for _, c := range []struct{ text, want string }{
		{"for layer in base.layers:\n    if 'conv' in layer.name:\n        layer.trainable = False", "203 of 204 batch norms run on batch statistics and move their stored ones: what looks frozen still changes."},
		{"for layer in base.layers[:100]:\n    layer.trainable = True", "line 2: changes nothing"},
		{"base.trainable = cfg.freeze", "line 1: whether these layers learn is not known: cfg is not made in this code."},
		{"base.trainable = False\nx = )", "line 2: is no Python that can be read."},
		{"base = VGG16()\nbase.trainable = False", "VGG16 is another network"},
		{"x = base(inputs, training=False)\nm = keras.Model(inputs, Dense(2)(x))", "Which one do you use?"},
	} {
		if got := paste(c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s:\n%s\nwant in it: %s", c.text, got, c.want)
		}
	}
	if n := eval[int](b, "return document.querySelectorAll('.code-card [data-testid=code-strip]').length"); n != 2 {
		t.Errorf("%d strips, want one for each Keras", n)
	}
	paste("base.trainable = False\nfor layer in base.layers[618:]:\n    layer.trainable = True\nmodel.compile(SGD(0.01))\nmodel.fit(x, epochs=7)")
	eval[bool](b, "document.querySelector('#code-result input[type=checkbox]').click(); document.querySelector('[data-testid=code-use-3-0]').click(); return true")
	b.wait("!document.querySelector('[data-pending]') && document.querySelector('[data-block=block8_1]').dataset.learns === 'thawed'", "the plan of the code")
	b.wait("await caches.match('/vendor/lezer-python.min.js') && await caches.match('/app/lab/code/read.js')", "the reader kept for visits without a network")
	settings := eval[string](b, "const { state } = await import('/app/store.js'); return [state.settings.epochs, state.settings.optimizer, state.settings.rate, JSON.stringify(state.spec)].join(' ')")
	if want := `7 sgd 0.01 {"from":"block8_1"}`; settings != want {
		t.Errorf("%s, want %s", settings, want)
	}
	b.click("#undo")
	b.wait("!document.querySelector('[data-pending]') && document.querySelector('[data-block=block8_1]').dataset.learns === 'frozen'", "the plan before")
	b.checkStayedHome()
}

// loaded lists what the page has asked for with one of these in its address.
func (b *browserTab) loaded(parts ...string) []string {
	b.requests.Lock()
	defer b.requests.Unlock()
	var found []string
	for _, url := range b.requests.urls {
		if slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(url, part) }) {
			found = append(found, url)
		}
	}
	return found
}
