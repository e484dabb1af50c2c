// A run that a crash, a flat battery or a closed page did not let end: the offer to go on.
import { byID, h } from './dom.js'
import { guarded } from './notices.js'
import { goOn } from './runs.js'
import { set, state, watch } from './store.js'

export function startInterrupted() {
  watch(['interrupted', 'active', 'runs', 'loading'], show)
}

function show() {
  const { interrupted, active, loading } = state
  const place = byID('interrupted')
  place.hidden = !interrupted || Boolean(active)
  if (place.hidden) return
  const { id, steps, of, saved, problem } = interrupted
  const run = state.runs.find(run => run.id === id)
  const at = new Date(saved).toLocaleTimeString([], { timeStyle: 'short' })
  place.replaceChildren(
    h('p', {}, `Run ${run?.letter ?? ''} was interrupted at step ${steps} of ${of}, at ${at}. `, problem ?? 'It can go on from there, to the same end.'),
    h('p', { class: 'row' },
      !problem && h('button', { type: 'button', class: 'button primary-soft', 'data-testid': 'go-on', disabled: Boolean(loading), onclick: () => goOn(run) }, 'Go on'),
      h('button', { type: 'button', class: 'quiet', 'data-testid': 'leave-it', onclick: leave }, 'Leave it')))
}

const leave = () => guarded(async () => {
  await state.thaw.projects.forget()
  set({ interrupted: null })
})
