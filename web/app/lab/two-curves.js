// Curves of two runs over each other, and the map of one as a strip, drawn by hand.
import { blockGroups } from '../freeze.js'
import { percent } from '../format.js'

const ns = 'http://www.w3.org/2000/svg'
function make(tag, attributes, ...children) {
  const element = document.createElementNS(ns, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

const width = 600, height = 150, left = 44, right = 18, top = 8, bottom = 22

/** The first solid, the second dashed, each with its letter at the end. @param {import('../run.js').RunView[]} pair @param {'accuracy' | 'loss'} key */
export function curvesOf(pair, key) {
  const text = x => (key === 'accuracy' ? percent(x) : x.toFixed(2))
  const lines = pair.map(run => (run.heldBack ? run.validation : run.train).filter(point => point[key] !== null))
  const passes = Math.max(...lines.flat().map(({ epoch }) => epoch), 1)
  const most = key === 'accuracy' ? 1 : Math.max(...lines.flat().map(point => point[key]), 0.1)
  const x = epoch => left + (epoch / passes) * (width - left - right)
  const y = value => top + (1 - value / most) * (height - top - bottom)
  const says = pair.map((run, i) => `run ${run.letter} ends at ${lines[i].length ? text(lines[i].at(-1)[key]) : 'nothing measured'}`).join(', ')
  const svg = make('svg', { class: 'two-curves', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${key}: ${says}` })
  for (const value of [0, most / 2, most]) svg.append(make('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }), make('text', { x: left - 4, y: y(value) + 4, 'text-anchor': 'end' }, text(value)))
  for (const epoch of [0, passes]) svg.append(make('text', { x: x(epoch), y: height - 6, 'text-anchor': 'middle' }, String(epoch)))
  const ends = lines.map(points => (points.length ? y(points.at(-1)[key]) : 0))
  if (Math.abs(ends[0] - ends[1]) < 12) ends[ends[0] < ends[1] ? 1 : 0] = Math.min(...ends) + 12 // letters side by side
  pair.forEach((run, i) => {
    if (!lines[i].length) return
    svg.append(make('polyline', { class: 'line', 'data-run-colour': run.number % 6, 'stroke-dasharray': i ? '7 4' : 'none', points: lines[i].map(point => `${x(point.epoch)},${y(point[key])}`).join(' ') }),
      make('text', { class: 'letter', x: x(lines[i].at(-1).epoch) + 4, y: ends[i] + 4 }, run.letter))
  })
  return svg
}

const words = { frozen: 'frozen', partly: 'in part', thawed: 'learns' }

/** What learns, a cell for each block; what runs on batch statistics is dotted. @param {import('../../thaw.js').Plan['blocks']} blocks */
export function mapOf(blocks) {
  const step = width / blocks.length
  const by = Object.entries(words).map(([learns, word]) => [word, blocks.filter(block => block.learns === learns).map(({ name }) => name)]).filter(([, names]) => names.length)
  const svg = make('svg', { class: 'bars', viewBox: `0 0 ${width} 40`, role: 'img', 'aria-label': by.map(([word, names]) => `${word}: ${/** @type {string[]} */ (names).join(', ')}`).join('; ') })
  blocks.forEach(({ name, learns, batchStatistics }, i) => {
    const cell = make('rect', { class: 'value', 'data-learns': learns, x: (i + 0.08) * step, y: 4, width: 0.84 * step, height: 16 })
    cell.append(make('title', {}, `${name}: ${words[learns]}${batchStatistics ? ', batch statistics' : ''}`))
    svg.append(cell)
    if (batchStatistics) svg.append(make('circle', { cx: (i + 0.5) * step, cy: 12, r: 2 }))
  })
  let at = 0
  for (const { title, members } of blockGroups(blocks.map(({ name }) => name))) {
    svg.append(make('text', { x: (at + members.length / 2) * step, y: 34, 'text-anchor': 'middle' }, title.replace(/^(mixed|conv)_/, '')))
    at += members.length
  }
  return svg
}
