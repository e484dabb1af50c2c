// The service worker: after the first visit the page opens offline, and on hosts
// that cannot set headers it is cross-origin isolated (threads need that) and under the
// page's policy all the same, its workers too. The network comes first, so that a new
// version is never a visit late; what is kept is always one whole version.
// What the page and its workers ask for passes here: only GET, only this site and the
// hosts of weights.

importScripts('guard.js') // written by package serve: self.guard = { headers, sources }

const cacheName = 'thaw'
const manifest = 'files.json' // written by package serve: { version, files, gpu, wanted }
const weights = guard.sources.map(pattern)

self.addEventListener('install', event => event.waitUntil(keep().then(() => self.skipWaiting())))
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', event => {
  const { method, mode, url } = event.request
  const own = new URL(url).origin === location.origin
  if (method !== 'GET' || !own && !weights.some(source => source.test(url))) return event.respondWith(Response.error())
  if (!own) return // the browser fetches it, and holds redirects to the policy too
  event.respondWith(answer(event.request))
  if (mode === 'navigate') event.waitUntil(keep().catch(() => {})) // offline, or no room: what is kept stays
})

// Keeps the version that the host has now, unless it is kept already.
async function keep() {
  const cache = await caches.open(cacheName)
  const now = await fetch(manifest, { cache: 'no-cache' })
  const { version, files, gpu, wanted } = await now.clone().json()
  const kept = await (await cache.match(manifest))?.json()
  if (kept?.version === version) return
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null)
  if (adapter && !adapter.info.isFallbackAdapter) files.push(...gpu)
  // What worker.js has kept because it was asked for is of the new version too.
  for (const file of wanted) if (await cache.match(file)) files.push(file)
  await cache.addAll(files.map(file => new Request(file, { cache: 'no-cache' })))
  await cache.put(manifest, now)
}

async function answer(request) {
  try {
    return isolated(await fetch(request))
  } catch (offline) {
    const cache = await caches.open(cacheName)
    const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
    if (kept) return isolated(kept)
    throw offline
  }
}

// The same answer with the headers that package serve sends.
function isolated(response) {
  if (response.status === 0 || response.headers.has('cross-origin-embedder-policy')) return response
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(guard.headers)) headers.set(name, value)
  const body = [204, 304].includes(response.status) ? null : response.body
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

// What a source of the policy matches: an address that begins so; * is part of a host or a port.
function pattern(source) {
  const whole = source.replace(/^(\w+:\/\/[^/]+)$/, '$1/') // an origin, to its end
  return new RegExp('^' + whole.replace(/[.?+()[\]]/g, '\\$&').replaceAll('*', '[^/]*'))
}
