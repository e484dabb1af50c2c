// All images of a class, a page at a time: chosen by click, Shift, Ctrl+A and keys, moved
// to another class or removed.
import { byID, h, iconButton } from './dom.js'
import { edit, stepButtons } from './edits.js'
import { plural } from './format.js'
import { state, watch } from './store.js'
import { standing, thumbnail } from './thumbs.js'

const onPage = 60
let shown = { name: '', page: 0 }
let chosen = new Set() // ids
let last = 0 // index of the image that was pointed at last: what Shift reaches from

/** @param {string} name of the class */
export function showAll(name) {
  shown = { name, page: 0 }
  chosen = new Set()
  last = 0
  draw()
}

export const startGallery = () => watch(['data'], () => byID('class-dialog').open && draw())

const imagesOf = name => state.data.classes.find(c => c.name === name)?.images ?? []

function draw(focus = false) {
  const dialog = byID('class-dialog')
  const all = imagesOf(shown.name)
  if (!all.length) return dialog.close()
  const ids = new Set(all.map(image => image.id))
  chosen = new Set([...chosen].filter(id => ids.has(id)))
  last = Math.min(last, all.length - 1)
  const pages = Math.ceil(all.length / onPage)
  shown.page = Math.min(shown.page, pages - 1)
  const first = shown.page * onPage
  const inList = dialog.querySelector('.all-images')?.contains(document.activeElement)
  const list = h('ul', { class: 'all-images', role: 'listbox', 'aria-multiselectable': 'true', 'aria-label': `Images of ${shown.name}`, onkeydown: event => onKey(event, all) },
    ...all.slice(first, first + onPage).map((image, i) => item(image, first + i, all)))
  const scroll = dialog.querySelector('.all-images')?.scrollTop ?? 0
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'class-title' }, shown.name, ' ', h('span', { class: 'muted' }, plural(all.length, 'image'))), iconButton('close', 'Close', () => dialog.close())),
    tools(all), list,
    pages > 1 && h('footer', { class: 'row' },
      h('button', { type: 'button', class: 'button', disabled: shown.page === 0, onclick: () => turn(-1) }, 'Earlier'),
      h('span', {}, `page ${shown.page + 1} of ${pages}`),
      h('button', { type: 'button', class: 'button', disabled: shown.page === pages - 1, onclick: () => turn(1) }, 'Later')) || '')
  if (!dialog.open) dialog.showModal()
  list.scrollTop = scroll
  if (focus || inList) (list.querySelector('[tabindex="0"]') ?? list.firstElementChild).focus()
}

function turn(by) {
  shown.page += by
  last = shown.page * onPage
  draw()
}

function item(image, i, all) {
  const title = `${image.name}, ${standing(image)}`
  return h('li', { role: 'option', tabindex: i === last ? 0 : -1, 'aria-selected': String(chosen.has(image.id)), 'aria-label': title, title, 'data-image-item': image.id, onclick: event => choose(i, all, event.shiftKey) },
    thumbnail(image), h('span', { class: 'image-name' }, image.name), h('span', { class: 'muted' }, standing(image)))
}

/** Takes an image in or out; with Shift, all from the last one to it in. */
function choose(i, all, reach) {
  if (reach) for (const image of all.slice(Math.min(i, last), Math.max(i, last) + 1)) chosen.add(image.id)
  else if (!chosen.delete(all[i].id)) chosen.add(all[i].id)
  last = i
  draw(true)
}

function onKey(event, all) {
  const across = getComputedStyle(event.currentTarget).gridTemplateColumns.split(' ').length
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -all.length, End: all.length }[event.key]
  if (by !== undefined) {
    const to = Math.max(0, Math.min(all.length - 1, last + by))
    if (event.shiftKey) for (const image of all.slice(Math.min(to, last), Math.max(to, last) + 1)) chosen.add(image.id)
    last = to
    shown.page = Math.floor(to / onPage)
  } else if (event.key === ' ' || event.key === 'Enter') {
    event.preventDefault()
    return choose(last, all, event.shiftKey)
  } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) chosen = new Set(all.map(image => image.id))
  else if (event.key === 'Delete' && chosen.size) return void edit(data => data.remove([...chosen]))
  else return
  event.preventDefault()
  draw(true)
}

/** What can be done with the images that are chosen. */
function tools(all) {
  const none = !chosen.size
  const to = h('input', { 'aria-label': 'Class to move them to', placeholder: 'Move to class…', 'data-testid': 'move-to', autocomplete: 'off', disabled: none })
  to.setAttribute('list', 'other-classes')
  const names = h('datalist', { id: 'other-classes' }, state.data.classes.filter(c => c.name !== shown.name).map(c => h('option', { value: c.name })))
  const move = event => {
    event.preventDefault()
    if (to.value.trim()) edit(data => data.move([...chosen], to.value.trim()))
  }
  return h('div', { class: 'row gallery-tools' },
    h('span', { role: 'status' }, none ? 'Click images to choose them; Shift for many' : `${chosen.size} chosen`),
    h('button', { type: 'button', class: 'button', 'data-testid': 'choose-all', onclick: () => { chosen = new Set(chosen.size === all.length ? [] : all.map(image => image.id)); draw() } }, chosen.size === all.length ? 'None' : 'All'),
    h('form', { class: 'inline', onsubmit: move }, to, names, h('button', { type: 'submit', class: 'button', 'data-testid': 'move', disabled: none }, 'Move')),
    asideButton(all),
    h('button', { type: 'button', class: 'button', 'data-testid': 'remove-chosen', disabled: none, onclick: () => edit(data => data.remove([...chosen])) }, 'Remove'),
    stepButtons())
}

/** Sets the chosen images aside, or takes them back where all of them are. */
function asideButton(all) {
  const back = chosen.size > 0 && all.every(({ id, excluded }) => excluded || !chosen.has(id))
  return h('button', { type: 'button', class: 'button', 'data-testid': 'aside-chosen', disabled: !chosen.size, title: 'What is set aside stays, but nothing trains on it or is measured with it',
    onclick: () => edit(data => (back ? data.include([...chosen]) : data.exclude([...chosen]))) }, back ? 'Take back' : 'Set aside')
}
