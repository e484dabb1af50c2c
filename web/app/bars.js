// Bars of the blocks of the network in the order of data flow, with their intervals.
import { blockGroups } from './freeze.js'

const ns = 'http://www.w3.org/2000/svg'
const width = 600, height = 150, left = 54, top = 8, bottom = 24
const letter = 10 // width of one at most, as large as on a phone

/**
 * @param {import('./lens.js').Bar[]} bars
 * @param {{ label: string, scale: string, text: (x: number) => string }} reading
 */
export function drawBars(bars, { label, scale, text }) {
  const values = bars.flatMap(({ value, high }) => [value, high]).filter(x => x !== null && x !== undefined && (scale !== 'log' || x > 0))
  const [least, most] = range(values, scale)
  const share = x => Math.min(Math.max(scale === 'log' ? Math.log(x / least) / Math.log(most / least) : x / most, 0), 1)
  const y = x => top + (1 - (x > 0 ? share(x) : 0)) * (height - top - bottom)
  const step = (width - left) / bars.length
  const svg = make('svg', { class: 'bars', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': sentence(bars, label, text) })
  for (const x of scale === 'log' ? [least, most] : [0, most]) {
    svg.append(make('line', { class: 'grid', x1: left, x2: width, y1: y(x), y2: y(x) }), make('text', { x: left - 4, y: y(x) + 4, 'text-anchor': 'end' }, text(x)))
  }
  bars.forEach(({ block, value, low, high, learns }, i) => {
    const middle = left + (i + 0.5) * step
    if (value === null) return svg.append(make('text', { x: middle, y: y(0) - 3, 'text-anchor': 'middle' }, '–'))
    const bar = make('rect', { class: 'value', 'data-learns': learns ?? '', x: left + (i + 0.14) * step, y: y(value), width: 0.72 * step, height: Math.max(height - bottom - y(value), 1) })
    bar.append(make('title', {}, `${block}: ${text(value)}`))
    svg.append(bar)
    if (low !== undefined && low !== null && high !== null) svg.append(make('path', { class: 'spread', d: `M${middle} ${y(low)}V${y(high)}M${middle - 3} ${y(low)}h6M${middle - 3} ${y(high)}h6` }))
  })
  let at = 0, taken = 0
  for (const { title, members } of blockGroups(bars.map(({ block }) => block))) {
    const name = title.replace(/^(mixed|conv)_/, ''), x = left + (at + members.length / 2) * step
    at += members.length
    if (x - name.length * letter / 2 < taken) continue // it would lie over the one before: of 44 blocks not all have room
    svg.append(make('text', { x, y: height - 8, 'text-anchor': 'middle' }, name))
    taken = x + name.length * letter / 2
  }
  return svg
}

/** Whole powers of ten, at least one between them; from 0 to 1 for shares. */
function range(values, scale) {
  const most = Math.max(...values, 0)
  if (scale === 'share') return [0, 1]
  if (scale !== 'log') return [0, most || 1]
  const power = (x, round) => 10 ** round(Math.log10(x))
  const least = power(Math.min(...values, most || 1), Math.floor)
  return [least, Math.max(power(most || 1, Math.ceil), 10 * least)]
}

function sentence(bars, label, text) {
  const known = bars.filter(({ value }) => value !== null)
  if (!known.length) return `${label}: no block has a figure.`
  const by = [...known].sort((a, b) => a.value - b.value)
  const say = ({ block, value }) => `${text(value)} in ${block}`
  return `${label}: least ${say(by[0])}, most ${say(by.at(-1))}, last ${say(known.at(-1))}. All figures are in the table.`
}

function make(tag, attributes, ...children) {
  const element = document.createElementNS(ns, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}
