// What Python's names can stand for here. Whole numbers, texts, truth values and None are
// JavaScript's own; lists are arrays, dicts are Maps, sets are Sets.

/** Something that this reader does not know. `why` is half a sentence: "`x` is not made in this code". */
export class Unknown {
  constructor(why) {
    this.why = why
  }
}

/** Not a whole number: 3.0 is none in Python. */
export class Float {
  constructor(value) {
    this.value = value
  }
}

export class Tuple extends Array {}

/** A name of a library: keras.layers.Dense. */
export class Module {
  constructor(path) {
    this.path = path
  }
  get last() {
    return this.path.slice(this.path.lastIndexOf('.') + 1)
  }
}

/** What calling a library's name gives: an optimizer, a loss, a callback. */
export class Made {
  constructor(path, args, named) {
    this.path = path
    this.args = args
    this.named = named
  }
}

/** A function of the pasted code. */
export class Func {
  constructor(name, parameters, body, scope, line) {
    Object.assign(this, { name, parameters, body, scope, line })
  }
}

/** A function that the reader knows. */
export class Native {
  constructor(name, call) {
    this.name = name
    this.call = call
  }
}

export class Layer {
  /** @param {string} name @param {string} cls @param {{ parameters?: number, at?: number | null, named?: Map<string, any>, args?: any[], line?: number }} [more] at: index in the network */
  constructor(name, cls, { parameters = 0, at = null, named = new Map(), args = [], line = 0 } = {}) {
    Object.assign(this, { name, cls, parameters, at, named, args, line })
    this.trainable = true
  }
}

export class Model {
  constructor(name, cls, layers, line = 0) {
    Object.assign(this, { name, cls, layers, line })
    this.trainable = true // its own flag, beside those of its layers
    this.isBase = false
    this.inference = new Set() // models in it that are called with training=False
    this.holds = false // and that holds in Keras 3 too: by a layer's own call
    this.compiled = null
    this.traced = null
    this.cut = null // after which layer, where it is not the whole network
    this.branched = false
  }
}

/** A symbolic output: what was applied so far, in order. */
export class Tensor {
  constructor(nodes, { cut = null, branched = false, inference = new Set() } = {}) {
    Object.assign(this, { nodes, cut, branched, inference })
  }
  after(node, inference = false) {
    const kept = inference ? new Set(this.inference).add(node) : this.inference
    return new Tensor(this.nodes.includes(node) ? this.nodes : [...this.nodes, node], { cut: this.cut, branched: this.branched, inference: kept })
  }
}

/** Python stops here with an error: what it is, in a sentence. */
export class Raised extends Error {}
/** What stands here is not known, and it decides something. */
export class Unread extends Error {}
/** The reader's own bounds. */
export class TooLong extends Error {}

export const isNumber = v => typeof v === 'number' || typeof v === 'boolean' || v instanceof Float
export const number = v => (v instanceof Float ? v.value : Number(v))
export const isUnknown = v => v instanceof Unknown

/** Python's bool(): true, false, or the Unknown that decides it. */
export function truth(v) {
  if (v instanceof Unknown) return v
  if (v === null || v === false || v === '') return false
  if (isNumber(v)) return number(v) !== 0
  if (Array.isArray(v)) return v.length > 0
  if (v instanceof Map || v instanceof Set) return v.size > 0
  return true
}

/** Python's ==, or an Unknown. */
export function equal(a, b, depth = 0) {
  if (a instanceof Unknown) return a
  if (b instanceof Unknown) return b
  if (isNumber(a) && isNumber(b)) return number(a) === number(b)
  if (a instanceof Module && b instanceof Module) return a.last === b.last
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length || a instanceof Tuple !== b instanceof Tuple || depth > 20) return false
    for (let i = 0; i < a.length; i++) {
      const same = equal(a[i], b[i], depth + 1)
      if (same !== true) return same
    }
    return true
  }
  return a === b
}

/** What str() gives, or an Unknown. */
export function text(v) {
  if (v instanceof Unknown) return v
  if (v === null) return 'None'
  if (v === true) return 'True'
  if (v === false) return 'False'
  if (v instanceof Float) return Number.isInteger(v.value) ? v.value.toFixed(1) : String(v.value)
  if (typeof v === 'string' || typeof v === 'number') return String(v)
  return new Unknown('a value is turned into text')
}

export const maxList = 100_000

/** What a for loop would go through. Throws an Unread where that is not known. */
export function items(m, value) {
  if (value instanceof Unknown) throw new Unread(value.why)
  const list = Array.isArray(value) ? value : typeof value === 'string' ? [...value] : value instanceof Map ? [...value.keys()] : value instanceof Set ? [...value] : null
  if (!list) throw value === null || isNumber(value) ? new Raised('Python cannot go through this') : new Unread('what is gone through here is not known')
  m.spend(list.length)
  return list
}
