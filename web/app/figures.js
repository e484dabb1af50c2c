// Figures of pictures whose labels are known: accuracy with its interval, by class, and for
// two classes a threshold to drag along the ROC curve.
import { h } from './dom.js'
import { exact, percent, plural } from './format.js'
import { mistakes } from './confusion.js'

/** @typedef {import('../thaw.js').Figures} Figures */
/** @typedef {import('../thaw.js').Curve} Curve */

/** @param {Figures} found */
export function figures(found) {
  const { images, right, accuracy, interval, balancedAccuracy, classes, confusion, curves } = found
  return h('section', { class: 'figures', 'data-testid': 'figures', 'aria-label': 'Figures' },
    h('p', {}, h('b', { 'data-testid': 'figures-accuracy' }, percent(accuracy)), ` right: ${exact(right)} of ${plural(images, 'image')}. `,
      h('span', { class: 'muted', title: 'Wilson’s interval of a proportion.' }, `95 % interval ${between(interval)}. `),
      h('span', { title: 'The mean over classes of the share recognised: large classes count no more than small ones.' }, `Balanced accuracy ${percent(balancedAccuracy)}.`)),
    classTable(classes), h('details', { class: 'fold' }, h('summary', {}, 'What is mixed up ', h('span', { class: 'term' }, 'confusion matrix')), h('div', { class: 'confusion' }, mistakes({ classes: classes.map(({ name }) => name), confusion }))),
    curves.some(({ area }) => area !== null) && thresholds(curves))
}

const between = ([low, high]) => `${(100 * low).toFixed(1)} to ${percent(high)}`
const share = (value, interval) => (value === null ? h('td', { class: 'number muted' }, '–') : h('td', { class: 'number', title: `95 % interval ${between(interval)}` }, percent(value), h('span', { class: 'muted even' }, between(interval))))

/** @param {Figures['classes']} classes */
const classTable = classes => h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Figures by class' }, h('table', { 'data-testid': 'figures-classes' },
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Class'), h('th', { scope: 'col' }, 'Images'),
    h('th', { scope: 'col', title: 'Of its images, the share that the network recognises.' }, 'Recall'), h('th', { scope: 'col', title: 'Of the images that the network takes for it, the share that are.' }, 'Precision'))),
  h('tbody', {}, classes.map(c => h('tr', {}, h('th', { scope: 'row' }, c.name), h('td', { class: 'number' }, exact(c.images)), share(c.recall, c.recallInterval), share(c.precision, c.precisionInterval))))))

/** A threshold of one of two classes, with what it finds and what it lets through. @param {Curve[]} curves */
function thresholds(curves) {
  const place = h('div', { class: 'roc-frame' })
  const show = curve => place.replaceChildren(...threshold(curve))
  const field = h('label', { class: 'inline' }, h('span', {}, 'To be found'), h('select', { 'data-testid': 'positive', onchange: event => show(curves.find(({ positive }) => positive === event.target.value)) },
    curves.map(({ positive }, i) => h('option', { value: positive, selected: i === 1 }, positive))))
  show(curves[1])
  return h('fieldset', { class: 'thresholds' }, h('legend', {}, 'Threshold ', h('span', { class: 'term' }, 'ROC')), field, place,
    h('p', { class: 'muted' }, 'Choose a threshold by other images than those that you report its figures of.'))
}

/** @param {Curve} curve */
function threshold(curve) {
  const { points, area, interval, positive } = curve
  const half = points.findLastIndex(({ threshold }) => threshold >= 0.5)
  const text = h('output', { 'data-testid': 'threshold-figures' })
  const { svg, mark } = drawn(curve)
  const slider = h('input', { type: 'range', min: 0, max: points.length - 1, value: half, 'data-testid': 'threshold', 'aria-label': `Threshold of the probability of ${positive}` })
  const move = () => {
    const point = points[slider.valueAsNumber]
    text.textContent = sentence(curve, point)
    slider.setAttribute('aria-valuetext', text.textContent)
    mark(point)
  }
  slider.oninput = move
  move()
  return [slider, text, svg,
    h('p', {}, `Area under the curve ${area.toFixed(3)}`, h('span', { class: 'muted' }, interval ? `, 95 % interval ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)} (DeLong)` : ': no interval, because no pair is out of order or there are too few images'), '.'),
    h('details', { class: 'fold' }, h('summary', {}, 'The curve as a table'), curveTable(curve))]
}

const at = ({ threshold }) => (threshold > 1 ? 'above all' : threshold.toFixed(3))
const sensitivity = ({ positives }, { truePositives }) => truePositives / positives
const specificity = ({ negatives }, { falsePositives }) => (negatives - falsePositives) / negatives

/** @param {Curve} curve */
const sentence = (curve, point) => `From a probability of ${at(point)} on: sensitivity ${percent(sensitivity(curve, point))} (${point.truePositives} of ${curve.positives} found), ` +
  `specificity ${percent(specificity(curve, point))} (${curve.negatives - point.falsePositives} of ${curve.negatives} others left alone)`

const side = 100

/** The curve in a square; mark puts the dot on a point. @param {Curve} curve */
function drawn(curve) {
  const ns = 'http://www.w3.org/2000/svg'
  const make = (tag, attributes) => {
    const element = document.createElementNS(ns, tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
    return element
  }
  const xy = point => [side * (1 - specificity(curve, point)), side * (1 - sensitivity(curve, point))]
  const svg = make('svg', { viewBox: `-2 -2 ${side + 4} ${side + 4}`, class: 'roc', role: 'img', 'aria-label': `ROC curve of ${curve.positive}, area ${curve.area?.toFixed(3)}; its values stand in the table below` })
  const dot = make('circle', { r: 3, class: 'roc-dot' })
  svg.append(make('path', { d: `M0 0V${side}H${side}`, class: 'roc-axes' }), make('path', { d: `M0 ${side}L${side} 0`, class: 'roc-chance' }),
    make('path', { d: 'M' + curve.points.map(point => xy(point).map(value => value.toFixed(2)).join(' ')).join('L'), class: 'roc-line' }), dot)
  const mark = point => ['cx', 'cy'].forEach((name, i) => dot.setAttribute(name, xy(point)[i].toFixed(2)))
  return { svg, mark }
}

const tableRows = 40

/** @param {Curve} curve */
function curveTable(curve) {
  const every = Math.ceil(curve.points.length / tableRows)
  const rows = curve.points.filter((_, i) => i % every === 0 || i === curve.points.length - 1)
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'ROC curve as a table' }, h('table', {},
    h('thead', {}, h('tr', {}, ['Threshold', 'Sensitivity', 'Specificity'].map(text => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, rows.map(point => h('tr', {}, h('th', { scope: 'row' }, at(point)), h('td', { class: 'number' }, percent(sensitivity(curve, point))), h('td', { class: 'number' }, percent(specificity(curve, point))))))))
}
