// The service worker: after the first visit the page opens offline, and on hosts
// that cannot set headers it is cross-origin isolated all the same (threads need
// that). The network comes first, so that a new version is never a visit late.

const cacheName = 'thaw'

self.addEventListener('install', event => event.waitUntil(fill().then(() => self.skipWaiting())))
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', event => {
  const { method, url } = event.request
  if (method === 'GET' && new URL(url).origin === location.origin) event.respondWith(answer(event.request))
})

// files.json, written by package serve, lists what the page is made of.
async function fill() {
  const cache = await caches.open(cacheName)
  const files = await (await fetch('files.json', { cache: 'no-cache' })).json()
  await cache.addAll(files)
}

async function answer(request) {
  const cache = await caches.open(cacheName)
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
  let response
  try {
    response = await fetch(request)
  } catch (offline) {
    if (kept) return isolated(kept)
    throw offline
  }
  const fresh = response.headers.get('etag')
  if (response.ok && (!fresh || fresh !== kept?.headers.get('etag'))) cache.put(request, response.clone()).catch(() => {}) // no room: online only
  return isolated(response)
}

// The same answer with the headers that isolate a page.
function isolated(response) {
  if (response.status === 0 || response.headers.has('cross-origin-embedder-policy')) return response
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
