// Changes of the images, each a step that the worker takes back: its words stand on the
// buttons, and Ctrl+Z means them while the Images panel has the focus.
import { ask } from './ask.js'
import { byID, h } from './dom.js'
import { guarded, notice, say } from './notices.js'
import { set, state, watch } from './store.js'

/**
 * Makes a change and shows what the images are then; false: it was not made.
 * @param {(data: import('../thaw.js').DataCalls) => Promise<import('../thaw.js').DataInfo>} change
 */
export async function edit(change) {
  const data = await guarded(() => change(state.thaw.data))
  if (data) set({ data })
  return Boolean(data)
}

/** The class that a card stands for was called otherwise before. @type {{ from: string, to: string } | null} */
export let renamed = null

/** To the name of another class: whether the two are one is asked. @returns {Promise<boolean>} */
export async function rename(from, to) {
  try {
    const data = await state.thaw.data.rename(from, to)
    renamed = { from, to }
    set({ data })
    renamed = null
    return true
  } catch (error) {
    if (error.code === 'exists') return merge(from, to)
    notice('error', error.message)
    return false
  }
}

/** @returns {Promise<boolean>} */
export async function merge(from, into) {
  const yes = await ask(`Merge ${from} into ${into}?`, `All images of ${from} go to ${into}, and the class ${from} is gone.`, [
    { label: 'Merge', value: true, testid: 'merge-yes' }, { label: 'Leave both', value: false }])
  return Boolean(yes) && edit(data => data.merge(from, into))
}

/** Asks which class one goes into. */
export async function mergeInto(from) {
  const others = state.data.classes.filter(c => c.name !== from)
  const into = await ask(`Merge ${from} into which class?`, `All its images go there, and the class ${from} is gone.`, others.map(({ name }) => ({ label: name, value: name })))
  if (into) await edit(data => data.merge(from, into))
}

const step = way => guarded(async () => {
  if (!state.data[way]) return
  const { did, ...data } = await state.thaw.data[way]()
  set({ data })
  say(did, { now: true })
})

/** @param {HTMLElement} place where Ctrl+Z means the images */
export function undoesImages(place) {
  place.addEventListener('keydown', event => {
    const key = event.key.toLowerCase()
    const target = /** @type {Element} */ (event.target)
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== 'z' && key !== 'y') || target.matches('input, textarea')) return
    event.preventDefault()
    event.stopPropagation() // elsewhere it is the map's
    step(key === 'y' || event.shiftKey ? 'redo' : 'undo')
  })
}

/** Buttons that say what they would do, as long as there is something. */
export function stepButtons() {
  return ['undo', 'redo'].map(way => {
    const words = state.data[way]
    return words && h('button', { type: 'button', class: 'button step-button', 'data-testid': `images-${way}`, title: `Ctrl+${way === 'redo' ? 'Shift+' : ''}Z in this panel`, onclick: () => step(way) },
      `${way === 'undo' ? 'Undo' : 'Redo'}: ${words}`)
  })
}

export function startEdits() {
  undoesImages(byID('images'))
  undoesImages(byID('class-dialog'))
  const show = () => byID('images-steps').replaceChildren(...stepButtons().filter(Boolean))
  watch(['data'], show)
  show()
}
