// Class cards: a name to edit, thumbnails to drag to another class, counts.
import { byID, confirmTwice, filePicker, h, icon, iconButton } from './dom.js'
import { edit, mergeInto, rename, renamed } from './edits.js'
import { plural } from './format.js'
import { addFound } from './intake.js'
import { showAll } from './gallery.js'
import { record } from './record.js'
import { pictureAccept } from './sort.js'
import { state } from './store.js'
import { sidesOf, thumbnail } from './thumbs.js'

const onCard = 6
const dragged = 'application/x-thaw-images' // ids
const cards = new Map() // class name -> { card, drawn }: only cards that changed are drawn again

export function showClasses() {
  const list = byID('classes')
  const names = new Set(state.data.classes.map(c => c.name))
  for (const name of cards.keys()) if (!names.has(name)) cards.delete(name)
  const held = heldBy(list)
  for (const c of state.data.classes) {
    const drawn = JSON.stringify([c.generated, c.images, state.data.classes.length > 1])
    if (cards.get(c.name)?.drawn !== drawn) cards.set(c.name, { card: card(c), drawn })
  }
  // A card that stays is not touched: it may hold the focus.
  const now = state.data.classes.map(c => cards.get(c.name).card)
  for (const old of [...list.children]) if (!now.includes(old)) old.remove()
  now.forEach((card, i) => list.children[i] !== card && list.insertBefore(card, list.children[i] ?? null))
  if (held && !held.element.isConnected) controls(cards.get(held.name)?.card)[held.index]?.focus()
}

const controls = card => [...(card?.querySelectorAll('input, button') ?? [])]

/** The control of a card that has the focus, and what its class is called now. */
function heldBy(list) {
  const element = document.activeElement
  const card = /** @type {HTMLElement | null} */ (list.contains(element) ? element.closest('[data-class]') : null)
  if (!card) return null
  const name = card.dataset.class
  return { element, index: controls(card).indexOf(element), name: renamed?.from === name ? renamed.to : name }
}

/** @param {import('../thaw.js').DataInfo['classes'][0]} c */
function card(c) {
  const name = h('input', { class: 'class-name', value: c.name, 'aria-label': `Name of class ${c.name}`, autocomplete: 'off', spellcheck: false })
  name.onchange = async () => {
    const to = name.value.trim()
    if (to !== c.name && !(to && (await rename(c.name, to)))) name.value = c.name
  }
  return takesImages(h('li', { class: 'class', 'data-class': c.name, 'data-testid': 'class' },
    h('div', { class: 'class-head' }, name,
      filePicker(icon('plus'), { title: `Add images to ${c.name}`, accept: pictureAccept, className: 'icon-button', onfiles: files => addFound(files.map(file => ({ path: file.name, file })), c.name) }),
      iconButton('camera', `Take pictures of ${c.name}`, () => record(c.name), { 'data-testid': 'class-camera' }),
      state.data.classes.length > 1 && iconButton('merge', `Merge ${c.name} into another class`, () => mergeInto(c.name)),
      confirmTwice(iconButton('bin', `Remove class ${c.name}`, undefined), () => `Remove ${c.images.length}?`, () => edit(data => data.removeClass(c.name)))),
    h('div', { class: 'thumbs' }, ...c.images.slice(0, onCard).map(image => canBeDragged(thumbnail(image), image))),
    h('div', { class: 'class-foot' },
      h('button', { type: 'button', class: 'quiet count', 'data-testid': 'count', disabled: !c.images.length, title: c.images.length ? 'See all images, and which are held back from training' : '', onclick: () => showAll(c.name) },
        c.images.length ? [plural(c.images.length, 'image'), ...sidesOf(c)].join(', ') : 'no images yet: drop some here'),
      c.generated && h('span', { class: 'badge' }, 'generated'))), c.name)
}

/** Not the picture itself: a browser drags that as a file. */
function canBeDragged(picture, image) {
  picture.draggable = false
  const ondragstart = event => {
    event.dataTransfer.setData(dragged, String(image.id))
    event.dataTransfer.effectAllowed = 'move'
  }
  return h('span', { draggable: true, ondragstart }, picture)
}

/** A card takes images that are dragged from another one. */
function takesImages(card, name) {
  card.ondragover = event => event.dataTransfer.types.includes(dragged) && event.preventDefault()
  card.ondrop = event => {
    const id = event.dataTransfer.getData(dragged)
    if (!id) return
    event.preventDefault()
    edit(data => data.move([Number(id)], name))
  }
  return card
}
