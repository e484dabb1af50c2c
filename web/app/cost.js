// The cost line: what the plan learns, computes, holds and takes, before it runs.
import { byID, h } from './dom.js'
import { bytes, count, exact, flops, plural, seconds } from './format.js'
import { state, watch } from './store.js'

export function startCost() {
  watch(['plan', 'planFor', 'spec', 'planProblem'], show)
}

function show() {
  const { plan, planFor, spec, planProblem } = state
  const place = byID('cost')
  place.classList.toggle('stale', Boolean(planProblem) || planFor !== spec)
  if (!plan) return
  const { cost } = plan
  const work = cost.flops
  place.replaceChildren(
    figure('trained', 'Learns', count(cost.trained), `of ${count(cost.parameters)} parameters`, `Trainable parameters: ${exact(cost.trained)} of ${exact(cost.parameters)}.`),
    figure('work', 'Work a step', flops(work.forward + work.inputGradient + work.filterGradient), workBar(work),
      `Forward ${flops(work.forward)}, gradients to inputs ${flops(work.inputGradient)}, gradients of filters ${flops(work.filterGradient)}.` +
      (cost.cacheFlops ? ` Before it, once per image: ${flops(cost.cacheFlops)}.` : '')),
    figure('memory', 'Memory', bytes(cost.peakBytes), cost.fits ? `✓ fits ${cost.budgetBytes ? 'in ' + bytes(cost.budgetBytes) : 'on the GPU'}` : `✗ of ${bytes(cost.budgetBytes)}`, 'Exact peak of weights, activations, gradients, optimiser and cache.', !cost.fits),
    plan.phases ? figure('time', 'All phases', cost.secondsRun === null ? '–' : '≈ ' + seconds(cost.secondsRun), `${plural(plan.phases.reduce((n, { epochs }) => n + epochs, 0), 'pass', 'passes')} in ${plan.phases.length} phases`, 'Time of all passes of all phases, estimated from what this machine did so far. Work a step is their mean, memory the largest.') :
    figure('time', 'A pass', cost.secondsPerEpoch === null ? '–' : '≈ ' + seconds(cost.secondsPerEpoch), passDetail(cost),
      'Time of a pass (epoch), estimated from what this machine did so far. The first takes longer where frozen layers are computed once and kept.'))
}

/** The first pass, where it takes much longer than the others. */
function passDetail({ secondsPerStep, secondsPerEpoch, secondsFirst }) {
  if (secondsPerStep === null) return 'known after a few steps'
  return secondsFirst > 1.5 * secondsPerEpoch ? `the first ${seconds(secondsFirst)}` : `${seconds(secondsPerStep)} a step`
}

function figure(key, title, value, detail, tip, bad = false) {
  return h('div', { class: 'figure', 'data-cost': key, 'data-bad': bad ? '' : null, 'data-tip': tip },
    h('span', { class: 'figure-title' }, title), h('b', {}, value), h('span', { class: 'figure-detail' }, detail))
}

/** Forward, input gradients, filter gradients, side by side. */
function workBar(work) {
  const parts = [['forward', work.forward], ['input', work.inputGradient], ['filter', work.filterGradient]]
  return h('span', { class: 'work-bar' }, parts.filter(([, n]) => n > 0).map(([name, n]) => {
    const part = h('i', { 'data-part': name })
    part.style.flexGrow = String(n / (work.forward + work.inputGradient + work.filterGradient))
    return part
  }))
}
