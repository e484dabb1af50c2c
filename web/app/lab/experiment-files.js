// An experiment as files: every pass of every run as CSV, all that is needed to repeat it as JSON.
import { csv } from '../csv.js'

/** What run `run` was trained with: train gives its network again. @param {import('../../thaw.js').Experiment} experiment */
export function optionsOf({ plans, first, vary }, { plan, seed }) {
  const seeds = Object.fromEntries(['split', 'head', 'order'].filter(part => !vary[part] && first !== seed).map(part => [part, first]))
  return { ...plans[plan].options, seed, seeds }
}

const columns = ['experiment', 'plan', 'seed', 'split seed', 'head seed', 'order seed', 'problem', 'pass', 'last', 'train loss', 'train accuracy', 'validation loss', 'validation accuracy', 'balanced accuracy', 'Wilson low', 'Wilson high',
  'seconds', 'train images', 'validation images', 'split', 'learned', 'machine', 'spec', 'options', 'weights', 'weights title', 'model', 'size', 'dense', 'images', 'thaw']

/** A row for each pass of each run. @param {import('../../thaw.js').Experiment} experiment @returns {Blob} */
export function experimentCSV(experiment) {
  const { id, plans, first, vary, under, runs } = experiment
  const known = x => x ?? ''
  return csv([columns, ...runs.flatMap(run => {
    const { name, spec } = plans[run.plan]
    const seedOf = part => (vary[part] ? run.seed : first)
    const rows = run.epochs.length ? run.epochs : [/** @type {any} */ ({})]
    return rows.map((epoch, i) => [id, name, run.seed, seedOf('split'), seedOf('head'), seedOf('order'), run.problem ?? '', known(epoch.epoch), i === rows.length - 1 ? 1 : 0,
      known(epoch.loss), known(epoch.accuracy), known(epoch.validationLoss), known(epoch.validationAccuracy), known(epoch.balancedAccuracy),
      i === rows.length - 1 ? known(run.interval?.[0]) : '', i === rows.length - 1 ? known(run.interval?.[1]) : '',
      known(epoch.seconds), run.train, run.validation, run.split, run.learned, run.machine, JSON.stringify(spec), JSON.stringify(optionsOf(experiment, run)),
      under.weights, under.weightsTitle, under.model, under.size, under.dense, under.images, under.thaw])
  })])
}

/** What thaw.experiment.repeat takes, with who computed. @param {import('../../thaw.js').Experiment} experiment @param {import('../../thaw.js').Engine} engine @returns {Blob} */
export const experimentJSON = (experiment, { version, digest, backend, threads }) =>
  new Blob([JSON.stringify({ ...experiment, engine: { version, digest, backend, threads }, browser: navigator.userAgent }, null, 1)], { type: 'application/json' })
