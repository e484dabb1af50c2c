// Undo and redo: what was done is a pair of functions, taken back in the order in which it
// was done, whatever part of the page did it. Ctrl+Z in a text field stays the field's own.
import { byID } from './dom.js'
import { guarded, say } from './notices.js'

/** @typedef {{ what: string, undo: () => unknown, redo: () => unknown }} Deed   what: 'plan', as in "Undone: plan." */

/** @type {Deed[]} */ const done = []
/** @type {Deed[]} */ const undone = []
const most = 100
let busy = false // undoing is no new deed

/** Tells of something that was just done and can be taken back. @param {Deed} deed */
export function did(deed) {
  if (busy) return
  done.push(deed)
  if (done.length > most) done.shift()
  undone.length = 0
  show()
}

const undo = () => move(done, undone, 'undo', 'Undone')
const redo = () => move(undone, done, 'redo', 'Done again')

async function move(from, to, way, word) {
  const deed = busy ? undefined : from.pop()
  if (!deed) return
  busy = true
  await guarded(() => deed[way]())
  busy = false
  to.push(deed)
  show()
  say(`${word}: ${deed.what}.`, { now: true })
}

export function startHistory() {
  byID('undo').onclick = undo
  byID('redo').onclick = redo
  document.addEventListener('keydown', event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return
    const key = event.key.toLowerCase()
    if (key !== 'z' && key !== 'y') return
    const target = /** @type {Element} */ (event.target)
    if (target.matches('input:not([type="radio"]):not([type="checkbox"]), textarea') || document.querySelector('dialog[open]')) return
    event.preventDefault()
    if (key === 'y' || event.shiftKey) redo()
    else undo()
  })
  show()
}

function show() {
  for (const [id, list, word] of /** @type {const} */ ([['undo', done, 'Undo'], ['redo', undone, 'Redo']])) {
    const button = byID(id)
    const last = list.at(-1)
    const name = last ? `${word}: ${last.what}` : word
    button.setAttribute('aria-disabled', String(!last))
    button.setAttribute('aria-label', name)
    button.title = `${name} (Ctrl+${word === 'Undo' ? '' : 'Shift+'}Z)`
  }
}
