// What stands in the place of web/site.js, start-engine.js and start-decoder.js in the single file: its files are in the document,
// gzipped and in base64. Workers are handed them as Blobs: what an address of the page
// stands for Chromium gives no worker of a page from disk, nor any module worker a script.

const inPage = Boolean(globalThis.document)
const files = inPage ? unpacked() : handed()
const addresses = new Map()

/** Every file by its name, as a Blob. @returns {Promise<Map<string, Blob>>} */
async function unpacked() {
  const packed = [...document.querySelectorAll('script[data-file]')]
  return new Map(await Promise.all(packed.map(async element => {
    const { file, type } = element.dataset
    const plain = new Blob([bytes(element.text)]).stream().pipeThrough(new DecompressionStream('gzip'))
    element.remove() // megabytes of text
    return [file, await new Response(plain, { headers: { 'Content-Type': type } }).blob()]
  })))
}

function bytes(base64) {
  const text = atob(base64)
  const array = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) array[i] = text.charCodeAt(i)
  return array
}

/** A worker's first message is the files, and no one else's. @returns {Promise<Map<string, Blob>>} */
function handed() {
  return new Promise(resolve => addEventListener('message', event => {
    event.stopImmediatePropagation()
    resolve(event.data)
  }, { once: true }))
}

export async function address(name) {
  const file = (await files).get(name)
  if (!file) throw new Error(`${name} is not in this file`)
  if (!addresses.has(name)) addresses.set(name, URL.createObjectURL(file))
  return addresses.get(name)
}

export const wasmExec = async () => import(await address('wasm_exec.js'))

export const startEngine = async () => (await starter('worker.js', 'thaw'))()
export const decoderStarter = () => starter('decoder.js', 'thaw decoder')

async function starter(script, name) {
  const [url, all] = [await address(script), await files]
  return () => {
    const worker = new Worker(url, { name })
    worker.postMessage(all)
    return worker
  }
}

// Links to files: licences, model cards.
if (inPage) addEventListener('click', async event => {
  const link = /** @type {Element} */ (event.target).closest?.('a[target="_blank"]')
  if (!link || /^\w+:/.test(link.getAttribute('href'))) return
  event.preventDefault()
  window.open(await address(link.getAttribute('href')))
})
