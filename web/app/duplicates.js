// The same picture more than once: under two classes a person says which label is right,
// of copies in one class one stays. And pictures that only look alike.
import { byID, h } from './dom.js'
import { edit } from './edits.js'
import { plural } from './format.js'
import { guarded } from './notices.js'
import { state, watch } from './store.js'
import { thumbnail } from './thumbs.js'

const mostShown = 100

/** @typedef {{ image: import('../thaw.js').ImageInfo, name: string }} Place   name: of its class */

/** @returns {Map<number, Place>} */
const places = () => new Map(state.data.classes.flatMap(c => c.images.map(image => [image.id, { image, name: c.name }])))

const remove = ids => edit(data => data.remove(ids))
const button = (text, onclick, properties = {}) => h('button', { type: 'button', class: 'button', onclick, ...properties }, text)

export function startDuplicates() {
  watch(['data'], () => { show(); showAlike() })
  show()
  showAlike()
}

function show() {
  const { duplicates } = state.data
  const strip = byID('duplicates')
  const where = places()
  const conflicts = duplicates.filter(d => d.conflict)
  const copies = duplicates.filter(d => !d.conflict)
  strip.hidden = !duplicates.length
  if (strip.hidden) return
  strip.replaceChildren(
    h('summary', {}, [conflicts.length && `${plural(conflicts.length, 'image')} under two classes: which label is right?`, copies.length && `${plural(copies.length, 'image')} there more than once`].filter(Boolean).join(' ')),
    ...(conflicts.length ? labelQuestions(conflicts, where) : []),
    copies.length > 0 && h('p', {}, 'Copies stay on one side of the split, so that they do not flatter the result. ',
      button(`Remove ${plural(copies.reduce((n, d) => n + d.ids.length - 1, 0), 'extra copy', 'extra copies')}`, () => remove(copies.flatMap(d => d.ids.slice(1))), { 'data-testid': 'remove-copies' })) || '',
    copies.length > 0 && h('ul', {}, copies.slice(0, mostShown).map(({ ids }) => h('li', {}, ids.map(id => `${where.get(id)?.name}/${where.get(id)?.image.name}`).join(' = ')))) || '')
}

/** Which classes a conflict is between, and what goes if one of them is right. */
const classesOf = (d, where) => [...new Set(d.ids.map(id => where.get(id)?.name))]
const wrong = (d, right, where) => d.ids.filter(id => where.get(id)?.name !== right)

function labelQuestions(conflicts, where) {
  const many = new Map() // class -> the conflicts that it is in
  for (const d of conflicts) for (const name of classesOf(d, where)) many.set(name, [...(many.get(name) ?? []), d])
  return [
    conflicts.length > 1 && h('p', { class: 'row' }, 'For all of them: ', ...[...many].filter(([, of]) => of.length > 1).map(([name, of]) =>
      button(`${name} is right (${of.length})`, () => remove(of.flatMap(d => wrong(d, name, where))), { 'data-all-right': name }))) || '',
    h('ul', { class: 'conflicts' }, conflicts.slice(0, mostShown).map(d => h('li', { class: 'row' }, thumbnail(where.get(d.ids[0]).image), where.get(d.ids[0]).image.name, 'is',
      ...classesOf(d, where).map(name => button(name, () => remove(wrong(d, name, where)), { 'data-right': name, title: `Keep it in ${name}, and remove it elsewhere` }))))),
    h('p', { class: 'muted' }, 'Until then they are neither trained on nor validated with.'),
  ]
}

/** @type {number[][] | null} */ let alike = null // as it was when a person asked

function showAlike() {
  const place = byID('alike')
  const where = places()
  place.hidden = where.size < 2
  if (place.hidden) alike = null
  alike = alike && alike.map(ids => ids.filter(id => where.has(id))).filter(ids => ids.length > 1)
  const look = button(alike ? 'Look again' : 'Look for images that look alike', () => guarded(async () => {
    alike = await state.thaw.data.alike()
    showAlike()
  }), { 'data-testid': 'look-alike' })
  const done = ids => { alike = alike.filter(other => other !== ids) }
  const together = ids => { done(ids); return edit(data => data.keepTogether(ids)) }
  place.replaceChildren(h('summary', {}, 'Images that look alike', alike ? `: ${alike.length || 'none'}` : ''),
    h('p', { class: 'muted' }, 'Frames of one scene or the same picture saved again: divided between training and validation they flatter the result.'), look,
    h('ul', { class: 'conflicts' }, (alike ?? []).slice(0, mostShown).map(ids => h('li', { class: 'row', 'data-testid': 'alike-group' },
      ...ids.slice(0, 6).map(id => h('span', { title: `${where.get(id).name}/${where.get(id).image.name}` }, thumbnail(where.get(id).image))), ids.length > 6 && `and ${ids.length - 6} more`,
      button('Keep together', () => together(ids)), button('Keep the first only', () => remove(ids.slice(1)))))))
}
