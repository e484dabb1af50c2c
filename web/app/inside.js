// "Look inside" under the map: what it takes is loaded when it is first opened, and runs
// that begin while it is open tell of every block.
import { byID } from './dom.js'
import { guarded } from './notices.js'
import { set } from './store.js'

export function startInside() {
  const place = byID('inside')
  place.ontoggle = () => {
    set({ inside: place.open })
    if (place.open) guarded(async () => (await import('./lens.js')).showLens())
  }
}
