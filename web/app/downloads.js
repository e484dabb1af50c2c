// Keep the network: downloads in every format, each with one line on what opens it.
import { byID, download, h } from './dom.js'
import { guarded } from './notices.js'
import { changedHere, isTrained } from './runs.js'
import { state, watch } from './store.js'

/** Packages: the model with its labels, a card and a script. */
const formats = [
  { format: 'keras', name: 'Keras (.keras)', opens: 'Keras 3: load_model opens it whole, preparing pictures included.' },
  { format: 'h5', name: 'Keras (.h5)', opens: 'Keras 2 and 3: the same in the older format.' },
  { format: 'onnx', name: 'ONNX', opens: 'ONNX Runtime in most languages, and what converts from ONNX.' },
  { format: 'tfjs', name: 'TensorFlow.js', opens: 'Web pages and Node: tf.loadLayersModel.' },
  { format: 'safetensors', name: 'safetensors', opens: 'JAX, PyTorch and others: values by Keras’s names, and a description of the layers.' },
  { format: 'timm', name: 'PyTorch (timm)', opens: 'PyTorch with timm; the full network only.' },
]

export function startDownloads() {
  byID('download').onclick = () => save('safetensors', false)
  byID('downloads').replaceChildren(...formats.map(({ format, name, opens }) => h('li', {},
    h('button', { type: 'button', class: 'button', id: `download-${format}`, 'data-testid': `download-${format}`, 'aria-describedby': `opens-${format}`, onclick: () => save(format) }, name),
    h('span', { id: `opens-${format}`, class: 'muted' }, opens))))
  watch(['active', 'model'], show)
  show()
}

/** Downloads are there for what was trained: here, or in the file in use. */
function show() {
  const { model, active } = state
  const trained = isTrained()
  byID('download').disabled = !trained || Boolean(active)
  for (const { format } of formats) byID(`download-${format}`).disabled = !trained || Boolean(active) || (format === 'timm' && model.model !== 'full')
  byID('keep-text').textContent = trained ? 'Whatever is downloaded here can be dropped on the page later, to go on with it.' : 'Once a network is trained, it can be saved here.'
}

/** The run whose network is in use; where nothing is kept, that is the last. */
function runInUse() {
  const { keeping, runs } = state
  return runs.find(({ id }) => id && id === keeping?.using) ?? runs.findLast(({ result }) => result)
}

async function save(format, packed = true) {
  await guarded(async () => {
    const blob = await state.thaw.export(format, { package: packed })
    const plan = (changedHere() && runInUse()?.plan) || 'weights'
    const name = `thaw-${state.model.model}-${plan.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}`
    download(blob, packed ? `${name}-${format}.zip` : `${name}.${format}`)
  })
}
