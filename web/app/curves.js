// Live curves of loss and accuracy: all runs over each other, each with its own dash
// and a letter at its end, so that they are told apart without colour.
import { byID } from './dom.js'
import { percent } from './format.js'
import { state, watch } from './store.js'

/** The page loads it as a script: only that form comes minified. @type {typeof import('../vendor/uPlot').default} */
const uPlot = globalThis.uPlot

const dashes = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 4]]
const keys = ['loss', 'accuracy'] // one chart each
const charts = /** @type {uPlot[]} */ ([])
let drawn = ''
const maxPoints = 200 // of a line: more than its pixels show, and each one costs at every redraw
const maxDots = 40

export function startCurves() {
  watch(['runs'], show)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    drawn = ''
    show()
  })
  new ResizeObserver(resize).observe(byID('curves'))
}

const colour = number => css(`--run-${number % 6}`)
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function show() {
  const runs = state.runs.filter(run => run.visible && (run.train.length || run.validation.length))
  byID('curves').hidden = !runs.length
  if (!runs.length) return
  const dotted = run => run.validation.length <= maxDots
  const wanted = runs.map(run => run.letter + run.number + dotted(run) + Boolean(run.anew)).join()
  byID('curve-about').textContent = 'thick: held-back images, thin: training' + (runs.some(run => run.anew) ? ', dashed with rings: held-back images, statistics anew' : '')
  if (wanted !== drawn) {
    drawn = wanted
    for (const chart of charts.splice(0)) chart.destroy()
    charts.push(...keys.map(key => make('curve-' + key, key, runs)))
  }
  keys.forEach((key, i) => charts[i].setData(table(runs, key)))
  describe(runs)
}

/** One x axis, in epochs, for all: train, validation and, where it was measured, validation with statistics anew of each run. */
function table(runs, key) {
  const columns = points => [points.map(p => p.epoch), points.map(p => p[key])]
  return uPlot.join(runs.flatMap(run => [columns(thin(run.train)), columns(thin(run.validation)), ...(run.anew ? [columns(thin(run.anew))] : [])]))
}

/** Every 2nd, 4th, ... point, as many as can be drawn, and always the last: those that stay do not jump about. */
function thin(points) {
  let every = 1
  while (points.length > every * maxPoints) every *= 2
  return every === 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

function make(id, key, runs) {
  const place = byID(id)
  const axis = { stroke: css('--muted'), grid: { stroke: css('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' }
  const series = runs.flatMap(run => {
    const common = { stroke: colour(run.number), dash: dashes[run.number % dashes.length], spanGaps: true }
    const points = { show: run.validation.length <= maxDots, size: 6 }
    return [{ ...common, width: 1, points: { show: false } }, { ...common, width: 2.5, points: { ...points, fill: colour(run.number) } },
      ...(run.anew ? [{ ...common, width: 1.5, dash: [5, 5], points: { ...points, fill: css('--panel') } }] : [])]
  })
  return new uPlot({
    width: place.clientWidth || 300, height: 118, legend: { show: false }, cursor: { show: false }, padding: [8, 18, 0, 0],
    scales: { x: { time: false, range: (_, min, max) => [0, Math.max(max, 1)] }, y: { range: (_, min, max) => (key === 'accuracy' ? [0, 1] : [0, Math.max(max, 0.1)]) } },
    axes: [{ ...axis, size: 22, values: (_, ticks) => ticks.map(t => (Number.isInteger(t) ? t : '')) }, { ...axis, size: 40, space: 28, values: (_, ticks) => ticks.map(t => (key === 'accuracy' ? Math.round(t * 100) + '%' : t)) }],
    series: [{}, ...series],
    hooks: { drawAxes: [chart => borders(chart, runs)], draw: [chart => letters(chart, runs, key)] },
  }, table(runs, key), place)
}

/** The run's letter at the end of its thicker line; letters that would overlap move apart. */
function letters(chart, runs, key) {
  const { ctx } = chart
  const height = 12 * devicePixelRatio
  const ends = runs.flatMap(run => {
    const last = measured(run) ?? run.train.at(-1)
    return last ? [{ run, x: chart.valToPos(last.epoch, 'x', true) + 6 * devicePixelRatio, y: chart.valToPos(last[key], 'y', true) }] : []
  }).sort((a, b) => a.y - b.y)
  ends.forEach((end, i) => i > 0 && (end.y = Math.max(end.y, ends[i - 1].y + height)))
  ctx.save()
  ctx.font = `bold ${height}px system-ui`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  for (const { run, x, y } of ends) {
    ctx.fillStyle = colour(run.number)
    ctx.fillText(run.letter, x, y)
  }
  ctx.restore()
}

/** A dashed line where a phase of a run began. */
function borders(chart, runs) {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  for (const run of runs) {
    ctx.strokeStyle = colour(run.number)
    for (const epoch of run.borders ?? []) {
      if (!epoch) continue
      const x = chart.valToPos(epoch, 'x', true)
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
    }
  }
  ctx.restore()
}

/** The last point of the held-back images; none where nothing was held back. */
const measured = run => (run.validation.at(-1)?.accuracy ?? null) === null ? null : run.validation.at(-1)

function describe(runs) {
  const last = key => runs.map(run => {
    const value = measured(run)?.[key] ?? null
    const text = value => (value === null ? 'not measured' : key === 'accuracy' ? percent(value) : value.toFixed(3))
    return `run ${run.letter} ${text(value)}` + (run.anew?.length ? `, with statistics anew ${text(run.anew.at(-1)[key])}` : '')
  }).join(', ')
  for (const key of keys) {
    byID('curve-' + key).setAttribute('role', 'img')
    byID('curve-' + key).setAttribute('aria-label', `Validation ${key}: ${last(key)}`)
  }
}

function resize() {
  for (const chart of charts) chart.setSize({ width: chart.root.parentElement.clientWidth, height: chart.height })
}
