// Under the table of runs: repeat over seeds, two runs side by side. What these take is
// loaded when it is asked for; an experiment that is not at its end is offered to go on.
import { byID, h } from './dom.js'
import { guarded } from './notices.js'
import { state, watch } from './store.js'

export function startRepeat() {
  watch(['runs', 'experiment', 'queue', 'active', 'loading'], show)
}

const open = () => guarded(async () => (await import('./lab/experiment.js')).openExperiment())
const goOn = () => guarded(async () => (await import('./lab/queue.js')).goOn())
const compare = () => guarded(async () => (await import('./lab/two-runs.js')).openTwoRuns())

let drawn = ''
function show() {
  const { runs, experiment, queue, active, loading } = state
  const place = byID('repeat')
  const ended = runs.filter(run => run.train.length || run.validation.length).length
  const left = experiment && !queue && experiment.runs.length < experiment.of
  place.hidden = !runs.length && !experiment && !queue
  const says = JSON.stringify([place.hidden, ended > 1, queue?.text, queue?.paused, left && [experiment.runs.length, experiment.of, experiment.problem], experiment?.runs.length, Boolean(active), Boolean(loading)])
  if (place.hidden || says === drawn) return
  drawn = says
  const focused = place.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).id : ''
  place.replaceChildren(...[
    queue && h('p', { class: 'muted', 'data-testid': 'experiment-line' }, `${queue.paused ? 'Paused' : 'Under way'}: ${queue.text}`),
    left && h('p', {}, `An experiment stands at ${experiment.runs.length} of ${experiment.of} runs. `, experiment.problem ?? '',
      !experiment.problem && h('button', { type: 'button', class: 'button primary-soft', id: 'repeat-go-on', 'data-testid': 'repeat-go-on', disabled: Boolean(active || loading), onclick: goOn }, 'Go on')),
    h('p', { class: 'row' },
      h('button', { type: 'button', class: 'button', id: 'repeat-open', 'data-testid': 'repeat-open', 'aria-haspopup': 'dialog', onclick: open }, experiment || queue ? 'Show the experiment…' : 'Repeat over seeds…'),
      ended > 1 && h('button', { type: 'button', class: 'button', id: 'two-runs', 'data-testid': 'two-runs', 'aria-haspopup': 'dialog', onclick: compare }, 'Two runs side by side…')),
  ].filter(Boolean))
  if (focused) byID(focused)?.focus()
}
