// The JavaScript side of kernels/simd: compiles the emitted module, plugs it into
// the thunk that Go calls, and keeps the worker threads.

import { fromNode, isElsewhere, isNode, spawn } from './host.js'

const startTimeout = 10_000 // ms for all workers to report that they are ready

// A function with f32x4.relaxed_madd: validates where relaxed SIMD is on.
const relaxedProbe = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b,
  0x03, 0x02, 0x01, 0x00,
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b,
)

export class Engine {
  // memory is Go's; table is the thunk's; options as loadGo's.
  constructor(memory, shared, table, { threads, relaxed }) {
    this.memory = memory
    this.shared = shared
    this.table = table
    this.threads = threads
    this.relaxed = relaxed && WebAssembly.validate(relaxedProbe)
    this.module = null // the emitted one
    this.workers = new Map() // thread number -> Worker
    this.onlost = (thread, message) => console.warn(`worker thread ${thread} is lost: ${message}`)
  }

  // available is how many threads a backend can have.
  async available() {
    if (!this.shared || !(isNode || globalThis.crossOriginIsolated)) return 1
    const cores = isNode ? (await fromNode('os')).availableParallelism() : navigator.hardwareConcurrency
    return this.threads || cores || 1
  }

  // compile makes the emitted module's kernels run, on this thread.
  async compile(code) {
    this.stop()
    this.module = new WebAssembly.Module(code)
    const { exports } = new WebAssembly.Instance(this.module, { go: { memory: this.memory } })
    this.table.set(0, exports.run)
  }

  // startWorkers starts workers 1..threads-1 on the compiled module. It resolves to
  // the threads that run, main included; others are reported to onlost.
  async startWorkers(threads) {
    const starts = []
    for (let thread = 1; thread < threads; thread++) starts.push(this.#startWorker(thread))
    await Promise.all(starts)
    return this.workers.size + 1
  }

  // startWorker resolves when the worker is ready or has failed.
  async #startWorker(thread) {
    let worker
    try {
      worker = await newWorker()
    } catch (err) {
      return this.onlost(thread, String(err))
    }
    this.workers.set(thread, worker)
    return new Promise(resolve => {
      const fail = message => {
        if (this.workers.get(thread) === worker) this.lose(thread, message)
        resolve()
      }
      const timer = setTimeout(() => fail('it did not start in time'), startTimeout)
      listen(worker, message => {
        clearTimeout(timer)
        if (message.failed) fail(message.failed)
        else resolve()
      }, message => { clearTimeout(timer); fail(message) })
      worker.postMessage({ module: this.module, memory: this.memory, thread })
    })
  }

  // lose ends a worker that failed, for certain, and reports it once.
  async lose(thread, message) {
    const worker = this.workers.get(thread)
    if (!this.workers.delete(thread)) return
    await worker.terminate()
    this.onlost(thread, message)
  }

  // stop ends all workers.
  stop() {
    for (const worker of this.workers.values()) worker.terminate()
    this.workers.clear()
  }
}

async function newWorker() {
  const here = import.meta.url
  if (isNode) return new (await fromNode('worker_threads')).Worker(new URL('worker.js', here))
  if (isElsewhere(here)) return spawn('worker.js', here, 'thaw thread')
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'thaw thread' })
}

// listen hides the difference between a browser's workers and node's.
function listen(worker, onmessage, onfail) {
  if (isNode) {
    worker.on('message', onmessage)
    worker.on('error', err => onfail(String(err)))
    worker.on('exit', () => onfail('it ended'))
    return
  }
  worker.onmessage = event => onmessage(event.data)
  worker.onerror = event => {
    event.preventDefault() // or it counts as an error of the thread that started the worker
    onfail(event.message || 'it could not be loaded')
  }
}
