// Threads on a host that sends no headers: makes the pages of its folder cross-origin
// isolated. Copy it beside the page, and begin the page with
//   <script src="isolate.js"></script>
// It installs itself as a service worker, and loads the page once more. Everything the page
// takes from other origins must then allow it: crossorigin on <img> and <script>, or
// Cross-Origin-Resource-Policy. Where the host can send the two headers below, it is not needed.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

if (globalThis.document) isolatePage(document.currentScript.src)
else serve()

async function isolatePage(script) {
  const tried = 'thaw.isolated' // one reload a tab: a browser that refuses is left in peace
  if (crossOriginIsolated || !navigator.serviceWorker || sessionStorage.getItem(tried)) return
  await navigator.serviceWorker.register(script)
  await navigator.serviceWorker.ready
  sessionStorage.setItem(tried, 'yes')
  location.reload()
}

function serve() {
  self.addEventListener('install', () => self.skipWaiting())
  self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
  self.addEventListener('fetch', event => {
    const { url, destination } = event.request
    if (new URL(url).origin !== location.origin || !['document', 'iframe', 'worker'].includes(destination)) return
    event.respondWith(fetch(event.request).then(isolated))
  })
}

function isolated(response) {
  if (response.status === 0) return response // a redirect, which the browser follows
  const all = new Headers(response.headers)
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers: all })
}
