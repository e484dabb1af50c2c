// "Repeat over seeds": which plans, how often, what a seed draws; then the runs as they come.
// The engine does and keeps them (thaw.experiment); queue.js follows, strips.js shows.
import { confirmTwice, download, filePicker, h, iconButton } from '../dom.js'
import { percent, plural } from '../format.js'
import { guarded } from '../notices.js'
import { trainPlan, whyNot } from '../runs.js'
import { trainOptions } from '../settings.js'
import { set, state, watch } from '../store.js'
import { experimentCSV, experimentJSON, optionsOf } from './experiment-files.js'
import { cancel, estimate, follow, pause } from './queue.js'
import { figureOf, measures, pairTable, planTable, runTable, strips } from './strips.js'

/** @typedef {{ name: string, about?: string, spec: any, options: import('../../thaw.js').TrainOptions }} Offered */

const presets = [
  { name: 'Head only', spec: { preset: 'head-only' } },
  { name: 'Last blocks', spec: { from: 'block8_1' } },
  { name: 'All', spec: { from: 'stem' } },
  { name: 'All, stored batch norm', spec: { preset: 'unfreeze-all', batchNorm: 'inference' } },
  { name: 'Snippet 1 as written', spec: { preset: 'freeze-conv', asWritten: true } },
]

let dialog = null
let measure = 'accuracy'
const chosen = new Set(['Head only', 'My plan']) // by name
const form = { seeds: 5, first: null, split: true, head: true, order: true }

/** Opens the dialog, which draws itself anew while it is open. */
export function openExperiment() {
  if (!dialog) {
    dialog = h('dialog', { id: 'experiment-dialog', class: 'experiment', 'data-testid': 'experiment-dialog', 'aria-labelledby': 'experiment-title' },
      h('header', {}, h('h2', { id: 'experiment-title' }, 'Repeat over seeds'), iconButton('close', 'Close', () => dialog.close())),
      h('div', { class: 'scroll' }, h('div', { id: 'experiment-now' }), h('div', { id: 'experiment-results' }), h('div', { id: 'experiment-form' })))
    document.body.append(dialog)
    watch(['queue'], showNow)
    watch(['experiment', 'queue'], () => dialog.open && Boolean(state.queue) !== busy && show())
    watch(['experiment'], showResults)
  }
  dialog.showModal()
  show()
}

let busy = null // what the form was drawn for
const place = id => dialog.querySelector('#' + id)

function show() {
  const held = dialog.contains(document.activeElement)
  busy = Boolean(state.queue)
  place('experiment-form').replaceChildren(...(busy ? [] : fields()))
  showNow()
  showResults()
  if (held && !dialog.contains(document.activeElement)) dialog.querySelector(busy ? '[data-testid=experiment-pause]' : '#experiment-measure, #experiment-seeds')?.focus()
}

// What is asked -----------------------------------------------------------------------

/** Plans that can be chosen: one's own, presets, and those of earlier runs with their options. @returns {Offered[]} */
function offered() {
  const options = { ...trainOptions(), continue: false, readings: undefined }
  const runs = state.runs.filter(run => run.spec).map(run => ({ name: `Run ${run.letter}: ${run.title ?? run.plan}`, spec: run.spec, options: { ...run.options, continue: false, readings: undefined } }))
  return [{ name: 'My plan', about: state.plan?.name, spec: state.spec, options }, ...presets.map(preset => ({ ...preset, options })), ...runs]
}

const wanted = () => offered().filter(({ name }) => chosen.has(name)).map(({ name, about, spec, options }) => ({ name: about ? `My plan (${about})` : name, spec, options }))

function fields() {
  form.first ??= state.settings.seed
  const number = (key, label, max) => h('label', { class: 'field' }, h('span', { class: 'label' }, label),
    h('input', { type: 'number', id: 'experiment-' + key, 'data-testid': 'experiment-' + key, min: key === 'seeds' ? 1 : 0, max, step: 1, value: form[key], required: true, oninput: event => { form[key] = event.target.valueAsNumber; foretell() } }))
  const box = (key, label) => h('label', { class: 'inline' }, h('input', { type: 'checkbox', 'data-testid': 'vary-' + key, checked: form[key], onchange: event => { form[key] = event.target.checked } }), ' ' + label)
  /** @param {Offered} one */
  const plan = ({ name, about }) => h('label', { class: 'inline' }, h('input', { type: 'checkbox', 'data-plan': name, checked: chosen.has(name), onchange: event => { chosen[event.target.checked ? 'add' : 'delete'](name); foretell() } }), ' ' + (about ? `${name}: ${about}` : name))
  const before = state.experiment?.runs.length
  const start = h('button', { type: 'button', class: 'primary', id: 'experiment-start', 'data-testid': 'experiment-start' }, before ? 'Start a new experiment' : 'Start')
  const begin = () => launch(hears => state.thaw.experiment.start(described(), { replace: true }, hears))
  if (before) confirmTwice(start, () => `The figures of ${plural(before, 'run')} go: start?`, begin)
  else start.onclick = begin
  setTimeout(foretell)
  return [
    h('h3', {}, before ? 'Another one' : 'Which plans'),
    h('p', { class: 'muted' }, 'One run may be luck. Here plans are trained again and again, each time with other numbers from which chance follows (seeds), and compared seed by seed. Settings are those of the Network panel, or the run’s own.'),
    h('fieldset', { class: 'choices' }, h('legend', {}, 'Plans'), offered().map(plan)),
    h('div', { class: 'fields' }, number('seeds', 'Seeds', 500), number('first', 'First seed', 4294967295)),
    h('fieldset', { class: 'choices' }, h('legend', {}, 'Each seed draws anew'), box('split', 'which images are held back'), box('head', 'the head’s first values'), box('order', 'the order of images, what varies them, and dropout')),
    h('p', { id: 'experiment-estimate', 'data-testid': 'experiment-estimate', 'aria-live': 'polite' }),
    h('p', { class: 'row' }, start, filePicker('Repeat one from its JSON file…', { id: 'experiment-file', accept: '.json', multiple: false, onfiles: ([file]) => repeat(file) })),
    h('p', { class: 'muted' }, 'Figures and curves are kept with the project after each run, networks are not: they would fill it. “Train” beside a run below gives its network again, to the same bits. A reload or a crash loses nothing: it can go on.'),
  ]
}

const described = () => ({ plans: wanted(), first: form.first, seeds: form.seeds, vary: { split: form.split, head: form.head, order: form.order } })

let guess = []
let asked = 0
/** Says how long it would take. */
async function foretell() {
  const line = place('experiment-estimate')
  const mine = ++asked
  const plans = wanted()
  const why = whyNot() ?? (plans.length ? null : 'Choose at least one plan.') ?? (form.seeds >= 1 && form.first >= 0 ? null : 'Seeds are whole numbers.')
  let text = why
  guess = []
  try {
    if (!why) ({ text, each: guess } = await estimate(plans, form.seeds))
  } catch (error) {
    text = error.message
  }
  if (mine === asked && line) line.textContent = text
}

const cannot = () => whyNot() ?? (state.active ? 'A run is training: wait for its end, or cancel it.' : null)

/** Starts, and says in the dialog, which lies over the page's notices, why it could not or did not come to its end. */
async function launch(start) {
  const problem = cannot() ?? (await follow(start, guess))
  if (problem) tell(h('p', {}, problem))
}

const tell = (...says) => place('experiment-now').prepend(h('div', { class: 'callout', role: 'alert' }, says))

/** Asks before a file's experiment takes the place of the one that is here. @param {File} file */
async function repeat(file) {
  const content = await file.text().then(JSON.parse).catch(() => null)
  if (!content) return tell(h('p', {}, `${file.name} is no experiment of Thaw: choose a JSON file that was downloaded here.`))
  guess = []
  const begin = () => launch(hears => state.thaw.experiment.repeat(content, { replace: true }, hears))
  const before = state.experiment?.runs.length
  if (!before) return begin()
  showNow()
  tell(h('p', {}, `${file.name} takes the place of the ${plural(before, 'run')} here, whose figures go: download them first if they matter.`),
    h('p', { class: 'row' }, h('button', { type: 'button', class: 'button primary-soft', onclick: begin }, 'Repeat it'), h('button', { type: 'button', class: 'quiet', onclick: showNow }, 'Leave it')))
}

const forget = () => guarded(async () => {
  await state.thaw.experiment.forget()
  set({ experiment: null })
  show()
})

// What happens, and what it showed ---------------------------------------------------

let bar, text, pausing
function showNow() {
  if (!dialog.open) return
  const { queue, experiment } = state
  const now = place('experiment-now')
  if (!queue) {
    const left = experiment && !experiment.underWay && experiment.runs.length < experiment.of
    bar = null
    now.replaceChildren(...(left ? [h('div', { class: 'callout' }, h('p', {}, `${experiment.runs.length} of ${experiment.of} runs are done. `, experiment.problem ?? 'The others can go on from there, to the same end.'),
      !experiment.problem && h('p', { class: 'row' }, h('button', { type: 'button', class: 'button primary-soft', 'data-testid': 'experiment-go-on', onclick: () => launch(hears => state.thaw.experiment.goOn(hears)) }, 'Go on')))] : []))
    return
  }
  if (!bar) {
    bar = h('progress', { 'aria-label': 'Progress of the experiment' })
    text = h('span', { class: 'progress-text' })
    pausing = h('button', { type: 'button', class: 'button', 'data-testid': 'experiment-pause', onclick: () => guarded(pause) })
    now.replaceChildren(h('div', { class: 'progress-item' }, text, pausing, h('button', { type: 'button', class: 'button', 'data-testid': 'experiment-cancel', onclick: () => guarded(cancel) }, 'Cancel'), bar))
  }
  if (experiment) Object.assign(bar, { max: experiment.of, value: experiment.runs.length })
  text.textContent = queue.paused ? 'Paused. ' + queue.text : queue.text
  pausing.textContent = queue.paused ? 'Resume' : 'Pause'
}

function showResults() {
  if (!dialog.open) return
  const { experiment } = state
  const results = place('experiment-results')
  if (!experiment?.runs.length) return results.replaceChildren()
  const open = results.querySelector('details')?.open
  const held = results.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.testid : null
  const select = h('select', { id: 'experiment-measure', 'data-testid': 'experiment-measure', onchange: event => { measure = event.target.value; showResults() } },
    Object.entries(measures).map(([value, { label }]) => h('option', { value, selected: value === measure }, label)))
  results.replaceChildren(...[
    h('div', { class: 'row' }, h('h3', {}, `${experiment.runs.length} of ${plural(experiment.of, 'run')}`), h('label', { class: 'inline' }, 'Show ', select)),
    experiment.repeated && h('p', { 'data-testid': 'experiment-repeated' }, repeatedText(experiment)),
    strips(experiment, measure) ?? h('p', { class: 'muted' }, 'Nothing was measured: no images were held back, or every run failed.'),
    h('p', { class: 'muted' }, 'A dot is a run; grey lines join the same seed; the tall line is the mean, the brackets its 95 % interval over seeds (Student’s t).', experiment.seeds < 5 && ` ${plural(experiment.seeds, 'seed')} say little: their interval is wide, and for one there is none.`),
    pairTable(experiment, measure), planTable(experiment, measure),
    h('details', { class: 'fold', open }, h('summary', {}, 'Every run'), runTable(experiment, measure, trainButton)),
    h('p', { class: 'row' },
      h('button', { type: 'button', class: 'button', 'data-testid': 'experiment-csv', onclick: () => download(experimentCSV(experiment), 'experiment.csv') }, 'Figures as CSV'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'experiment-json', onclick: () => download(experimentJSON(experiment, state.engine), 'experiment.json') }, 'All to repeat it, as JSON'),
      !state.queue && confirmTwice(h('button', { type: 'button', class: 'quiet', 'data-testid': 'experiment-forget' }, 'Remove'), () => `Remove the figures of ${plural(experiment.runs.length, 'run')}?`, forget)),
  ].filter(Boolean))
  if (held) results.querySelector(`[data-testid="${held}"]`)?.focus()
}

/** How far a repetition gave what it repeats, and why not. */
function repeatedText({ plans, runs, repeated: { same, of, differ } }) {
  if (same === of) return `${same} of ${plural(of, 'run')} gave the same as there, to the bit.`
  const other = ({ index, split, machine, figures }) => {
    const run = runs[index]
    const why = split ? 'other images were held back' : machine === run.machine ? 'by the same kind of machine' : `computed by ${run.machine}, there by ${machine}`
    return `${plans[run.plan].name}, seed ${run.seed}: ${percent(figureOf(run, 'accuracy'))}, there ${percent(figures.validationAccuracy)} (${why}).`
  }
  return `${same} of ${plural(of, 'run')} gave the same as there. ${differ.slice(0, 5).map(other).join(' ')}`
}

/** Gives a run's network again. */
function trainButton(run) {
  const { experiment } = state
  const { name, spec } = experiment.plans[run.plan]
  return h('button', { type: 'button', class: 'quiet', title: `Train ${name} with seed ${run.seed} again, and keep the network`, onclick: () => {
    if (cannot()) return tell(h('p', {}, cannot()))
    dialog.close()
    set({ viewing: null })
    trainPlan(spec, optionsOf(experiment, run), { title: `${name}, seed ${run.seed}` })
  } }, 'Train')
}
