// Keeps the compiled plan and its cost current: asks the worker shortly after the last
// click, and drops answers that a later click has overtaken.
import { debounce } from './dom.js'
import { set, state, watch } from './store.js'
import { trainOptions } from './settings.js'

let asked = 0
let asking = false

export function startPlanning() {
  const soon = debounce(refresh, 120)
  watch(['spec', 'settings', 'model', 'data'], soon)
  // What a step takes is known after the first ones: of a later run, better.
  watch(['active'], () => state.active || soon())
  watch(['runs'], () => state.plan?.cost.secondsPerStep === null && state.active?.train.length && !asking && refresh())
}

async function refresh() {
  const { thaw, model, spec } = state
  if (!thaw || !model) return
  const mine = ++asked
  asking = true
  try {
    const plan = await thaw.plan(spec, trainOptions())
    if (mine === asked) set({ plan, planFor: spec, planProblem: null })
  } catch (error) {
    if (mine === asked) set({ planProblem: asSentence(error.message) })
  } finally {
    asking = false
  }
}

const asSentence = text => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
