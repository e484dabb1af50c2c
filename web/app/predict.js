// Predict: drop or pick an image, see the likeliest classes; of many files, or the test
// set, a table (predictions.js), which is loaded when it is asked for.
import { beside, nameOf } from './beside.js'
import { byID, confirmTwice, filePicker, h } from './dom.js'
import { percent, plural, seconds } from './format.js'
import { guarded } from './notices.js'
import { pictureAccept } from './sort.js'
import { state, watch } from './store.js'

const shown = 5
let url = ''

export function startPredict() {
  byID('predict-drop').append(h('span', {}, 'Drop images, a folder or a zip here, or choose '),
    filePicker('files…', { id: 'predict-file', title: 'Choose images to try', accept: pictureAccept + ',.zip,.csv,.tsv', onfiles: files => predict(files.map(file => ({ path: file.name, file }))) }), ' ',
    filePicker('a folder…', { id: 'predict-folder', title: 'Choose a folder to try', folder: true, onfiles: files => predict(files.map(file => ({ path: file.webkitRelativePath || file.name, file }))) }))
  watch(['data'], () => state.data.classes.length || byID('prediction').replaceChildren())
  watch(['data', 'runs', 'active'], showTest)
}

/** @param {import('./sort.js').Found[]} found */
export async function predict(found) {
  if (found.length === 1 && !/\.(zip|csv|tsv)$/i.test(found[0].path)) return predictOne(found[0].file)
  const { predictFiles } = await import('./predictions.js')
  await predictFiles(found)
}

/** The person's own test set: how often it was measured, and a button that does it. */
function showTest() {
  const place = byID('test-set')
  const { classes, tested } = state.data
  const n = classes.reduce((sum, { images }) => sum + images.filter(({ split }) => split === 'test').length, 0)
  place.hidden = !n
  if (!n) return place.replaceChildren()
  const button = h('button', { type: 'button', class: 'button', 'data-testid': 'measure-test', disabled: Boolean(state.active) }, `Measure the test set: ${plural(n, 'image')}`)
  const measure = async () => (await import('./predictions.js')).measureTest()
  if (tested.length) confirmTwice(button, () => 'It was measured before. Again?', measure)
  else button.onclick = measure
  place.replaceChildren(button, h('p', { class: 'muted' }, 'Once, at the end: nothing was chosen by these images yet, and who picks the best of several runs by them has none left to judge it by. Choose by the held-back images.'),
    h('ul', { class: 'muted', 'data-testid': 'tested' }, tested.map(testedItem)))
}

function testedItem({ run, when, right, images, accuracy }) {
  return h('li', {}, `Measured before, ${new Date(when).toLocaleDateString()}: ${nameOf(run)}, ${percent(accuracy)} (${right} of ${images}).`)
}

/** @param {File} file */
async function predictOne(file) {
  const place = byID('prediction')
  byID('predictions').hidden = true
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
  if (outputs) place.append(h('button', { type: 'button', class: 'button', 'data-testid': 'look', 'aria-haspopup': 'dialog', onclick: () => guarded(async () => (await import('./lab/cam.js')).lookAt(file, { name: file.name })) }, 'Where does it look?'))
  const other = beside(file, prediction)
  if (other) place.append(other)
}

function bar({ name, probability }) {
  const fill = h('span', { class: 'fill' })
  fill.style.width = 100 * probability + '%'
  return h('li', { 'data-prediction': name }, h('span', { class: 'name' }, name), h('span', { class: 'bar' }, fill), h('span', { class: 'number' }, percent(probability)))
}
