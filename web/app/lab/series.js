// A reading over time: a small curve for each block, all on one scale, so that blocks can be
// compared by height; first and last values in words.
import { h } from '../dom.js'

const ns = 'http://www.w3.org/2000/svg'
const width = 100, height = 40, margin = 3

/**
 * @param {import('../run.js').RunView} run
 * @param {{ series?: string, label: string, scale: string, text: (x: number) => string }} reading
 */
export function drawSeries(run, { series, label, scale, text }) {
  const passes = run.inside.series
  const all = passes.flatMap(pass => pass[series]).filter(x => x !== null && (scale !== 'log' || x > 0))
  const measure = scale === 'log' ? Math.log : x => x
  const [low, high] = all.length ? [scale === 'log' ? Math.min(...all) : 0, Math.max(...all)].map(measure) : [0, 1]
  const first = passes[0].epoch, last = passes.at(-1).epoch
  const x = epoch => margin + ((epoch - first) / Math.max(last - first, 1)) * (width - 2 * margin)
  const y = value => height - margin - ((measure(value) - low) / (high - low || 1)) * (height - 2 * margin)
  return h('div', { class: 'series' }, run.inside.blocks.map(({ name, learns }, i) => {
    const points = passes.map(pass => ({ epoch: pass.epoch, value: pass[series][i] })).filter(({ value }) => value !== null && (scale !== 'log' || value > 0))
    const says = points.length ? `${text(points[0].value)} in pass ${points[0].epoch}` + (points.length > 1 ? `, ${text(points.at(-1).value)} in pass ${points.at(-1).epoch}` : '') : 'none'
    return h('figure', { 'data-of': name, 'data-learns': learns }, h('figcaption', {}, name), curve(points.map(({ epoch, value }) => [x(epoch), y(value)]), `${label}, ${name}: ${says}`), h('span', { class: 'muted' }, says))
  }))
}

function curve(points, label) {
  const svg = document.createElementNS(ns, 'svg')
  const path = document.createElementNS(ns, 'path')
  // A single point is a dash: a path of no length is not drawn.
  path.setAttribute('d', points.length === 1 ? `M${points[0]}h4` : points.map((p, i) => `${i ? 'L' : 'M'}${p.map(v => v.toFixed(1))}`).join(''))
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label })) svg.setAttribute(name, value)
  svg.append(path)
  return svg
}
