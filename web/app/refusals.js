// What was refused of the last files that came in, beside the count of what is there.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'

const listed = 500

/**
 * @param {string[]} from what a person dropped or chose, as often as it has files
 * @param {{ name: string, reason: string }[]} refused the first of `count`
 * @param {number} count
 */
export function showRefused(from, refused, count) {
  const strip = byID('refused')
  const hide = event => {
    event.preventDefault() // the fold stays as it is
    strip.hidden = true
  }
  const more = count - Math.min(listed, refused.length)
  strip.hidden = count === 0
  strip.open = false
  strip.replaceChildren(
    h('summary', {}, iconButton('close', 'Dismiss', hide), `${plural(count, 'file')} refused, of ${origin(from)} `, h('span', { class: 'button' }, 'Why')),
    h('ul', {}, refused.slice(0, listed).map(reasonItem)),
    ...(more > 0 ? [h('p', { class: 'muted' }, `and ${plural(more, 'more', 'more')}.`)] : []))
  if (count) strip.scrollIntoView({ block: 'nearest' })
}

/** 'photos.zip', or 'boat, fruit and 3 more'. */
function origin(from) {
  const names = [...new Set(from)]
  return names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')
}

/** A file with its reason; most reasons are sentences that begin with its name. */
export const reasonItem = ({ name, reason }) => h('li', {}, h('b', {}, name), reason.startsWith(name) ? reason.slice(name.length) : ': ' + reason)
