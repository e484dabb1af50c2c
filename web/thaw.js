// The public module of Thaw: a thin client of worker.js, by PROTOCOL.md.
// What each call takes and gives is written once, in thaw.d.ts.

export class ThawError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message)
    this.name = 'ThawError'
    this.code = code
  }
}

/** @param {import('./thaw.d.ts').OpenOptions} [options] */
export async function open({ onNotice, onEngine, ...options } = {}) {
  const address = new URL('./worker.js', import.meta.url)
  if (options.backend) address.searchParams.set('backend', options.backend)
  const worker = new Worker(address, { type: 'module', name: 'thaw' })
  const engine = {}
  const update = news => { Object.assign(engine, news); onEngine?.(engine) }
  const channel = new Channel(worker, onNotice, update)
  update(await channel.call('open', options))
  return thaw(channel, engine)
}

/** Requests under way, by id: a promise's two ends and where its events go. */
class Channel {
  /** @type {Worker | null} */ #worker
  #pending = new Map()
  #lastID = 0
  #onNotice
  #onEngine

  constructor(worker, onNotice, onEngine) {
    this.#worker = worker
    this.#onEngine = onEngine
    this.#onNotice = onNotice ?? (() => {})
    worker.onmessage = ({ data }) => this.#receive(data)
    worker.onerror = event => {
      event.preventDefault?.()
      this.close(new ThawError('internal', 'The engine stopped: reload the page. Weights and images that were stored are kept.'))
    }
    worker.onmessageerror = () => this.#onNotice({ level: 'warning', message: 'A message of the engine could not be read; if the page waits for long, reload it.' })
  }

  /**
   * Sends one request. With `untilFinal`, events are heard after the reply, to a final one.
   * @param {string} name
   * @param {object} [args]
   * @param {{ onEvent?: (event: any) => void, signal?: AbortSignal, untilFinal?: boolean }} [options]
   * @returns {Promise<any>}
   */
  call(name, args = {}, { onEvent, signal, untilFinal = false } = {}) {
    if (!this.#worker) return Promise.reject(new ThawError('internal', 'The engine is closed: reload the page.'))
    if (signal?.aborted) return Promise.reject(cancelled())
    const id = ++this.#lastID
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onEvent, untilFinal })
      this.#worker.postMessage({ id, call: name, args })
      // The caller is told at once; what the worker still says of this id is dropped.
      signal?.addEventListener('abort', () => {
        if (!this.#pending.delete(id)) return
        this.#worker?.postMessage({ id, abort: true })
        reject(cancelled())
      }, { once: true })
    })
  }

  #receive(message) {
    if (message.notice) return this.#onNotice(message.notice)
    if (message.engine) return this.#onEngine(message.engine)
    if (message.stopped) return this.close(new ThawError(message.stopped.code, message.stopped.message))
    const request = this.#pending.get(message.id)
    if (!request) return
    if (message.event) {
      if (request.untilFinal && isFinal(message.event)) this.#pending.delete(message.id)
      request.onEvent?.(message.event)
    } else if (message.error) {
      this.#pending.delete(message.id)
      request.reject(new ThawError(message.error.code, message.error.message))
    } else {
      if (!request.untilFinal) this.#pending.delete(message.id)
      request.resolve(message.ok)
    }
  }

  close(error = new ThawError('closed', 'The engine was closed.')) {
    if (!this.#worker) return
    this.#worker.terminate()
    this.#worker = null
    const requests = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject, onEvent, untilFinal } of requests) {
      reject(error)
      if (untilFinal) onEvent?.({ kind: 'failed', message: error.message, code: error.code })
    }
    if (error.code !== 'closed') this.#onNotice({ level: 'error', message: error.message })
  }
}

const cancelled = () => new ThawError('cancelled', 'Cancelled.')
const isFinal = event => ['done', 'cancelled', 'failed'].includes(event.kind)

/** @param {Channel} channel @param {any} engine @returns {import('./thaw.d.ts').Thaw} */
function thaw(channel, engine) {
  const call = name => (/** @type {object} */ args = {}) => channel.call(name, args)
  /** @param {string} name @param {object} args @param {{ onProgress?: (p: any) => void, signal?: AbortSignal }} [options] */
  const withProgress = (name, args, { onProgress, signal } = {}) => channel.call(name, args, { onEvent: onProgress, signal })

  return {
    engine,
    use: way => channel.call('engine.use', { way }).then(news => Object.assign(engine, news)),
    model: {
      configure: (change, options) => withProgress('model.configure', change, options),
      describe: call('model.describe'),
      nameOutputs: names => channel.call('model.nameOutputs', { names }),
    },
    weights: {
      list: call('weights.list'),
      import: (source, { name, ...options } = {}) =>
        withProgress('weights.import', typeof source === 'string' ? { url: source, name } : source instanceof Blob ? { file: source, name: name ?? nameOf(source) } : { files: [...source] }, options),
      use: (id, options) => withProgress('weights.use', { id }, options),
      remove: id => channel.call('weights.remove', { id }),
      synthesize: call('weights.synthesize'),
    },
    data: {
      add: (className, files, { group, browserDecoded, ...options } = {}) => withProgress('data.add', { class: className, files: named(files, group), browserDecoded }, options),
      survey: (files, { encoding, ...options } = {}) => withProgress('data.survey', { files: [...files], encoding }, options),
      take: (survey, choice, options) => withProgress('data.take', { survey: survey.id, choice }, options),
      addWorld: (world, options) => channel.call('data.addWorld', { world, ...options }),
      worlds: call('data.worlds'),
      worldPicture: world => channel.call('data.worldPicture', { world }),
      list: call('data.list'),
      rename: (className, to) => channel.call('data.rename', { class: className, to }),
      removeClass: className => channel.call('data.removeClass', { class: className }),
      remove: ids => channel.call('data.remove', { ids }),
      clear: call('data.clear'),
      move: (ids, className) => channel.call('data.move', { ids, class: className }),
      merge: (from, into) => channel.call('data.merge', { from, into }),
      alike: call('data.alike'),
      keepTogether: ids => channel.call('data.keepTogether', { ids }),
      undo: call('data.undo'),
      redo: call('data.redo'),
      thumbnail: id => channel.call('data.thumbnail', { id }),
    },
    recognise: files => channel.call('recognise', { files: [...files] }),
    plan: (spec, options) => channel.call('plan', { spec, options }),
    train: (plan, options, onEvent) => train(channel, plan, options, onEvent),
    probe: (trainOptions, options) => withProgress('probe', { options: trainOptions }, options),
    predict: file => channel.call('predict', { file }),
    export: format => channel.call('export', { format }),
    reset: call('reset'),
    benchmark: call('benchmark'),
    close: () => channel.close(),
  }
}

async function train(channel, plan, options, onEvent) {
  const done = Promise.withResolvers()
  done.promise.catch(() => {}) // whoever listens to events only has heard of the failure
  const hear = event => {
    if (event.kind === 'failed') done.reject(new ThawError(event.code ?? 'internal', event.message))
    else if (isFinal(event)) done.resolve(event.result)
    onEvent?.(event)
  }
  const spec = 'spec' in plan ? plan.spec : plan
  const { run } = await channel.call('train', { spec, options }, { onEvent: hear, untilFinal: true })
  return {
    id: run,
    pause: () => channel.call('run.pause', { run }),
    resume: () => channel.call('run.resume', { run }),
    cancel: () => channel.call('run.cancel', { run }),
    done: done.promise,
  }
}

/** @param {Iterable<Blob | File>} files @param {string} [group] */
const named = (files, group) => Array.from(files, (file, i) => ({ name: nameOf(file) ?? `image ${i + 1}`, file, group }))
const nameOf = file => ('name' in file ? file.name : undefined)
