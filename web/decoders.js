// Workers that decode images by the engine's own program, each with memory of its own. They
// start as they are needed, and end with close().

const retireAbove = 384 << 20 // bytes of memory, which never shrinks: another takes its place

export class Decoders {
  #module
  #most
  #startWorker
  #workers = []
  #last = 0
  #useless = false // they do not start here

  constructor(module, most, startWorker) {
    this.#module = module
    this.#most = most
    this.#startWorker = startWorker
  }

  // decode resolves to what the program answers, and takes bytes away. It rejects with
  // 'died' where the worker ended over it, 'again' where it still waited, or why none works.
  decode(bytes, job) {
    return new Promise((resolve, reject) => {
      const to = this.#choose()
      if (!to) return reject(new Error('no decoder starts here'))
      const id = ++this.#last
      to.jobs.set(id, { resolve, reject })
      to.worker.postMessage({ id, bytes, job }, [bytes.buffer])
    })
  }

  #choose() {
    const staying = this.#workers.filter(w => !w.retired).sort((a, b) => a.jobs.size - b.jobs.size)
    const [idlest] = staying
    if (idlest && (idlest.jobs.size === 0 || this.#workers.length >= this.#most)) return idlest
    return this.#start() ?? idlest
  }

  #start() {
    if (this.#useless) return
    const w = { worker: null, jobs: new Map(), ready: false, retired: false }
    try {
      w.worker = this.#startWorker()
      w.worker.onmessage = ({ data }) => this.#hear(w, data)
      w.worker.onerror = event => { event.preventDefault(); this.#end(w) }
      w.worker.postMessage({ module: this.#module })
    } catch {
      this.#useless = true
      return
    }
    this.#workers.push(w)
    return w
  }

  #hear(w, { ready, ended, id, answer, pixels, memory }) {
    if (ready) w.ready = true
    else if (ended) this.#end(w)
    else {
      w.jobs.get(id)?.resolve({ answer, pixels })
      w.jobs.delete(id)
      w.retired ||= memory > retireAbove
      if (w.retired && w.jobs.size === 0) this.#end(w)
    }
  }

  #end(w, why = w.ready ? 'died' : 'no decoder starts here') {
    if (!this.#workers.includes(w)) return
    this.#workers = this.#workers.filter(other => other !== w)
    w.worker.terminate()
    this.#useless ||= !w.ready
    for (const { reject } of w.jobs.values()) {
      reject(new Error(why))
      if (why === 'died') why = 'again'
    }
  }

  close() {
    for (const w of this.#workers) this.#end(w, 'the decoders were closed')
  }
}
