// The schedule: what learns when. A row per phase; the map shows in which phase each block
// thaws, and a click there moves it one phase later.
import { byID, h, iconButton } from '../dom.js'
import { plural, seconds } from '../format.js'
import { ask, batchNormOf } from '../freeze.js'
import { say } from '../notices.js'
import { outside, refuse } from '../refuse.js'
import { state, watch } from '../store.js'
import { choices, learning, phasesOf, planOf, ratesIn, ratesText, schedules, thawedLater, withPlan } from './phases.js'

const most = 50 // phases, as freeze.MaxPhases
let place = null // where it is shown, null before

/** Shows the schedule in the panel's fold, once; from then on it follows the plan. */
export function showSchedule() {
  if (place) return
  place = h('div', { class: 'schedule' })
  byID('schedule').append(place)
  watch(['spec', 'model'], show)
  watch(['plan'], told) // rows stay: somebody may be typing there
  show()
}

/** What the compiled plan tells of the rows. */
function told() {
  const list = phases()
  if (!list || !current()) return
  place.querySelector('[data-testid="schedule-total"]').textContent = total(list)
  for (const [i, { name }] of current().phases.entries()) {
    const other = place.querySelector(`#phase-${i}-plan option[value="-1"]`)
    if (other) other.textContent = name
  }
}

const here = () => ({ names: state.model.blocks.map(({ name }) => name), epochs: state.settings.epochs, rate: state.settings.rate, batchNorm: batchNormOf(state.spec) })
const phases = () => /** @type {any} */ (state.spec).phases ?? null
const current = () => (state.planFor === state.spec ? state.plan : null)

/** Blocks thaw one phase later, as a click on the map asks. @param {string[]} blocks */
export function later(blocks) {
  const next = thawedLater(phases(), learning(phases(), current()), blocks)
  ask({ phases: next })
  const from = learning(next, null).findIndex(set => set.has(blocks[0]))
  say(`${blocks.length > 1 ? `${blocks[0]} to ${blocks.at(-1)}` : blocks[0]}: ${from < 0 ? 'frozen throughout' : `learns from phase ${from + 1} on`}.`, { now: true })
}

function show() {
  if (!state.model) return
  const list = phases()
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.id
  place.replaceChildren(
    h('p', { class: 'row' }, schedules.map(schedule => h('button', { type: 'button', class: 'chip', 'data-tip': schedule.tip, 'data-testid': 'schedule-' + schedule.key,
      onclick: () => ask({ phases: phasesOf(schedule, here()) }) }, schedule.title))),
    list ? h('ol', { class: 'phases', 'data-testid': 'phases' }, list.map(row)) : h('p', { class: 'muted' }, 'One plan for all passes. Choose a schedule, or begin one with the plan of the map.'),
    h('p', { class: 'row' },
      h('button', { type: 'button', id: 'phase-add', class: 'button', 'data-testid': 'phase-add', disabled: (list?.length ?? 0) >= most, onclick: add }, list ? 'Add a phase' : 'Begin with this plan'),
      list && h('button', { type: 'button', id: 'phase-none', class: 'quiet', 'data-testid': 'phase-none', onclick: () => ask(planOf(list.at(-1))) }, 'Back to one plan'),
      list && h('span', { class: 'muted', 'data-testid': 'schedule-total' }, total(list))),
    list && h('p', { class: 'muted' }, 'On the map each block has the number of the phase in which it thaws; click it to thaw it a phase later. The optimizer keeps its state from phase to phase.'))
  told()
  if (focused && place.querySelector('#' + CSS.escape(focused))) byID(focused).focus()
}

/** @param {any[]} list */
function total(list) {
  const time = current()?.cost.secondsRun
  return plural(list.reduce((n, { epochs }) => n + epochs, 0), 'pass', 'passes') + (time ? `, ≈ ${seconds(time)}` : '')
}

/** A phase is added that goes on with the last one's plan; the first is the plan of the map. */
function add() {
  const list = phases()
  const { epochs } = state.settings
  ask({ phases: list ? [...list, { ...list.at(-1), epochs: 1 }] : [{ .../** @type {any} */ (state.spec), epochs }] })
}

const put = (i, phase) => ask({ phases: phases().map((other, at) => (at === i ? phase : other)) })

/** @param {import('./phases.js').Phase} phase @param {number} i */
function row(phase, i) {
  const plan = current()?.phases?.[i]
  return h('li', { 'data-phase-row': i + 1 }, h('div', { class: 'phase-row' },
    whatLearns(phase, i, plan),
    number(`phase-${i}-epochs`, 'Passes', phase.epochs, { min: 1, max: 1000, step: 1 }, epochs => put(i, { ...phase, epochs })),
    number(`phase-${i}-rate`, 'Step length', phase.rate ?? state.settings.rate, { above: 0, max: 10 }, rate => put(i, { ...phase, rate })),
    rates(phase, i),
    h('label', { class: 'inline', 'data-tip': 'Each block’s step length also by its gradient in its weights’ own size (|g| / |w|), as a share of the largest, measured on the first batches of each pass (Auto-RGN).' },
      h('input', { type: 'checkbox', id: `phase-${i}-scaled`, checked: Boolean(phase.scaled), onchange: event => put(i, { ...phase, scaled: event.target.checked || undefined }) }), '× |g|/|w|'),
    phases().length > 1 && iconButton('close', `Remove phase ${i + 1}`, () => ask({ phases: phases().filter((_, at) => at !== i) }))))
}

function whatLearns(phase, i, plan) {
  const options = choices(here().names)
  const { batchNorm: _, ...own } = planOf(phase)
  const at = options.findIndex(([, choice]) => JSON.stringify(choice) === JSON.stringify(own))
  return h('label', { class: 'field phase-plan' }, h('span', { class: 'label' }, `Phase ${i + 1} learns`),
    h('select', { id: `phase-${i}-plan`, 'data-testid': `phase-${i + 1}-plan`, onchange: event => put(i, withPlan(phase, options[event.target.value][1])) },
      at < 0 && h('option', { value: -1, selected: true }, plan?.name ?? 'as on the map'),
      options.map(([text], n) => h('option', { value: n, selected: n === at }, text))))
}

function number(id, label, value, bounds, take) {
  const input = h('input', { id, type: 'number', inputMode: 'decimal', value, 'data-testid': id, step: bounds.step ?? 'any' })
  input.onchange = () => {
    const problem = outside(input.valueAsNumber, bounds)
    refuse(input, problem && `${problem}, please.`)
    if (!problem) take(input.valueAsNumber)
  }
  return h('div', { class: 'field-frame' }, h('label', { class: 'field' }, h('span', { class: 'label' }, label), input))
}

function rates(phase, i) {
  const input = h('input', { id: `phase-${i}-rates`, value: ratesText(phase.rates), placeholder: 'stem=0.1, block8_*=0.5', autocomplete: 'off', spellcheck: false })
  input.onchange = () => {
    const said = ratesIn(input.value)
    refuse(input, said ? null : 'A block or pattern and its factor, as in stem=0.1, please.')
    if (said) put(i, { ...phase, rates: Object.keys(said).length ? said : undefined })
  }
  return h('div', { class: 'field-frame wide' }, h('label', { class: 'field', 'data-tip': 'Factors of the step length by block or pattern; what is not named has factor 1.' }, h('span', { class: 'label' }, 'Times, by block'), input))
}
