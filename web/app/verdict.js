// What a comparison showed, in sentences: measured, checked against the prediction, and
// explained only where the explanation stood before and the numbers bear it out.
import { percent } from './format.js'
import { muchIs } from './worlds.js'

/**
 * @typedef {import('../thaw.js').RunResult} RunResult
 * @typedef {{ frozen: RunResult, longer: RunResult, written: RunResult, thawed: RunResult }} Results
 * @typedef {{ kind: 'measured' | 'prediction' | 'explanation', text: string }} Sentence
 */

/** Accuracy and the variance of its estimate: (k+1)/(n+2) keeps 100 % from looking certain. @param {RunResult} result */
export function measure({ confusion }) {
  const images = confusion.flat().reduce((a, b) => a + b, 0)
  const right = confusion.reduce((n, row, i) => n + row[i], 0)
  const p = (right + 1) / (images + 2)
  return { images, share: images ? right / images : 0, variance: (p * (1 - p)) / Math.max(images, 1) }
}

/** Two standard errors of a difference, as if the images were drawn anew for each plan. */
export const noise = (a, b) => 2 * Math.sqrt(a.variance + b.variance)

/**
 * @param {Results} results   of runs with the same images, passes and seed; `longer` is frozen with `times` the passes
 * @param {import('./worlds.js').Lesson | null} lesson
 * @param {number} times
 * @returns {{ cost: number, noise: number, sentences: Sentence[] }} the first sentence is the headline
 */
export function verdict(results, lesson, times) {
  const [frozen, longer, written, thawed] = [results.frozen, results.longer, results.written, results.thawed].map(measure)
  const cost = thawed.share - frozen.share
  const margin = noise(thawed, frozen)
  const outcome = cost > margin ? 'costs' : cost < -margin ? 'helps' : 'same'
  const untrained = outcome === 'costs' && thawed.share - longer.share <= noise(thawed, longer)
  const chance = 1 / results.frozen.classes.length
  const poor = share => share < (1 + 2 * chance) / 3 // less than a third of the way from guessing to right
  const held = lesson && !untrained ? check(lesson, cost, margin) : null
  const measured = []
  if (outcome === 'costs') measured.push(control(untrained, longer, times))
  if (outcome === 'same' && poor(frozen.share)) measured.push('Both did little better than guessing, so this says nothing about freezing: more images or passes are needed.')
  measured.push(snippet(written, frozen))
  return {
    cost, noise: margin,
    sentences: [
      { kind: 'measured', text: headline(outcome, frozen, thawed, margin) },
      ...explained(lesson, held === 'held' && !(lesson?.expects === 'little' && poor(frozen.share))),
      ...predicted(lesson, held),
      { kind: 'measured', text: measured.join(' ') },
    ],
  }
}

const points = share => `${Math.round(100 * Math.abs(share))} ${Math.round(100 * Math.abs(share)) === 1 ? 'point' : 'points'}`
/** In points of accuracy: "−4 ± 3" */
export const withNoise = (cost, margin, digits = 0) => `${(100 * cost).toFixed(digits).replace('-', '−').replace(/^−0$/, '0')} ± ${(100 * margin).toFixed(digits)}`
const whole = ({ share }) => `${Math.round(100 * share)} %`

function headline(outcome, frozen, thawed, margin) {
  const seen = `Frozen ${percent(frozen.share)}, thawed ${percent(thawed.share)}: `
  const difference = withNoise(Math.abs(thawed.share - frozen.share), margin, 1)
  if (outcome === 'costs') return `${seen}freezing cost ${difference} points here.`
  if (outcome === 'helps') return `${seen}thawing lost ${difference} points here.`
  return `${seen}freezing cost nothing that ${thawed.images} held-back images can show (noise ± ${points(margin)}).`
}

const control = (untrained, longer, times) => untrained
  ? `With ${times} times the passes the frozen head reaches ${whole(longer)}: it was trained too little, and freezing itself costs nothing that shows.`
  : `With ${times} times the passes the frozen head reaches ${whole(longer)}: it did not lack training.`

function snippet(written, frozen) {
  const difference = written.share - frozen.share
  const seen = `Snippet 1 as written: ${whole(written)}`
  if (Math.abs(difference) <= noise(written, frozen)) return `${seen}, the same as true freezing within noise.`
  return `${seen}, ${points(difference)} ${difference < 0 ? 'worse' : 'better'} than true freezing. The convolutions are frozen in both: the difference is batch norm, which the snippet leaves live.`
}

/** Does a measured cost bear the prediction out? */
function check({ expects }, cost, margin) {
  if (Math.abs(cost - muchIs) <= margin) return 'open'
  return (cost > muchIs) === (expects === 'much') ? 'held' : 'failed'
}

const claim = ({ expects }) => `freezing costs ${expects === 'much' ? 'more' : 'less'} than ${percent(muchIs).replace('.0 %', ' points')}`

/** Before: what is expected of this world. */
export const prediction = lesson => `${claim(lesson)[0].toUpperCase()}${claim(lesson).slice(1)} here.`

function predicted(lesson, held) {
  if (!lesson) return []
  const outcome = { held: 'It held.', failed: 'It did not hold: what was measured counts.', open: 'Too close to call with so few held-back images.' }[held] ?? 'It was not tested: the frozen head was trained too little.'
  return [{ kind: /** @type {const} */ ('prediction'), text: `Predicted: ${claim(lesson)}. ${outcome}` }]
}

function explained(lesson, isBorneOut) {
  if (lesson && !isBorneOut) return []
  const text = lesson
    ? 'Why: ' + lesson.because
    : 'Why, these numbers alone cannot tell. Freezing costs much where classes rest on what pretraining taught the network to ignore, and little elsewhere, however foreign the images look.'
  return [{ kind: /** @type {const} */ ('explanation'), text }]
}
