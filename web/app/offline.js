// Registers the service worker (sw.js). Where the host sets no headers, the first
// visit is loaded again once, then isolated by it.
import { address } from '../site.js'

const reloaded = 'thaw.isolated'

export async function startOffline() {
  if (!navigator.serviceWorker) return // not a secure context
  try {
    await navigator.serviceWorker.register(await address('sw.js'))
    await navigator.serviceWorker.ready
    if (crossOriginIsolated || sessionStorage.getItem(reloaded)) return
    // Not before the engine stands: loads that a reload cuts short have been seen to
    // hold up the same loads of the next page for good.
    while (!('ready' in document.body.dataset)) await new Promise(done => setTimeout(done, 50))
    sessionStorage.setItem(reloaded, 'yes')
    location.reload()
  } catch {
    // Storage is blocked: the page works, online only.
  }
}
