// Guided pages beside the panels: each says a little, does it with the page itself, and ends
// in a question that the reader answers first. A teacher's link may ask one of its own.
import { byID, h, iconButton } from '../dom.js'
import { addWorld } from '../intake.js'
import { guarded, notice, say } from '../notices.js'
import { probe } from '../probe.js'
import { trainPlan, whyNot } from '../runs.js'
import { trainOptions } from '../settings.js'
import { state, watch } from '../store.js'
import { worldOf } from '../worlds.js'
import { pages } from './guide-pages.js'

/** @type {import('./guide-pages.js').Hands} */
const hands = {
  async world(name) {
    if (worldOf(state.data, state.worlds)?.name !== name) await addWorld(name)
    if (worldOf(state.data, state.worlds)?.name !== name) throw new Stopped()
    await settled()
  },
  plan: spec => state.thaw.plan(spec, options()),
  async train(spec, times = 1) {
    await settled()
    if (working.signal.aborted) throw new Stopped()
    const run = await trainPlan(spec, { ...options(), epochs: state.settings.epochs * times }, { visible: times === 1 })
    if (run?.status !== 'done') throw new Stopped()
    return run
  },
  async probe() {
    await settled()
    return probe({ signal: working.signal, onProgress: ({ done, total }) => say(`${done} of ${total}`) })
  },
}
const options = () => ({ ...trainOptions(), readings: true, continue: false })

/** Something that the reader stopped, or did not want: the step can be taken again. */
class Stopped extends Error {}

/** Waits until the page is through with what was changed. */
async function settled() {
  for (let i = 0; whyNot() && i < 600; i++) await new Promise(resolve => setTimeout(resolve, 50))
  if (whyNot()) throw new Error(whyNot())
}

let shown = '' // the page's key

/** Shows the list of pages, or one of them. @param {string} [key] */
export function showGuide(key = '') {
  const page = pages.find(page => page.key === key)
  shown = page?.key ?? ''
  frame(page?.title ?? 'Guided pages', ...(page ? body(page) : list()))
}

const list = () => [
  h('p', { class: 'muted' }, 'Each takes a minute or two, trains on generated images, and computes every figure before your eyes.'),
  h('ol', { class: 'guide-list' }, pages.map(({ key, title }) => h('li', {}, h('button', { type: 'button', class: 'quiet', 'data-guide': key, onclick: () => showGuide(key) }, title)))),
]

/** The card that pages are shown on; the panels stay in use beside it. */
function frame(title, ...content) {
  let place = byID('guide')
  if (!place) {
    place = h('aside', { id: 'guide', class: 'guide', 'data-testid': 'guide', 'aria-labelledby': 'guide-title', tabIndex: -1, onkeydown: event => event.key === 'Escape' && close() })
    document.body.append(place)
  }
  place.replaceChildren(h('header', {}, h('h2', { id: 'guide-title' }, title), shown && h('button', { type: 'button', class: 'quiet', onclick: () => showGuide() }, 'All pages'), iconButton('close', 'Close this page; what was trained stays', close)), ...content)
  place.focus()
}

function close() {
  if (byID('guide')?.querySelector('[data-stops]')) stop()
  byID('guide')?.remove()
  if (new URLSearchParams(location.hash.slice(1)).has('guide')) history.replaceState(null, '', location.pathname + location.search)
}

/** The steps of a page one after another, the question last. @param {import('./guide-pages.js').Page} page */
function body(page) {
  const notes = {}
  const place = h('div', { class: 'guide-steps' })
  const next = i => {
    const step = page.steps[i]
    place.append(step ? stepOf(step, notes, () => next(i + 1)) : questionOf(page, notes))
    place.lastChild.scrollIntoView({ block: 'nearest' })
  }
  next(0)
  return [place]
}

/** @param {import('./guide-pages.js').Step} step @param {any} notes @param {() => void} done */
function stepOf({ say: text, act, run }, notes, done) {
  const found = h('div', { 'aria-live': 'polite' })
  const button = h('button', { type: 'button', class: 'button primary-soft', 'data-testid': 'guide-act' }, act)
  button.onclick = () => doing(button, async () => {
    const claims = [await run(hands, notes)].flat().filter(Boolean)
    found.append(...claims.map(claim => h('p', { 'data-kind': 'measured', 'data-testid': 'guide-claim' }, claim)))
    button.remove()
    done()
  })
  return h('section', {}, h('p', {}, text), button, found)
}

/** @param {import('./guide-pages.js').Page} page @param {any} notes */
function questionOf({ question, key }, notes) {
  const place = h('section', { class: 'guide-question' })
  const answered = i => {
    const button = h('button', { type: 'button', class: 'button primary-soft', 'data-testid': 'guide-see' }, 'See')
    button.onclick = () => doing(button, async () => {
      const { right, text } = await question.run(hands, notes)
      button.remove()
      const outcome = right === null ? 'It cannot be told.' : right === i ? 'You said so.' : `You said: ${question.answers[i]}. It is: ${question.answers[right]}.`
      place.append(h('p', { 'data-kind': 'measured', 'data-testid': 'guide-answer', 'data-right': String(right === i) }, h('b', {}, outcome), ' ', text), following(key))
      say(`${outcome} ${text}`, { now: true })
    })
    for (const chip of place.querySelectorAll('.chip')) Object.assign(chip, { disabled: true, ariaPressed: String(chip.textContent === question.answers[i]) })
    place.append(button)
    button.focus()
  }
  place.append(choices(question.ask, question.answers, answered))
  return place
}

/** A question with its answers as buttons. @param {(i: number) => void} chosen */
const choices = (ask, answers, chosen) => h('div', { role: 'group', 'aria-label': ask }, h('p', {}, h('b', {}, ask)),
  h('p', { class: 'row' }, answers.map((answer, i) => h('button', { type: 'button', class: 'chip', 'data-answer': i, 'aria-pressed': 'false', onclick: () => chosen(i) }, answer))))

const following = key => {
  const next = pages[pages.findIndex(page => page.key === key) + 1]
  return h('p', {}, h('button', { type: 'button', class: 'quiet', 'data-testid': 'guide-next', onclick: () => showGuide(next?.key) }, next ? `Next: ${next.title}` : 'All pages'))
}

let working = new AbortController() // of the work under way

/** Does the work of a button, which stops it meanwhile; what is stopped or fails can be tried again. */
async function doing(button, work) {
  if (button.dataset.stops !== undefined) return stop()
  if (state.active) return notice('warning', 'A run is training: wait for its end, or cancel it.')
  const label = button.textContent
  working = new AbortController()
  button.dataset.stops = ''
  button.textContent = 'Stop'
  await guarded(async () => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
  })
  delete button.dataset.stops
  button.textContent = label
}

function stop() {
  working.abort()
  if (state.active) byID('cancel').click()
}

// A teacher's question -------------------------------------------------------------

/** Asks what a link asks; the class finds out with the page. @param {string} ask @param {string[]} answers */
export function showQuestion(ask, answers) {
  shown = ''
  const place = h('section', { class: 'guide-question' })
  place.append(choices(ask, answers, i => {
    for (const chip of place.querySelectorAll('.chip')) chip.setAttribute('aria-pressed', String(chip.textContent === answers[i]))
    if (!place.querySelector('[data-testid=question-next]')) place.append(h('p', { 'data-testid': 'question-next' }, 'Now find out: compare or train in the Runs panel. Your answer stays here.'))
  }))
  frame('A question', place)
}

/** Makes a link of what is set, with a question if one is written. */
export function showLinkMaker() {
  shown = ''
  const ask = h('input', { id: 'link-ask', maxLength: 200, placeholder: 'What does freezing cost here?', 'data-testid': 'link-ask' })
  const answers = h('input', { id: 'link-answers', maxLength: 200, placeholder: 'Little | Much', 'data-testid': 'link-answers' })
  const link = h('input', { id: 'link-made', readOnly: true, 'data-testid': 'link-made', 'aria-label': 'The link' })
  const make = () => {
    const parts = new URLSearchParams(location.hash.slice(1))
    for (const key of ['guide', 'world', 'ask', 'answers']) parts.delete(key)
    const world = worldOf(state.data, state.worlds)
    if (world) parts.set('world', world.name)
    if (ask.value.trim()) {
      parts.set('ask', ask.value.trim())
      parts.set('answers', answers.value.split('|').map(s => s.trim()).filter(Boolean).join('|') || 'Yes|No')
    }
    link.value = location.href.split('#')[0] + '#' + parts
  }
  ask.oninput = answers.oninput = make
  watch(['spec', 'settings', 'data'], () => link.isConnected && setTimeout(make, 300)) // the address follows what is set, a moment later
  make()
  frame('A link for a class',
    h('p', { class: 'muted' }, 'It opens this page with the plan and the settings as they are, and the generated images if those are here. Images of your own are never in it.'),
    h('label', { class: 'field wide', for: 'link-ask' }, h('span', { class: 'label' }, 'A question, if you like'), ask),
    h('label', { class: 'field wide', for: 'link-answers' }, h('span', { class: 'label' }, 'Its answers, with | between'), answers),
    h('p', { class: 'row' }, link, h('button', { type: 'button', class: 'button', 'data-testid': 'link-copy', onclick: () => guarded(async () => {
      await navigator.clipboard.writeText(link.value)
      say('The link is copied.', { now: true })
    }) }, 'Copy')))
}
