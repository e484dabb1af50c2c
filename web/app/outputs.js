// What the outputs of a trained network stand for, where its file does not tell: a person
// says which output is which class, or leaves it for later.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { guarded } from './notices.js'
import { set, state } from './store.js'

/** The outputs of the network in use, if nobody has named them yet. */
export const unnamed = () => (state.model?.outputs && !state.model.outputs.named ? state.model.outputs.names : null)

/** Asks for a name of each output: a class of the images, or any other. */
export function askOutputs() {
  const { names } = state.model.outputs
  const classes = state.data.classes.map(c => c.name)
  const dialog = byID('which-dialog')
  const inputs = names.map((name, i) => h('input', { list: 'output-names', value: unnamed() ? '' : name, placeholder: name, required: true, autocomplete: 'off', 'aria-label': `Name of output ${i + 1}`, 'data-testid': `output-${i + 1}` }))
  const tell = () => inputs.forEach((input, i) => {
    const twice = inputs.slice(0, i).some(other => other.value.trim() === input.value.trim())
    input.setCustomValidity(!input.value.trim() ? 'Give this output a name.' : twice ? 'Another output has this name already.' : '')
  })
  const name = async event => {
    event.preventDefault()
    const model = await guarded(() => state.thaw.model.nameOutputs(inputs.map(input => input.value.trim())))
    if (!model) return
    set({ model, kept: await state.thaw.weights.list() })
    dialog.close()
  }
  const inOrder = () => {
    const sorted = [...classes].sort((a, b) => (a < b ? -1 : 1)) // by code point, as Keras reads folders
    inputs.forEach((input, i) => { input.value = sorted[i] })
    tell()
  }
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'which-title' }, `Which class is which of its ${plural(names.length, 'output')}?`), iconButton('close', 'Later', () => dialog.close())),
    h('p', {}, 'This network has been trained, and its file does not say for what. With names it predicts, and training goes on from what it knows; outputs named as your classes are matched to them.'),
    h('datalist', { id: 'output-names' }, classes.map(value => h('option', { value }))),
    h('form', { onsubmit: name, oninput: tell },
      h('ol', { class: 'outputs' }, inputs.map(input => h('li', {}, input))),
      h('footer', { class: 'row' },
        h('button', { type: 'submit', class: 'primary', 'data-testid': 'outputs-name' }, 'Name them'),
        classes.length === names.length && h('button', { type: 'button', class: 'button', 'data-testid': 'outputs-order', title: 'As image_dataset_from_directory orders folders', onclick: inOrder }, 'My classes, in alphabetical order'),
        h('button', { type: 'button', class: 'button', 'data-testid': 'outputs-later', onclick: () => dialog.close() }, 'Later'))))
  tell()
  dialog.showModal()
  inputs[0].focus()
}
