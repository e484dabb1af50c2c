// A worker that decodes images: the engine's program, started as a decoder
// (wasm/decoder_js.go). decoders.js sends { module } first, then { id, bytes, job }.
import { loadGo } from './engine/loader.js'
import { wasmExec } from './site.js'

const pages = 32768 // 2 GB, more than images.Limits give to a picture

let deliver = null // the program's function for a job, once it is ready
const inbox = []

self.onmessage = ({ data }) => {
  if (data.module) start(data.module)
  else if (deliver) deliver(data)
  else inbox.push(data)
}

// Called by the program when it can answer, and with what came of a job.
globalThis.thawReady = receive => {
  postMessage({ ready: true })
  deliver = receive
  inbox.splice(0).forEach(job => deliver(job))
}
globalThis.thawDecoded = (id, answer, pixels) =>
  postMessage({ id, answer, pixels, memory: globalThis.thawEngine.memory.buffer.byteLength }, pixels ? [pixels.buffer] : [])

self.addEventListener('unhandledrejection', () => postMessage({ ended: true }))

async function start(module) {
  try {
    const go = await loadGo(module, { wasmExec, argv: ['thaw', 'decoder'], pages })
    await go.finished // for lack of memory
  } finally {
    postMessage({ ended: true })
  }
}
