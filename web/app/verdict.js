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

/**
 * Accuracy with every class counted alike (balanced accuracy), where classes are so uneven
 * that it says something else than plain accuracy; else null.
 * @param {number[][] | undefined} confusion
 */
export function balanced(confusion) {
  const rows = (confusion ?? []).map((row, i) => ({ right: row[i], all: row.reduce((a, b) => a + b, 0) })).filter(({ all }) => all)
  const sizes = rows.map(({ all }) => all)
  if (!rows.length || Math.max(...sizes) < 2 * Math.min(...sizes)) return null
  return rows.reduce((sum, { right, all }) => sum + right / all, 0) / rows.length
}

/** Two standard errors of a difference, as if the images were drawn anew for each plan. */
export const noise = (a, b) => 2 * Math.sqrt(a.variance + b.variance)

/**
 * @param {Results} results   of runs with the same images, passes and seed; `longer` is frozen with `times` the passes
 * @param {import('./worlds.js').Lesson | null} lesson
 * @param {number} times
 * @returns {{ cost?: number, noise?: number, nothing?: boolean, sentences: Sentence[] }} the first sentence is the
 *   headline; no cost where nothing was measured; nothing: neither, or not the thawed one, learned anything to speak of
 */
export function verdict(results, lesson, times) {
  const [frozen, longer, written, thawed] = [results.frozen, results.longer, results.written, results.thawed].map(measure)
  if (!thawed.images) return { sentences: [{ kind: 'measured', text: 'Nothing was held back to measure on, so nothing is known.' }] }
  const cost = thawed.share - frozen.share
  const margin = noise(thawed, frozen)
  const outcome = cost > margin ? 'costs' : cost < -margin ? 'helps' : 'same'
  const untrained = outcome === 'costs' && thawed.share - longer.share <= noise(thawed, longer)
  const chance = 1 / results.frozen.classes.length
  const poor = share => share < (1 + 2 * chance) / 3 // less than a third of the way from guessing to right
  const stuck = outcome === 'helps' && thawed.share - chance <= 2 * Math.sqrt(thawed.variance)
  const nothing = stuck || (outcome === 'same' && poor(frozen.share))
  const held = !lesson || untrained || nothing ? null : check(lesson, cost, thawed.share - Math.max(frozen.share, longer.share), margin)
  const measured = [outcome === 'costs' && control(untrained, frozen, longer, thawed, times), snippet(written, frozen)].filter(Boolean)
  return {
    cost, noise: margin, nothing,
    sentences: [
      { kind: 'measured', text: nothing ? caveat(stuck, frozen, thawed, chance) : headline(outcome, frozen, thawed, margin) },
      ...explained(lesson, held === 'held' && !(lesson?.expects === 'little' && poor(frozen.share)), stuck ? 'stuck' : nothing ? 'nothing' : untrained ? 'untrained' : outcome),
      ...predicted(lesson, held, untrained),
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

const caveat = (stuck, frozen, thawed, chance) => stuck
  ? `Frozen ${percent(frozen.share)}, thawed ${percent(thawed.share)}, no better than guessing (${whole({ share: chance })}): thawed, it has learned nothing that shows. This says nothing about what freezing costs: more passes or shorter steps are needed.`
  : `Both did little better than guessing (${whole({ share: chance })}): frozen ${percent(frozen.share)}, thawed ${percent(thawed.share)}. This says nothing about freezing: more images or passes are needed.`

/** Was it freezing, or too little training of the head? How many of the points more training gives. */
function control(untrained, frozen, longer, thawed, times) {
  const seen = `With ${times} times the passes the frozen head reaches ${whole(longer)}: `
  if (untrained) return seen + 'it was trained too little, and freezing itself costs nothing that shows.'
  const gain = Math.round(100 * (longer.share - frozen.share))
  const all = points(thawed.share - frozen.share)
  if (gain <= 0) return `${seen}more training gives none of the ${all}.`
  return `${seen}more training gives ${gain} of the ${all}; ${withNoise(thawed.share - longer.share, noise(thawed, longer))} remain.`
}

function snippet(written, frozen) {
  const difference = written.share - frozen.share
  const seen = `Snippet 1 as written: ${whole(written)}`
  if (Math.abs(difference) <= noise(written, frozen)) return `${seen}, the same as true freezing within noise.`
  return `${seen}, ${points(difference)} ${difference < 0 ? 'worse' : 'better'} than true freezing. The convolutions are frozen in both: the difference is batch norm, which the snippet leaves live.`
}

/** Does a measured cost bear the prediction out, and does it still when the frozen head is trained for longer? */
function check({ expects }, cost, remaining, margin) {
  if (Math.abs(cost - muchIs) <= margin) return 'open'
  if (cost > muchIs !== remaining > muchIs) return 'depends'
  return (cost > muchIs) === (expects === 'much') ? 'held' : 'failed'
}

const claim = ({ expects }) => `freezing costs ${expects === 'much' ? 'more' : 'less'} than ${percent(muchIs).replace('.0 %', ' points')}`

/** Before: what is expected of this world, and why. */
export const prediction = lesson => `${claim(lesson)[0].toUpperCase()}${claim(lesson).slice(1)} here, because ${lesson.because}`

function predicted(lesson, held, untrained) {
  if (!lesson) return []
  const outcome = {
    held: 'It held.', failed: 'It did not hold: what was measured counts.', open: 'Too close to call with so few held-back images.',
    depends: 'It depends on how long the frozen head is trained: too close to call.',
  }[held] ?? (untrained ? 'It was not tested: the frozen head was trained too little.' : 'It was not tested: too little was learned.')
  return [{ kind: /** @type {const} */ ('prediction'), text: `Predicted: ${claim(lesson)}. ${outcome}` }]
}

const next = {
  costs: 'Next: drag the freezing line to the left, a group of blocks at a time, and train each time: where accuracy rises are the blocks whose features your classes need otherwise.',
  helps: 'Next: thaw the last blocks only, or let the backbone learn 0.01 times as fast, so that few images do not spoil what pretraining knows.',
  same: 'Next: keep “Head only”, which costs least; with more images smaller differences would show.',
  untrained: 'Next: compare again with more passes.',
  stuck: 'Next: compare again with more passes, or a shorter step length.',
  nothing: 'Next: bring more images, or train for more passes, until one of the plans has learned something.',
}

function explained(lesson, isBorneOut, outcome) {
  if (lesson && !isBorneOut) return []
  const text = lesson
    ? 'Why: ' + lesson.because
    : 'Why, these numbers alone cannot tell. Freezing costs much where classes rest on what pretraining taught the network to ignore, and little elsewhere, however foreign the images look. ' + next[outcome]
  return [{ kind: /** @type {const} */ ('explanation'), text }]
}
