// The worker that hosts the engine (package wasm) and passes it the page's
// messages (PROTOCOL.md). A failure of the engine itself, which Go cannot answer
// any more, is answered here, so that no promise of the page waits for ever.

import './wasm_exec.js'

let deliver = null // the engine's function for a message, once it is ready
let failure = null // why there is no engine, once there is none
const inbox = [] // messages that came before it was ready
const open = new Set() // ids of requests without a reply

self.onmessage = ({ data }) => {
  if (data.call) open.add(data.id)
  if (failure) fail(data.id)
  else if (deliver) deliver(data)
  else inbox.push(data)
}

// Called by the engine when it can answer.
globalThis.thawReady = (receive) => {
  deliver = receive
  inbox.splice(0).forEach((message) => deliver(message))
}

const post = self.postMessage.bind(self)
globalThis.postMessage = (message) => {
  if ('ok' in message || 'error' in message) open.delete(message.id)
  post(message)
}

function fail(id) {
  open.delete(id)
  post({ id, error: failure })
}

function stop(code, message) {
  failure = { code, message }
  deliver = null
  for (const id of [...open]) fail(id)
  post({ notice: { level: 'error', message } })
}

async function start() {
  const go = new Go()
  let module
  try {
    module = await WebAssembly.instantiateStreaming(fetch(new URL('thaw.wasm', import.meta.url)), go.importObject)
  } catch (error) {
    stop('unsupported', `The engine could not be started (${error.message}): reload the page, in a current browser.`)
    return
  }
  try {
    await go.run(module.instance)
    stop('internal', 'The engine stopped, most likely for lack of memory: reload the page; what is kept is safe.')
  } catch (error) {
    stop('internal', `The engine stopped (${error.message}): reload the page; what is kept is safe.`)
  }
}

start()
