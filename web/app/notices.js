// Notices: one sentence each, dismissible, Escape takes the last; and the live region that
// speaks progress.
import { byID, h, iconButton } from './dom.js'

/**
 * Shows a sentence. Information leaves by itself, warnings and errors stay.
 * @param {string} level @param {string} message @param {{ label: string, act: () => void } | null} [action] a button with it
 */
export function notice(level, message, action = null) {
  const list = byID('notice')
  const same = [...list.children].find(old => old.dataset.message === message)
  if (same?.querySelector('.button') && !action) return // it says more
  same?.remove()
  const item = h('li', { class: 'notice', 'data-level': level, 'data-message': message, role: level === 'error' ? 'alert' : 'status' },
    h('span', {}, message), action && h('button', { type: 'button', class: 'button', onclick: action.act }, action.label), iconButton('close', 'Dismiss', () => dismiss(item)))
  list.append(item)
  while (list.children.length > 4) list.firstChild.remove()
  item.scrollIntoView({ block: 'nearest' })
  if (level === 'info') setTimeout(() => leave(item), 8000)
}

/** Removes a notice; a focus inside goes to the next one. */
function dismiss(item) {
  const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector('button')
  if (item.contains(document.activeElement)) next?.focus()
  item.remove()
}

/** Nothing goes away under the pointer or the focus. */
function leave(item) {
  if (item.matches(':hover, :focus-within')) setTimeout(() => leave(item), 1000)
  else item.remove()
}

export function startNotices() {
  document.addEventListener('keydown', event => {
    // A dialog or a tip that is open takes Escape for itself.
    if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]') || !byID('tip').hidden) return
    const last = byID('notice').lastElementChild
    if (last) dismiss(last)
  })
}

/** Runs a promise's work; what goes wrong becomes a notice, and undefined comes back. */
export async function guarded(work) {
  try {
    return await work()
  } catch (error) {
    if (error.code === 'cancelled') return undefined
    if (error.name !== 'ThawError') console.error(error)
    notice('error', error.name === 'ThawError' ? error.message : `The page met an error it did not expect (${error.message}): reload it if something is stuck.`)
    return undefined
  }
}

let lastSpoken = 0
/** Speaks to screen readers, at most every ten seconds unless it matters. */
export function say(sentence, { now = false } = {}) {
  if (!now && Date.now() - lastSpoken < 10_000) return
  lastSpoken = Date.now()
  byID('live').textContent = sentence
}
