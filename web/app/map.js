// The map of the network, which is the control: a column per block in the order of
// data flow, as high as its parameters are many; the freezing line stands between
// what is frozen and what learns. Columns are drawn once per model, then repainted.
import { byID, h, icon } from './dom.js'
import { count } from './format.js'
import { asked, blockGroups, blockViews, drag, freezeBefore, lineAt, toggle } from './freeze.js'
import { showLayers } from './layers.js'
import { set, state, watch } from './store.js'

const columns = new Map() // block name -> its button
let names = [] // blocks in order
let shown = null // the block that the line under the map speaks of

export function startMap() {
  watch(['model'], draw)
  watch(['model', 'spec', 'plan', 'viewing'], paint)
  new ResizeObserver(placeLine).observe(byID('map'))
}

function draw() {
  if (!state.model) return
  names = state.model.blocks.map(block => block.name)
  const most = Math.max(...state.model.blocks.map(block => block.parameters))
  columns.clear()
  const parameters = new Map(state.model.blocks.map(block => [block.name, block.parameters]))
  const groups = blockGroups(names).map(({ title, members }) =>
    h('div', { class: members.length > 1 ? 'group many' : 'group', 'data-group': title },
      h('div', { class: 'columns' }, members.map(name => column(name, parameters.get(name) / most))),
      groupButton(title, members)))
  groups.forEach((group, i) => group.style.setProperty('--members', String(blockGroups(names)[i].members.length)))
  byID('map').replaceChildren(
    h('div', { class: 'groups', role: 'group', 'aria-label': 'Blocks of the network in the order of data flow. Arrow keys move, Space thaws or freezes, arrow down lists the layers.' }, groups),
    line())
  setFocusable(names[0])
}

function column(name, share) {
  const bar = h('span', { class: 'bar' })
  bar.style.setProperty('--share', String(share))
  const button = h('button', { type: 'button', class: 'column', 'data-block': name, tabIndex: -1,
    onclick: () => name !== 'head' && toggle([name]), onfocus: () => { setFocusable(name); speakOf(name) }, onpointerenter: () => speakOf(name), onkeydown: onKey },
  h('span', { class: 'top' }), bar, h('span', { class: 'flow' }))
  columns.set(name, button)
  return button
}

/** A whole group at once; for one block it is the larger target. */
function groupButton(title, members) {
  const text = members.length > 1 ? [h('span', {}, title), h('span', { class: 'times' }, ` × ${members.length}`)] : [title.replace('_', '_\u200b')]
  return h('button', { type: 'button', class: 'group-name', 'data-group-button': title, tabIndex: members.length > 1 ? 0 : -1, 'aria-label': members.length > 1 ? `all ${members.length} ${title}` : title,
    onclick: () => title !== 'head' && toggle(members), onpointerenter: () => speakOf(members[0]), onfocus: () => speakOf(members[0]) },
  h('span', { class: 'state' }), ...text)
}

function onKey(event) {
  const at = names.indexOf(event.currentTarget.dataset.block)
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 }[event.key]
  if (event.key === 'ArrowDown') showLayers(names[at])
  else if (to === undefined) return
  else columns.get(names[Math.min(Math.max(to, 0), names.length - 1)]).focus()
  event.preventDefault()
}

/** One column at a time is in the tab order (roving tabindex). */
function setFocusable(name) {
  for (const [other, button] of columns) button.tabIndex = other === name ? 0 : -1
}

// Painting --------------------------------------------------------------------

const words = { frozen: 'frozen', partly: 'learns in part', thawed: 'learns' }

/** Shows the last plan, and marks the blocks that a click or drag has just asked to change. */
function paint() {
  const views = blockViews()
  const wanted = asked()
  byID('map').toggleAttribute('data-in-time', phasesShown().length > 0)
  for (const block of views) {
    const button = columns.get(block.name)
    button.toggleAttribute('data-pending', Boolean(wanted) && wanted.has(block.name) !== (block.learns === 'thawed'))
    button.dataset.learns = block.learns
    const [phase] = learnsIn(block.name)
    if (phase) button.dataset.phase = String(phase)
    else delete button.dataset.phase
    button.toggleAttribute('data-statistics', block.batchStatistics)
    button.toggleAttribute('data-gradient', block.gradient)
    button.toggleAttribute('data-cached', block.cached)
    button.setAttribute('aria-pressed', block.learns === 'partly' ? 'mixed' : String(block.learns === 'thawed'))
    button.setAttribute('aria-label', sentence(block))
  }
  for (const { title, members } of views.length ? blockGroups(names) : []) {
    const kinds = new Set(views.filter(block => members.includes(block.name)).map(block => block.learns))
    const learns = kinds.size === 1 ? [...kinds][0] : 'partly'
    const button = /** @type {HTMLElement} */ (byID('map').querySelector(`[data-group-button="${title}"]`))
    button.dataset.learns = learns
    button.querySelector('.state').replaceChildren(...(learns === 'partly' ? [icon('frozen'), icon('thawed')] : [icon(learns)]))
  }
  placeLine()
  speakOf(shown)
  showWhose()
}

/** The phases of the plan shown, none where it is not in time. */
const phasesShown = () => (state.viewing?.trains ?? state.plan)?.phases ?? []

/** The numbers of the phases in which a block learns; none where the plan is not in time. */
const learnsIn = name => phasesShown().flatMap(({ blocks }, i) => (blocks.some(block => block.name === name && block.learns !== 'frozen') ? [i + 1] : []))

/** " from phase 2 on", " in phase 1", " in phases 1, 3" @param {number[]} phases */
function when(phases) {
  if (!phases.length) return ''
  const stays = phases.at(-1) === phasesShown().length && phases.length === phases.at(-1) - phases[0] + 1
  return stays ? ` from phase ${phases[0]} on` : ` in phase${phases.length > 1 ? 's' : ''} ${phases.join(', ')}`
}

/** Says whose plan the map shows, where it is that of a run and not the person's own. */
function showWhose() {
  const run = state.viewing?.trains ? state.viewing : null
  const place = byID('map-of')
  place.hidden = !run
  if (run) place.replaceChildren(h('span', {}, 'Being trained: ', h('b', {}, `run ${run.letter}, ${run.title ?? run.plan}`)),
    h('button', { type: 'button', class: 'quiet', onclick: () => set({ viewing: null }) }, 'Show my plan'))
}

function facts({ name, parameters, trained, learns, batchStatistics, cached }) {
  const part = trained && learns === 'partly' ? count(trained) + ' of ' : ''
  return [`${words[learns]}${when(learnsIn(name))}, ${part}${count(parameters)} parameters`, batchStatistics && 'batch statistics', cached && 'computed once'].filter(Boolean).join('; ')
}
const sentence = block => `${block.name}: ${facts(block)}${block.gradient ? '; gradients flow' : ''}`

function speakOf(name) {
  const view = blockViews().find(block => block.name === name)
  shown = view ? name : null
  byID('block-line').replaceChildren(...(view
    ? [h('span', {}, h('b', {}, name), ' ', facts(view)), h('button', { type: 'button', class: 'quiet', 'data-testid': 'layers-open', onclick: () => showLayers(name) }, icon('list'), ' Layers…')]
    : [h('span', { class: 'muted' }, 'Click a block to thaw or freeze it, or drag the line: all to its right learns. Height: parameters.')]))
}

// The freezing line -------------------------------------------------------------

function line() {
  const handle = h('div', { id: 'freeze-line', class: 'freeze-line', 'data-testid': 'freeze-line', role: 'slider', tabIndex: 0, 'aria-label': 'Freezing line', 'aria-valuemin': 0 }, h('span', { class: 'knob' }))
  handle.onpointerdown = event => {
    handle.setPointerCapture(event.pointerId)
    const end = drag()
    handle.onpointermove = move => moveLine(blockAt(move.clientX))
    // Heard by the window: the handle may be drawn anew meanwhile.
    const stop = () => {
      handle.onpointermove = null
      removeEventListener('pointerup', stop)
      removeEventListener('pointercancel', stop)
      end()
    }
    addEventListener('pointerup', stop)
    addEventListener('pointercancel', stop)
  }
  handle.onkeydown = event => {
    const at = Number(handle.getAttribute('aria-valuenow'))
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 5, PageUp: at + 5, Home: 0, End: names.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    moveLine(to)
  }
  return handle
}

function moveLine(to) {
  to = Math.min(Math.max(to, 0), names.length - 1)
  if (String(to) !== byID('freeze-line').getAttribute('aria-valuenow')) freezeBefore(to)
}

/** The block border nearest to x, as the index of the block after it. */
function blockAt(x) {
  const lefts = [...columns.values()].map(button => button.getBoundingClientRect().left)
  return lefts.reduce((best, left, i) => (Math.abs(left - x) < Math.abs(lefts[best] - x) ? i : best), 0)
}

function placeLine() {
  const handle = byID('freeze-line')
  if (!handle || !state.model) return
  const at = lineAt()
  handle.setAttribute('aria-valuemax', String(names.length - 1))
  handle.setAttribute('aria-valuenow', String(at))
  handle.setAttribute('aria-valuetext', at === 0 ? 'nothing is frozen' : names[at] === 'head' ? 'the whole backbone is frozen' : `frozen up to ${names[at - 1]}, learns from ${names[at]} on`)
  const map = byID('map').getBoundingClientRect()
  handle.style.left = columns.get(names[at]).getBoundingClientRect().left - map.left - 2 + 'px'
}
