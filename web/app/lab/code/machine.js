// What a reading knows at a line: names, the networks that were made, who set which flag,
// and the bounds that keep any text from taking long.
import { setAttribute } from './attributes.js'
import { builtins } from './calls.js'
import { assignAll, evaluate, short } from './expressions.js'
import { assumedNetwork, known } from './keras.js'
import { Layer, Model, TooLong, Unknown, isUnknown } from './values.js'

/** @typedef {import('./tree.js').Node} Node */
/** @typedef {{ line: number, sentence: string }} Remark */
/** @typedef {{ line: number, value: boolean, picked: Set<Layer>, changed: Set<Layer> }} Setting   one statement that sets flags */

const maxSteps = 600_000

class Scope {
  constructor(parent) {
    this.vars = new Map()
    this.parent = parent
    this.elsewhere = new Set() // names declared global or nonlocal
  }
  get(name) {
    for (let scope = /** @type {Scope | null} */ (this); scope; scope = scope.parent) if (scope.vars.has(name)) return scope.vars.get(name)
    return undefined
  }
  set(name, value) {
    if (this.elsewhere.has(name) && this.parent) this.parent.set(name, value)
    else this.vars.set(name, value)
  }
}

export class Machine {
  /** @param {import('../../../thaw.js').ModelInfo} network the full one @param {2 | 3} keras @param {string} text @param {(line: number) => string} where names a line @param {{ dense: number }} head the page's */
  constructor(network, keras, text, where, head) {
    Object.assign(this, { network, keras, text, where, head })
    this.globals = this.scope = new Scope(null)
    this.line = 1
    this.depth = 0
    this.steps = 0
    this.numbers = new Map() // how many layers of a class were named
    /** @type {Remark[]} */ this.problems = [] // what decides and cannot be read
    /** @type {Remark[]} */ this.notes = []
    /** @type {Remark[]} */ this.assumed = []
    /** @type {Map<Node, Setting>} */ this.settings = new Map()
    /** @type {Map<Layer, Setting>} */ this.last = new Map() // who set a layer's flag last
    /** @type {Model[]} */ this.bases = []
    /** @type {Model[]} */ this.models = []
    /** @type {Set<string>} */ this.varies = new Set() // layers that vary images
    /** @type {Record<string, any>} */ this.offers = {} // settings of the page that the code names
    this.phases = [] // of training: see keras.js
    this.other = null // another network that the code makes
    this.extracted = null // the line where features are computed ahead
    this.flagged = 0 // line of the last flag
    this.compiledAt = 0
    this.aliases = new Set(network.layers.map(layer => layer.alias).filter(Boolean))
  }

  spend(n) {
    this.steps += n
    if (this.steps > maxSteps) throw new TooLong()
  }

  problem(line, sentence) {
    remark(this.problems, line, sentence)
  }
  assume(sentence) {
    remark(this.assumed, this.line, sentence)
  }
  note(line, sentence) {
    remark(this.notes, line, sentence)
  }

  // Names ---------------------------------------------------------------------

  lookup(name) {
    const found = this.scope.get(name)
    if (found !== undefined) return found
    if (Object.hasOwn(builtins, name)) return builtins[name]
    return known(name) ?? assumedNetwork(this, name) ?? new Unknown(`\`${name}\` is not made in this code`)
  }

  /** @param {Node} target */
  assign(target, value) {
    switch (target.type) {
      case 'VariableName': return this.scope.set(target.text, value)
      case 'TupleExpression': case 'ArrayExpression': return assignAll(this, target.kids.slice(1, -1), value)
      case 'ParenthesizedExpression': return this.assign(target.kids[1], value)
      case 'MemberExpression': return this.assignMember(target, value)
    }
    return undefined
  }

  assignMember(target, value) {
    const object = evaluate(this, target.kids[0])
    if (target.kids[1]?.type === '.') return this.setAttribute(object, target.kids[2]?.text, value, target)
    const inside = target.kids.slice(2, -1)
    const key = inside.length === 1 ? evaluate(this, inside[0]) : new Unknown('')
    if (object instanceof Map && !isUnknown(key)) object.set(key, value)
    else if (Array.isArray(object) && typeof key === 'number' && Math.abs(key) <= object.length && object.length) object[key < 0 ? key + object.length : Math.min(key, object.length - 1)] = value
    else if (Array.isArray(object)) this.problem(target.line, `what \`${short(target)}\` sets is not read`)
    return undefined
  }

  setAttribute(v, name, value, node) {
    setAttribute(this, v, name, value, node)
  }

  /** Runs in a scope of its own. */
  inner(work) {
    return this.within(this.scope, work)
  }
  within(parent, work) {
    const before = this.scope
    this.scope = new Scope(parent)
    try {
      return work()
    } finally {
      this.scope = before
    }
  }

  // Flags -----------------------------------------------------------------------

  /** Of a layer, or of a model and all in it. @param {Node} node of the statement */
  setTrainable(target, value, node) {
    let setting = this.settings.get(node)
    if (!setting) this.settings.set(node, (setting = { line: node.line, value, picked: new Set(), changed: new Set() }))
    setting.value = value
    this.flagged = node.line
    this.setFlag(target, value, setting)
  }
  setFlag(target, value, setting) {
    this.spend(1)
    if (target instanceof Model) {
      // TensorFlow's objects pass over an assignment of what is there already, before Keras 3 hears of it.
      if (this.keras === 3 && target.trainable === value) {
        const other = target.layers.some(layer => layer.trainable !== value)
        if (!other) for (const layer of target.layers) setting.picked.add(layer)
        else this.note(setting.line, `changes nothing in Keras 3 on TensorFlow: the model's own \`trainable\` is ${value ? 'True' : 'False'} already, so its layers are not set again; set them one by one`)
        return
      }
      target.trainable = value
      for (const layer of target.layers) this.setFlag(layer, value, setting)
      return
    }
    setting.picked.add(target)
    if (target.trainable !== value) setting.changed.add(target)
    target.trainable = value
    this.last.set(target, setting)
  }

  /** An arithmetic operation on a symbolic output: in Keras 2 a layer, in Keras 3 none of model.layers. */
  operation(tensor) {
    return this.keras === 2 ? tensor.after(new Layer(this.autoName('tf_op_lambda'), 'TFOpLambda')) : tensor
  }

  /** conv2d, conv2d_1, ...: as Keras names what has no name. */
  autoName(prefix) {
    const n = this.numbers.get(prefix) ?? 0
    this.numbers.set(prefix, n + 1)
    return n ? `${prefix}_${n}` : prefix
  }

  /** Two values are compared: a layer's old name that no layer has any more is worth a word. */
  compared(a, b) {
    for (const name of [a, b]) {
      if (typeof name === 'string' && this.aliases.has(name)) this.note(this.line, `'${name}' was a layer's name in old versions of Keras 2, and is none now: no layer is equal to it`)
    }
  }
}

function remark(list, line, sentence) {
  if (list.length < 50 && !list.some(old => old.line === line && old.sentence === sentence)) list.push({ line, sentence })
}
