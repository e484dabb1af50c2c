// The worker that hosts the engine (package wasm) and passes it the page's
// messages (PROTOCOL.md). A failure of the engine itself, which Go cannot answer
// any more, is answered here, so that no promise of the page waits for ever.

import { Decoders } from './decoders.js'
import { isSoftware } from './engine/adapter.js'
import { loadGo } from './engine/loader.js'
import * as files from './files.js'
import { decode, decodes } from './foreign.js'
import { openScratch, sweepScratch } from './scratch.js'
import { address, wasmExec } from './site.js'
import { decoderStarter } from './start-decoder.js'

let opened // with the arguments of the first call, which is open
const opening = new Promise(resolve => { opened = resolve })
let deliver = null // the engine's function for a message, once it is ready
let failure = null // why there is no engine, once there is none
const inbox = [] // messages that came before it was ready
const open = new Set() // ids of requests without a reply

self.onmessage = ({ data }) => {
  if (data.call) open.add(data.id)
  if (data.call === 'open') opened(data.args)
  if (failure) fail(data.id)
  else if (deliver) deliver(data)
  else inbox.push(data)
}

// Called by the engine when it can answer.
globalThis.thawReady = receive => {
  deliver = receive
  inbox.splice(0).forEach(message => deliver(message))
}

const post = self.postMessage.bind(self)
globalThis.postMessage = message => {
  if ('ok' in message || 'error' in message) open.delete(message.id)
  post(message)
}

// A lock that ends with this worker, however it ends: the page waits for it.
const life = `thaw engine ${crypto.getRandomValues(new Uint32Array(4)).join('-')}`
navigator.locks?.request(life, () => { post({ alive: life }); return new Promise(() => {}) }).catch(() => {})

function fail(id) {
  open.delete(id)
  post({ id, error: failure })
}

// Without an engine: every request, open or to come, gets this answer.
function stop(code, message) {
  if (failure) return
  failure = { code, message }
  deliver = null
  for (const id of [...open]) fail(id)
  post({ stopped: failure }) // ends a run, whose request has its reply already
}

const stopped = reason => stop('internal', `The engine stopped (${reason}): reload the page; what is kept is safe.`)
// A trap in Go surfaces in whichever callback or promise had called it. Other
// rejections (a stream that is cancelled) are none of the engine's end.
self.addEventListener('error', event => stopped(event.message))
self.addEventListener('unhandledrejection', ({ reason }) => reason instanceof WebAssembly.RuntimeError && stopped(reason.message))

// Called by the engine: downloads into a Blob by a program of its own (wasm/fetch).
let fetcher = null
globalThis.thawFetch = async (url, limit, progress, signal) => {
  fetcher ??= startFetcher().catch(error => { fetcher = null; throw error })
  const run = await fetcher
  return new Promise((resolve, reject) => run(url, limit, progress, resolve, (code, message) => reject({ code, message }), signal))
}

// Called by the engine: arguments as JSON. NaN and Infinity would be null there, which stands
// for what was left out, and a BigInt is an error without a name: as texts they are refused
// by the field that wants a number.
const number = x => (typeof x === 'bigint' || (typeof x === 'number' && !Number.isFinite(x)) ? String(x) : x)
globalThis.thawArguments = args => JSON.stringify(args, (_, value) => number(value))

// Called by the engine: a file of this site as a Blob. Not every visit needs it, so the
// service worker (sw.js), where there is one, keeps it only from now on.
globalThis.thawAsset = async name => {
  const url = await address(name)
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
  await keepAsset(url, answer).catch(() => {}) // storage is blocked or full: it works online
  return answer.blob()
}

async function keepAsset(url, answer) {
  if ((await opening).keep === false || !(await caches.has('thaw'))) return
  const cache = await caches.open('thaw')
  if (!(await cache.match(url))) await cache.put(url, answer.clone())
}

// Called by the engine: a lock that all tabs of the page share. Resolves to the function that
// gives it back; to null where another tab has it, unless `wait` says to wait for that one.
if (navigator.locks) globalThis.thawLock = (name, wait, signal) => new Promise((resolve, reject) => {
  navigator.locks.request(name, wait ? { signal } : { ifAvailable: true }, lock => lock ? new Promise(release => resolve(release)) : resolve(null)).catch(reject)
})

// Called by the engine: pictures that it does not read (foreign.js).
globalThis.thawDecodes = decodes
globalThis.thawDecode = decode

// Called by the engine: files for pixels that memory has no room for (scratch.js).
globalThis.thawSweepScratch = sweepScratch
globalThis.thawOpenScratch = openScratch

// Called by the engine: files of kept projects (files.js).
globalThis.thawFiles = files

async function startFetcher() {
  const go = new Go()
  const { instance } = await WebAssembly.instantiateStreaming(fetch(await address('fetch.wasm')), go.importObject)
  return new Promise(resolve => {
    globalThis.thawFetcher = resolve
    go.run(instance)
  })
}

// hasGPU says whether to load the engine that can use a GPU: shaders and all are of no
// use where there is no adapter, or only one in software that nobody asked for.
async function hasGPU(backend = 'auto') {
  if (!['auto', 'webgpu'].includes(backend)) return false
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null)
  return Boolean(adapter) && (backend === 'webgpu' || !isSoftware(adapter))
}

async function start() {
  const startDecoder = await decoderStarter()
  const load = async name => loadGo(await address(name), { wasmExec })
  const { backend } = await opening
  const go = await hasGPU(backend) ? await load('thaw-gpu.wasm').catch(() => load('thaw.wasm')) : await load('thaw.wasm')
  go.engine.onlost = (_, why) => post({ notice: { level: 'warning', message: `A helper thread is lost (${why}): the work goes on with fewer, more slowly.` } })
  globalThis.thawDecoders = most => new Decoders(go.module, most, startDecoder)
  globalThis.thawMemoryBytes = () => go.engine.memory.buffer.byteLength
  await go.finished
  stopped('most likely for lack of memory')
}

start().catch(error => stop('unsupported', `The engine could not be started (${error.message}): use a current browser, and reload the page.`))
