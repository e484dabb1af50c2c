// A progress bar with a sentence, time left and cancel.
import { h } from './dom.js'
import { seconds } from './format.js'
import { say } from './notices.js'

/**
 * Shows progress in `place` while `work` runs; `work` gets onProgress and a signal.
 * @template T
 * @param {HTMLElement} place
 * @param {string} title
 * @param {(options: { onProgress: (p: import('../thaw.js').Progress) => void, signal: AbortSignal }) => Promise<T>} work
 * @param {{ cancellable?: boolean }} [options]
 * @returns {Promise<T>}
 */
export async function withProgress(place, title, work, { cancellable = true } = {}) {
  const abort = new AbortController()
  const bar = h('progress', { 'aria-label': title })
  const text = h('span', { class: 'progress-text' }, title)
  const item = h('div', { class: 'progress-item' }, text,
    cancellable && h('button', { type: 'button', class: 'quiet', onclick: () => abort.abort() }, 'Cancel'), bar)
  place.append(item)
  place.hidden = false
  const onProgress = p => {
    if (p.total > 0) {
      bar.max = p.total
      bar.value = p.done
    }
    const left = p.secondsLeft === undefined ? '' : `, ${seconds(p.secondsLeft)} left`
    text.textContent = p.what + (p.total > 0 ? ` ${Math.floor((100 * p.done) / p.total)} %` : '') + left
    say(text.textContent)
  }
  try {
    return await work({ onProgress, signal: abort.signal })
  } finally {
    item.remove()
    place.hidden = !place.childElementCount
  }
}
