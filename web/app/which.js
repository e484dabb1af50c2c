// The question which class loose images belong to.
import { byID, h, iconButton } from './dom.js'
import { state } from './store.js'

/** Which class do these belong to? null: none, they are not added. @returns {Promise<string | null>} */
export function askClass(n) {
  const dialog = byID('which-dialog')
  const input = h('input', { id: 'which-class', 'data-testid': 'which-class', required: true, value: `class ${state.data.classes.length + 1}`, autocomplete: 'off', 'aria-label': 'Name of the class' })
  const choose = name => dialog.close(name)
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'which-title' }, `Which class ${n === 1 ? 'is this image' : `are these ${n} images`}?`), iconButton('close', 'Do not add them', () => dialog.close(''))),
    h('p', { class: 'row' }, ...state.data.classes.map(c => h('button', { type: 'button', class: 'button', onclick: () => choose(c.name) }, c.name))),
    h('form', { class: 'inline', onsubmit: event => { event.preventDefault(); choose(input.value.trim()) } },
      input, h('button', { type: 'submit', class: 'button', 'data-testid': 'which-ok' }, 'New class')),
    h('p', { class: 'muted' }, 'Tip: drop images onto a class card, or whole folders: a folder’s name becomes its class.'))
  dialog.returnValue = ''
  dialog.showModal()
  input.select()
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue || null), { once: true }))
}
