// Predict: drop or pick an image, see the likeliest classes.
import { byID, filePicker, h } from './dom.js'
import { percent, seconds } from './format.js'
import { guarded } from './notices.js'
import { pictureAccept } from './sort.js'
import { state, watch } from './store.js'

const shown = 5
let url = ''

export function startPredict() {
  byID('predict-drop').append(h('span', {}, 'Drop one image here, or '), filePicker('choose it…', { id: 'predict-file', accept: pictureAccept, multiple: false, onfiles: ([file]) => predict(file) }))
  watch(['data'], () => state.data.classes.length || byID('prediction').replaceChildren())
}

/** @param {File} file */
export async function predict(file) {
  const place = byID('prediction')
  place.replaceChildren(h('p', { class: 'muted' }, 'Looking…'))
  const prediction = await guarded(() => state.thaw.predict(file))
  place.replaceChildren()
  if (!prediction) return
  URL.revokeObjectURL(url)
  url = URL.createObjectURL(file)
  const { outputs } = await state.thaw.model.describe()
  place.append(h('div', { class: 'prediction' },
    h('img', { src: url, alt: file.name, onerror: event => event.target.remove() }), // the browser itself may not know the format
    h('ol', {}, prediction.classes.slice(0, shown).map(bar))),
  h('p', { class: 'muted' }, `${file.name}, in ${seconds(prediction.milliseconds / 1000)}.`, outputs === null ? ' The head has not been trained yet: these are guesses.' : outputs.named ? '' : ' What its outputs stand for is not known yet: name them under Weights.'))
}

function bar({ name, probability }) {
  const fill = h('span', { class: 'fill' })
  fill.style.width = 100 * probability + '%'
  return h('li', { 'data-prediction': name }, h('span', { class: 'name' }, name), h('span', { class: 'bar' }, fill), h('span', { class: 'number' }, percent(probability)))
}
