// Class cards: a name to edit, thumbnails, counts; and a dialog with all images of a class.
import { byID, confirmTwice, filePicker, h, icon, iconButton } from './dom.js'
import { plural } from './format.js'
import { addFound } from './intake.js'
import { guarded } from './notices.js'
import { record } from './record.js'
import { set, state } from './store.js'
import { sidesOf, standing, thumbnail } from './thumbs.js'

const onCard = 6
const onPage = 60
const cards = new Map() // class name -> { card, drawn }: only cards that changed are drawn again

export function showClasses() {
  const list = byID('classes')
  const names = new Set(state.data.classes.map(c => c.name))
  for (const name of cards.keys()) if (!names.has(name)) cards.delete(name)
  state.data.classes.forEach((c, i) => {
    const drawn = JSON.stringify([c.generated, c.images])
    if (cards.get(c.name)?.drawn !== drawn) cards.set(c.name, { card: card(c), drawn })
    // A card that stays is not touched: it may hold the focus.
    if (list.children[i] !== cards.get(c.name).card) list.insertBefore(cards.get(c.name).card, list.children[i] ?? null)
  })
  while (list.children.length > state.data.classes.length) list.lastChild.remove()
}

/** @param {import('../thaw.js').DataInfo['classes'][0]} c */
function card(c) {
  const name = h('input', { class: 'class-name', value: c.name, 'aria-label': `Name of class ${c.name}`, autocomplete: 'off', spellcheck: false })
  name.onchange = () => rename(c.name, name)
  name.onkeydown = event => {
    if (event.key === 'Enter') name.blur()
  }
  return h('li', { class: 'class', 'data-class': c.name, 'data-testid': 'class' },
    h('div', { class: 'class-head' }, name,
      filePicker(icon('plus'), { title: `Add images to ${c.name}`, accept: 'image/*,.tif,.tiff,.bmp', className: 'icon-button', onfiles: files => addFound(files.map(file => ({ path: file.name, file })), c.name) }),
      iconButton('camera', `Take pictures of ${c.name}`, () => record(c.name), { 'data-testid': 'class-camera' }),
      confirmTwice(iconButton('bin', `Remove class ${c.name}`, undefined), () => `Remove ${c.images.length}?`,
        () => guarded(async () => set({ data: await state.thaw.data.removeClass(c.name) })))),
    h('div', { class: 'thumbs' }, ...c.images.slice(0, onCard).map(thumbnail)),
    h('div', { class: 'class-foot' },
      h('button', { type: 'button', class: 'quiet count', 'data-testid': 'count', disabled: !c.images.length, title: c.images.length ? 'See all images, and which are held back from training' : '', onclick: () => showAll(c.name, 0) },
        c.images.length ? [plural(c.images.length, 'image'), ...sidesOf(c)].join(', ') : 'no images yet: drop some here'),
      c.generated && h('span', { class: 'badge' }, 'generated')))
}

async function rename(from, input) {
  const to = input.value.trim()
  if (to === from) return
  const data = await guarded(() => state.thaw.data.rename(from, to))
  if (data) set({ data })
  else input.value = from
}

/** All images of a class, a page at a time. */
function showAll(className, page) {
  const c = state.data.classes.find(c => c.name === className)
  const dialog = byID('class-dialog')
  if (!c?.images.length) return dialog.close()
  const last = Math.ceil(c.images.length / onPage) - 1
  page = Math.min(page, last)
  const remove = image => guarded(async () => {
    set({ data: await state.thaw.data.remove([image.id]) })
    showAll(className, page)
  })
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'class-title' }, className, ' ', h('span', { class: 'muted' }, plural(c.images.length, 'image'))), iconButton('close', 'Close', () => dialog.close())),
    h('ul', { class: 'all-images' }, ...c.images.slice(page * onPage, (page + 1) * onPage).map(image =>
      h('li', {}, thumbnail(image), h('span', { class: 'image-name', title: image.name }, image.name),
        h('span', { class: 'muted' }, standing(image)), iconButton('bin', `Remove ${image.name}`, () => remove(image))))),
    last > 0 && h('footer', { class: 'row' },
      h('button', { type: 'button', class: 'button', disabled: page === 0, onclick: () => showAll(className, page - 1) }, 'Earlier'),
      h('span', {}, `page ${page + 1} of ${last + 1}`),
      h('button', { type: 'button', class: 'button', disabled: page === last, onclick: () => showAll(className, page + 1) }, 'Later')) || '')
  if (!dialog.open) dialog.showModal()
}
