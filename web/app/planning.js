// Keeps the compiled plan and its cost current: asks the worker at once, one question at a
// time, so that the map follows a drag and the last click is answered last.
import { debounce } from './dom.js'
import { set, state, watch } from './store.js'
import { trainOptions } from './settings.js'

let asking = false
let again = false // something changed since the question

export function startPlanning() {
  const soon = debounce(refresh, 0) // what one event changes is one question
  watch(['spec', 'settings', 'model', 'data', 'engine'], soon)
  // What a step takes is known after the first ones: of a later run, better.
  watch(['active'], () => state.active || soon())
  watch(['runs'], () => state.plan?.cost.secondsPerStep === null && state.active?.train.length && !asking && refresh())
}

async function refresh() {
  const { thaw, model, spec } = state
  if (!thaw || !model) return
  if (asking) {
    again = true
    return
  }
  asking = true
  try {
    const plan = await thaw.plan(spec, trainOptions())
    if (model === state.model) set({ plan, planFor: spec, planProblem: null })
  } catch (error) {
    if (!again) set({ planProblem: asSentence(error.message) })
  } finally {
    asking = false
    if (again) {
      again = false
      refresh()
    }
  }
}

const asSentence = text => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
