// The dialog about weights: bring a file, fetch a published one, use or remove kept ones.
import { byID, confirmTwice, filePicker, h, icon, iconButton } from './dom.js'
import { weightsAccept } from './drop.js'
import { bytes, room } from './format.js'
import { guarded, notice } from './notices.js'
import { askOutputs } from './outputs.js'
import { besideAddress, lookForPublished } from './published.js'
import { seen, terms } from './seen.js'
import { set, state } from './store.js'
import { importPublished, importWeights, lookAtKept, removeWeights, synthesize, useWeights } from './weights.js'

export function openWeightsDialog() {
  byID('weights-dialog').showModal()
  showWeightsDialog()
  guarded(async () => set({ model: await state.thaw.model.describe() })) // a run may have ended since
  guarded(async () => set({ published: await lookForPublished() }))
  guarded(lookAtKept) // another tab may have kept or removed some
}

export function showWeightsDialog() {
  const dialog = byID('weights-dialog')
  if (!dialog.open) return
  const then = act => (...args) => {
    dialog.close()
    act(...args)
  }
  const current = state.model?.weights
  const own = state.kept.filter(info => !info.builtin)
  dialog.replaceChildren(...[
    h('header', {}, h('h2', { id: 'weights-title' }, 'Weights'), iconButton('close', 'Close', () => dialog.close())),
    h('p', { 'data-testid': 'weights-current' }, current ? ['In use: ', h('b', {}, current.name), ` (${current.builtin ? `comes with the page, and ${seen(current)}` : current.description}${current.stored || current.builtin ? '' : '; not kept'})`] : 'None in use.'),
    outputsLine(then),
    besideSection(then),
    h('section', {}, h('h3', {}, 'Your file'),
      h('p', { class: 'row' }, filePicker('Choose a file…', { id: 'file-weights', accept: weightsAccept, className: 'button primary-soft', onfiles: then(importPicked) }),
        h('span', { class: 'muted' }, 'or drop it anywhere: Keras .h5, .weights.h5 or .keras; timm or Thaw .safetensors; PyTorch .pth; TensorFlow.js, its folder or a zip; all that was downloaded here.'))),
    h('section', {}, h('h3', {}, 'With the page'), h('ul', { class: 'kept' }, state.kept.filter(info => info.builtin).map(info => keptItem(info, then)))),
    h('section', {}, h('h3', {}, 'Kept on this machine'),
      own.length ? h('ul', { class: 'kept', 'data-testid': 'kept' }, own.map(info => keptItem(info, then))) : h('p', { class: 'muted' }, 'Nothing yet. What you bring is kept here, and loaded on your next visit.'),
      storageLine()),
    publishedSection(then),
    randomForm(then),
  ].filter(Boolean))
}

/** What the browser keeps for this page, how much more it would, and for how long. */
function storageLine() {
  if (!state.kept.some(info => !info.builtin) || typeof state.storage?.used !== 'number') return null
  return h('p', { class: 'muted', 'data-testid': 'storage' }, room(state.storage, 'keep your files'))
}

/** One model of several files (model.json with its .bin), or files one by one. */
async function importPicked(files) {
  if (files.some(({ name }) => name === 'model.json')) return importWeights(files.map(file => ({ path: file.name, file })))
  for (const file of files) await importWeights(file)
}

/** What the network answers, if it has been trained. */
function outputsLine(then) {
  const { outputs } = state.model ?? {}
  if (!outputs) return null
  return h('p', { class: 'row', 'data-testid': 'weights-outputs' },
    h('span', { class: 'grow' }, outputs.named ? `Trained for ${outputs.names.slice(0, 6).join(', ')}${outputs.names.length > 6 ? ` and ${outputs.names.length - 6} more` : ''}.` : `Trained; its ${outputs.names.length} outputs have no names yet.`),
    h('button', { type: 'button', class: 'button', 'data-testid': 'outputs-open', onclick: then(askOutputs) }, outputs.named ? 'Rename…' : 'Name them…'))
}

function keptItem(info, then) {
  const used = state.model?.weights?.id === info.id
  return h('li', { 'data-weights': info.id },
    h('span', { class: 'grow' }, h('b', {}, info.name), h('span', { class: 'muted' }, info.builtin ? [` ${seen(info)}. ${terms(info)} `, h('a', { href: info.card, target: '_blank' }, 'Model card')] : info.damaged ? ' damaged: choose its file again, which mends it, or remove it' : ` ${info.description}, ${info.model}, ${bytes(info.bytes)}`)),
    info.damaged ? h('span', { class: 'badge' }, 'damaged') : used ? h('span', { class: 'badge' }, 'in use') : h('button', { type: 'button', class: 'button', onclick: then(() => useWeights(info)) }, 'Use'),
    !info.builtin && confirmTwice(iconButton('bin', `Remove ${info.name}`, undefined), () => 'Remove?', () => removeWeights(info.id)))
}

/** Files that whoever runs this site put beside it. */
function besideSection(then) {
  const beside = state.published?.beside ?? []
  if (!beside.length) return null
  const use = file => then(() => importWeights(besideAddress(file), file.name, file))
  return h('section', {}, h('h3', {}, 'From this site'), h('ul', { class: 'kept', 'data-testid': 'beside' }, beside.map(file => h('li', {},
    h('span', { class: 'grow' }, h('b', {}, file.name), h('span', { class: 'muted', title: `SHA-256 ${file.sha256}` }, ` ${file.about}, ${bytes(file.bytes)}`)),
    h('button', { type: 'button', class: 'button', 'data-beside': file.name, onclick: use(file) }, 'Use')))))
}

function publishedSection(then) {
  if (!state.published) return null
  const { sources, fetches } = state.published
  return h('section', {}, h('h3', {}, 'Pretrained, from their makers'),
    fetches && h('p', { class: 'muted' }, 'Where the browser may not fetch one, the server of this page does, and keeps it for the next time.'),
    h('ul', { class: 'kept', 'data-testid': 'published' }, sources.map(source => publishedItem(source, then))))
}

function publishedItem(source, then) {
  const { name, url, page, file, about, kept } = source
  const address = url ?? page
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address)
      notice('info', url ? 'Address copied: download it, then drop the file here.' : `Address copied: open it, download ${file}, then drop it here.`)
    } catch {
      notice('warning', 'The browser does not let the page copy: select the address and copy it yourself.')
    }
  }
  return h('li', {}, h('span', { class: 'grow' }, h('b', {}, name), h('span', { class: 'muted' }, ` ${about}`), file && h('span', { class: 'muted' }, `. Only a person can download it: ${file} from`), h('code', { class: 'address' }, address)),
    h('button', { type: 'button', class: 'button', title: 'Copy the address', onclick: copy }, icon('copy'), ' Copy'),
    url && h('button', { type: 'button', class: 'button', 'data-published': source.id, 'data-tip': kept ? 'The server of this page has it already.' : 'Loads it straight into the page. The address learns that you asked for it; nothing else is sent.', onclick: then(() => importPublished(source)) }, kept ? 'Use' : 'Fetch'))
}

function randomForm(then) {
  const seed = h('input', { type: 'number', min: 0, step: 1, value: '1', required: true, id: 'random-seed', 'aria-label': 'Seed', class: 'short' })
  return h('section', {}, h('h3', {}, 'Random'),
    h('form', { class: 'inline', onsubmit: event => { event.preventDefault(); then(() => synthesize(seed.valueAsNumber))() } },
      h('span', { class: 'muted' }, 'Untrained, for tests and for comparison: seed'), seed, h('button', { type: 'submit', class: 'button' }, 'Draw')))
}
