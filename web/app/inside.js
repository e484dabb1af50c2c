// "Look inside" under the map: what it takes is loaded when it is first opened, and runs
// that begin while it is open tell of every block. "Learn in phases" under the plans, which
// opens by itself where the plan is in phases.
import { byID } from './dom.js'
import { guarded } from './notices.js'
import { set, state, watch } from './store.js'

export function startInside() {
  const place = byID('inside')
  place.ontoggle = () => {
    set({ inside: place.open })
    if (place.open) guarded(async () => (await import('./lens.js')).showLens())
  }
  const schedule = byID('schedule')
  schedule.ontoggle = () => schedule.open && guarded(async () => (await import('./lab/schedule.js')).showSchedule())
  const openIt = () => { if ('phases' in state.spec) schedule.open = true }
  watch(['spec'], openIt)
  openIt()
}
