// Keeps the compiled plan and its cost current: asks the worker shortly after the last
// click, and drops answers that a later click has overtaken.
import { debounce } from './dom.js'
import { set, state, watch } from './store.js'
import { trainOptions } from './settings.js'

let asked = 0

export function startPlanning() {
  const soon = debounce(refresh, 120)
  watch(['spec', 'settings', 'model', 'data'], soon)
}

async function refresh() {
  const { thaw, model, spec } = state
  if (!thaw || !model) return
  const mine = ++asked
  try {
    const plan = await thaw.plan(spec, trainOptions())
    if (mine === asked) set({ plan, planFor: spec, planProblem: null })
  } catch (error) {
    if (mine === asked) set({ planProblem: asSentence(error.message) })
  }
}

const asSentence = text => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
