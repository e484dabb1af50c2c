// The public module of Thaw: a thin client of worker.js, by PROTOCOL.md.
// What each call takes and gives is written once, in thaw.d.ts.
import { startEngine } from './start-engine.js'

export class ThawError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message)
    this.name = 'ThawError'
    this.code = code
  }
}

/** @param {import('./thaw.d.ts').OpenOptions} [options] */
export async function open({ onNotice, onEngine, onKeeping, base, ...options } = {}) {
  const worker = await startEngine(base).catch(error => {
    throw new ThawError('invalid', `The engine's worker could not be started (${error.message}): base is the address, ending in /, of the folder that worker.js lies in.`)
  })
  const engine = {}
  const update = news => { Object.assign(engine, news); onEngine?.(engine) }
  const channel = new Channel(worker, onNotice, update, onKeeping)
  update(await channel.call('open', options))
  return answering(thaw(channel, engine))
}

/** Requests under way, by id: a promise's two ends and where its events go. */
class Channel {
  /** @type {Worker | null} */ #worker
  #pending = new Map()
  #lastID = 0
  #onNotice
  #onEngine
  #onKeeping
  #heard = false // the worker has begun
  #persisting = false // the browser was asked to keep what is kept

  constructor(worker, onNotice, onEngine, onKeeping) {
    this.#worker = worker
    this.#onEngine = onEngine
    this.#onNotice = onNotice ?? (() => {})
    this.#onKeeping = onKeeping
    worker.onmessage = ({ data }) => this.#receive(data)
    worker.onerror = event => {
      event.preventDefault?.()
      this.close(this.#heard ? gone() : new ThawError('network', notThere))
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
      this.#worker.postMessage({ id, call: name, args }) // first: it throws what cannot be sent
      this.#pending.set(id, { resolve, reject, onEvent, untilFinal })
      // The caller is told at once; what the worker still says of this id is dropped.
      signal?.addEventListener('abort', () => {
        if (!this.#pending.delete(id)) return
        this.#worker?.postMessage({ id, abort: true })
        reject(cancelled())
      }, { once: true })
    })
  }

  #receive(message) {
    this.#heard = true
    if (message.notice) return this.#onNotice(message.notice)
    if (message.engine) return this.#onEngine(message.engine)
    if (message.alive) return void this.#watch(message.alive).catch(() => {})
    if (message.kept) return this.#persist()
    if (message.keeping) {
      if (message.keeping.id) this.#persist()
      return this.#onKeeping?.(message.keeping)
    }
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

  /**
   * Waits for the lock that the worker holds as long as it lives. One that is free at once tells
   * nothing: in Chromium, where site data was cleared since the page was loaded, a new worker's
   * locks are none of the page's.
   */
  async #watch(name) {
    const held = await navigator.locks.request(name, { ifAvailable: true }, lock => !lock)
    if (held) await navigator.locks.request(name, () => this.close(gone()))
  }

  /** Asked when there is something to lose, once: a browser may ask the person. Workers may not. */
  async #persist() {
    if (this.#persisting) return
    this.#persisting = true
    await navigator.storage?.persist?.().catch(() => {})
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
    if (error.code !== 'closed') this.#onNotice({ level: 'error', message: error.message, ended: true })
  }
}

const notThere = 'The engine could not be loaded: go online and reload the page; if that does not help, worker.js is not where the page looks for it (open({ base })), or its policy forbids it.'
const gone = () => new ThawError('internal', 'The engine stopped: reload the page. What is kept on this machine stays.')
const cancelled = () => new ThawError('cancelled', 'Cancelled.')
const isFinal = event => ['done', 'cancelled', 'failed'].includes(event.kind)

/** @param {Channel} channel @param {any} engine @returns {import('./thaw.d.ts').Thaw} */
function thaw(channel, engine) {
  const call = name => (/** @type {object} */ args = {}) => channel.call(name, args)
  /** @param {string} name @param {object} args @param {{ onProgress?: (p: any) => void, signal?: AbortSignal }} [options] */
  const withProgress = (name, args, { onProgress, signal } = {}) => channel.call(name, args, { onEvent: onProgress, signal })
  /** @param {string} name @param {object} args @param {{ onResult?: (answer: any) => void, onProgress?: (p: any) => void, signal?: AbortSignal }} [options] */
  const withAnswers = (name, args, { onResult, onProgress, signal } = {}) =>
    channel.call(name, args, { onEvent: event => (event.answer ? onResult?.(event.answer) : onProgress?.(event)), signal })

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
      import: (source, { name, bytes, sha256, ...options } = {}) =>
        withProgress('weights.import', typeof source === 'string' ? { url: source, name, bytes, sha256 } : source instanceof Blob ? { file: source, name: name ?? nameOf(source), bytes, sha256 } : { files: [...source] }, options),
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
      exclude: ids => channel.call('data.exclude', { ids }),
      include: ids => channel.call('data.include', { ids }),
      alike: call('data.alike'),
      keepTogether: ids => channel.call('data.keepTogether', { ids }),
      undo: call('data.undo'),
      redo: call('data.redo'),
      thumbnail: id => channel.call('data.thumbnail', { id }),
      test: options => withAnswers('data.test', {}, options),
    },
    recognise: files => channel.call('recognise', { files: [...files] }),
    plan: (spec, options) => channel.call('plan', { spec, options }),
    train: (plan, options, onEvent) => run(channel, 'train', { spec: 'spec' in plan ? plan.spec : plan, options }, onEvent),
    projects: {
      list: call('projects.list'),
      open: (id, { lose, ...options } = {}) => withProgress('projects.open', { id, lose }, options),
      begin: call('projects.begin'),
      rename: (id, name) => channel.call('projects.rename', { id, name }),
      duplicate: (id, options) => withProgress('projects.duplicate', { id }, options),
      remove: id => channel.call('projects.remove', { id }),
      export: options => withProgress('projects.export', {}, options),
      import: (file, options) => withProgress('projects.import', { file }, options),
      note: page => channel.call('projects.note', { page }),
      kept: call('projects.kept'),
      goOn: onEvent => run(channel, 'projects.goOn', {}, onEvent),
      forget: call('projects.forget'),
      useRun: (run, options) => withProgress('projects.useRun', { run }, options),
    },
    experiment: {
      get: call('experiment.get'),
      start: (description, { replace } = {}, onEvent) => queue(channel, 'experiment.start', { description, replace }, onEvent),
      repeat: (file, { replace } = {}, onEvent) => queue(channel, 'experiment.repeat', { file, replace }, onEvent),
      goOn: onEvent => queue(channel, 'experiment.goOn', {}, onEvent),
      forget: call('experiment.forget'),
    },
    probe: (trainOptions, options) => withProgress('probe', { options: trainOptions }, options),
    predict: (file, options) => channel.call('predict', { file, ...options }),
    explain: (picture, { onProgress, signal, ...choice } = {}) => withProgress('explain', typeof picture === 'number' ? { image: picture, ...choice } : { file: picture, ...choice }, { onProgress, signal }),
    predictFiles: (files, { source, encoding, ...options } = {}) => withAnswers('predictFiles', { files: [...files], source, encoding }, options),
    predicted: call('predicted'),
    predictedThumbnail: index => channel.call('predictedThumbnail', { index }),
    export: (format, options) => channel.call('export', { format, ...options }),
    reset: call('reset'),
    storage,
    benchmark: call('benchmark'),
    close: () => channel.close(),
  }
}

/**
 * Every failure of a call is a rejection by a ThawError, also of arguments that cannot even be sent.
 * @template {object} T @param {T} calls @returns {T}
 */
function answering(calls) {
  const one = ([name, call]) => {
    if (name === 'engine' || name === 'close') return [name, call]
    if (typeof call !== 'function') return [name, answering(call)]
    return [name, async (...args) => {
      try {
        return await call(...args)
      } catch (error) {
        throw error instanceof ThawError ? error : new ThawError('invalid', `These arguments do not fit ${name} (${String(error?.message ?? error).replace(/\.$/, '')}).`)
      }
    }]
  }
  return /** @type {T} */ (Object.fromEntries(Object.entries(calls).map(one)))
}

/** Answered here: the browser says it to the page as to a worker. @returns {Promise<import('./thaw.d.ts').StorageInfo>} */
async function storage() {
  const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {}
  const persisted = await navigator.storage?.persisted?.().catch(() => false)
  return { used: usage ?? null, free: quota === undefined ? null : Math.max(quota - (usage ?? 0), 0), persisted: Boolean(persisted) }
}

/** A run that `name` starts. */
async function run(channel, name, args, onEvent) {
  const { reply: { run }, done } = await lasting(channel, name, args, onEvent)
  return { id: run, ...steered(channel, 'run', { run }), done }
}

/** An experiment that `name` starts. */
async function queue(channel, name, args, onEvent) {
  const { done } = await lasting(channel, name, args, onEvent)
  return { ...steered(channel, 'experiment', {}), done }
}

const steered = (channel, of, args) => ({
  pause: () => channel.call(`${of}.pause`, args),
  resume: () => channel.call(`${of}.resume`, args),
  cancel: () => channel.call(`${of}.cancel`, args),
})

/** What `name` starts, and a promise of its end. */
async function lasting(channel, name, args, onEvent) {
  const done = Promise.withResolvers()
  done.promise.catch(() => {}) // whoever listens to events only has heard of the failure
  const hear = event => {
    if (event.kind === 'failed') done.reject(new ThawError(event.code ?? 'internal', event.message))
    else if (isFinal(event)) done.resolve(event.result)
    onEvent?.(event)
  }
  const reply = await channel.call(name, args, { onEvent: hear, untilFinal: true })
  return { reply, done: done.promise }
}

/** @param {Iterable<Blob | File>} files @param {string} [group] */
const named = (files, group) => Array.from(files, (file, i) => ({ name: nameOf(file) ?? `image ${i + 1}`, file, group }))
const nameOf = file => ('name' in file ? file.name : undefined)
