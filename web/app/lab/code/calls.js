// Calls: of the code's own functions, of what Python brings, of the libraries' names.
import { evaluate, short } from './expressions.js'
import { apply, construct } from './keras.js'
import { compare } from './operators.js'
import { run } from './statements.js'
import { attribute, isA } from './attributes.js'
import { Float, Func, Layer, Made, Model, Module, Native, Raised, TooLong, Tuple, Unknown, Unread, isNumber, isUnknown, items, maxList, number, text, truth } from './values.js'

/** @typedef {import('./machine.js').Machine} Machine */

/** @param {Machine} m @param {any} f @param {any[]} args @param {Map<string, any>} named @param {import('./tree.js').Node} node */
export function call(m, f, args, named, node) {
  if (f instanceof Native) return f.call(args, named, m, node)
  if (f instanceof Func) return callOwn(m, f, args, named)
  if (f instanceof Module) return construct(m, f, args, named, node)
  if (f instanceof Model || f instanceof Layer) return apply(m, f, args, named)
  if (f instanceof Made) return new Unknown(`what \`${short(node)}\` gives is not known`)
  if (!isUnknown(f)) throw new Raised(`\`${short(node.kids[0])}\` cannot be called`)
  // A function that stands nowhere may do anything with a network that it is given.
  if (namesNetwork(args) || namesNetwork([...named.values()])) {
    if (harmless.test(node.kids[0].text)) return new Unknown(`what \`${short(node)}\` gives is not known`)
    m.problem(node.line, `what \`${short(node)}\` does with the network is not in this code`)
  }
  return new Unknown(f.why)
}

const harmless = /plot|show|print|summar|eval|save|count|visual|draw|display|predict|test|report|export|load_weights|memory|size|train|fit/i
const namesNetwork = values => values.some(v => v instanceof Model || v instanceof Layer || (Array.isArray(v) && v.some(x => x instanceof Model || x instanceof Layer)))

const maxCalls = 20 // functions within functions

function callOwn(m, f, args, named) {
  if (m.depth >= maxCalls) throw new TooLong()
  const values = bind(m, f, args, named)
  m.depth++
  try {
    return m.within(f.scope, () => {
      for (const [name, value] of values) m.scope.vars.set(name, value)
      if (f.name === 'lambda') return evaluate(m, f.body)
      return run(m, f.body)?.returned ?? null
    })
  } finally {
    m.depth--
  }
}

/** @returns {Map<string, any>} */
function bind(m, f, args, named) {
  const values = new Map()
  let i = 0
  for (const { name, kind, standard } of f.parameters) {
    if (kind === '*') {
      values.set(name, Tuple.from(args.slice(i)))
      i = args.length
    } else if (kind === '**') values.set(name, new Map([...named].filter(([key]) => !values.has(key))))
    else if (i < args.length) values.set(name, args[i++])
    else if (named.has(name)) values.set(name, named.get(name))
    else if (standard !== undefined) values.set(name, standard)
    else if (named.has('**')) values.set(name, named.get('**'))
    else throw new Raised(`\`${f.name}\` is called without \`${name}\``)
  }
  return values
}

// What Python brings ----------------------------------------------------------------

const wholes = list => list.find(v => typeof v !== 'number' && !isUnknown(v)) !== undefined

function range(args, m) {
  const unknown = args.find(isUnknown)
  if (unknown) return unknown
  if (!args.length || wholes(args)) throw new Raised('`range` takes whole numbers: `/` gives none, `//` does')
  const [start, stop, step] = args.length === 1 ? [0, args[0], 1] : [args[0], args[1], args[2] ?? 1]
  if (step === 0) throw new Raised('`range` cannot go in steps of 0')
  const n = Math.max(0, Math.ceil((stop - start) / step))
  if (n > maxList) throw new TooLong()
  m.spend(n)
  return Array.from({ length: n }, (_, i) => start + i * step)
}

/** A function of lists, which is unknown where one of these is. */
const ofLists = make => new Native('', (args, named, m) => {
  try {
    return make(args.map(list => items(m, list)), named, m)
  } catch (error) {
    if (error instanceof Unread) return new Unknown(error.message)
    throw error
  }
})

function length(v, m) {
  if (isUnknown(v)) return v
  if (v instanceof Map || v instanceof Set) return v.size
  if (Array.isArray(v) || typeof v === 'string') return v.length
  if (v instanceof Model || v instanceof Layer || isNumber(v)) throw new Raised('Python can count the length of lists only: len(model.layers), not len(model)')
  return new Unknown('a length is not known')
}

function whole(v, m) {
  if (isUnknown(v)) return v
  if (isNumber(v)) return Number.isFinite(number(v)) ? Math.trunc(number(v)) : new Unknown('a number is too large')
  if (typeof v === 'string' && /^\s*[-+]?\d+\s*$/.test(v)) return Number(v)
  throw new Raised('`int` of this is no number')
}

function extreme(args, sign, m) {
  const list = args.length === 1 ? items(m, args[0]) : args
  if (!list.length) throw new Raised('there is nothing to choose the largest or smallest of')
  return list.reduce((best, v) => {
    const better = compare(m, sign, v, best)
    return isUnknown(better) ? better : better ? v : best
  })
}

/** Whether all, or any, hold: `decides` is what ends the search. */
const quantifier = decides => ofLists(([list]) => {
  let unknown = null
  for (const v of list) {
    const holds = truth(v)
    if (isUnknown(holds)) unknown = holds
    else if (holds === decides) return decides
  }
  return unknown ?? !decides
})

const plain = (name, make) => new Native(name, (args, named, m, node) => make(args, m, named, node))
const silent = plain('', () => null)

/** @type {Record<string, any>} */
export const builtins = {
  print: silent, display: silent, super: plain('super', () => new Unknown('classes are not read')),
  len: plain('len', ([v], m) => length(v, m)),
  range: plain('range', range),
  xrange: plain('range', range),
  enumerate: ofLists(([list], named) => list.map((v, i) => Tuple.from([i + Number(named.get('start') ?? 0), v]))),
  reversed: ofLists(([list]) => [...list].reverse()),
  list: ofLists(([list = []]) => [...list]),
  tuple: ofLists(([list = []]) => Tuple.from(list)),
  set: ofLists(([list = []]) => new Set(list)),
  frozenset: ofLists(([list = []]) => new Set(list)),
  zip: ofLists(lists => Array.from({ length: Math.min(...lists.map(list => list.length), lists.length ? Infinity : 0) }, (_, i) => Tuple.from(lists.map(list => list[i])))),
  sum: ofLists(([list]) => (list.every(v => typeof v === 'number' || typeof v === 'boolean') ? list.reduce((a, b) => a + Number(b), 0) : list.find(isUnknown) ?? new Unknown('a sum is not known'))),
  any: quantifier(true),
  all: quantifier(false),
  sorted: ofLists(([list], named, m) => {
    if (named.has('key') || list.some(v => typeof v !== typeof list[0] || !['number', 'string'].includes(typeof v))) return new Unknown('this order is not read')
    m.spend(list.length * 10)
    const order = [...list].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    return truth(named.get('reverse') ?? false) === true ? order.reverse() : order
  }),
  map: plain('map', ([f, list], m, named, node) => (isUnknown(list) ? list : items(m, list).map(v => call(m, f, [v], new Map(), node)))),
  filter: plain('filter', ([f, list], m, named, node) => {
    if (isUnknown(list)) return list
    const kept = []
    for (const v of items(m, list)) {
      const holds = truth(f === null ? v : call(m, f, [v], new Map(), node))
      if (isUnknown(holds)) return holds
      if (holds) kept.push(v)
    }
    return kept
  }),
  min: plain('min', (args, m, named) => (named.size ? new Unknown('this choice is not read') : extreme(args, '<', m))),
  max: plain('max', (args, m, named) => (named.size ? new Unknown('this choice is not read') : extreme(args, '>', m))),
  int: plain('int', ([v = 0], m) => whole(v, m)),
  round: plain('round', ([v, digits], m) => (isUnknown(v) ? v : digits === undefined && isNumber(v) ? halfToEven(number(v)) : new Unknown('this is not read'))),
  float: plain('float', ([v = 0]) => (isUnknown(v) ? v : isNumber(v) ? new Float(number(v)) : new Unknown('this number is not read'))),
  abs: plain('abs', ([v]) => (isUnknown(v) ? v : v instanceof Float ? new Float(Math.abs(v.value)) : isNumber(v) ? Math.abs(Number(v)) : new Unknown('this is not read'))),
  bool: plain('bool', ([v = false]) => truth(v)),
  str: plain('str', ([v = '']) => text(v)),
  isinstance: plain('isinstance', ([v, cls], m) => isA(m, v, cls)),
  type: plain('type', ([v], m) => (v instanceof Layer || v instanceof Model ? attribute(m, v, '__class__') : new Unknown('a type is not known'))),
  id: plain('id', () => new Unknown('an id is not known')),
  dict: plain('dict', (args, m, named) => (args[0] instanceof Map || !args.length ? new Map([...(args[0] ?? []), ...named]) : new Unknown('this dict is not read'))),
  getattr: plain('getattr', ([v, name, standard], m, named, node) => (typeof name !== 'string' ? new Unknown('the name of an attribute is not known') : standard !== undefined && !has(m, v, name) ? standard : attribute(m, v, name, node))),
  hasattr: plain('hasattr', ([v, name], m) => (typeof name !== 'string' || isUnknown(v) ? new Unknown('whether it has this attribute is not known') : has(m, v, name))),
  setattr: plain('setattr', ([v, name, value], m, named, node) => void m.setAttribute(v, name, value, node)),
}

const halfToEven = x => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))

function has(m, v, name) {
  try {
    const found = attribute(m, v, name)
    return !(isUnknown(found) && v instanceof Layer) || new Unknown(`whether it has \`${name}\` is not known`)
  } catch (error) {
    if (error instanceof Raised) return false
    throw error
  }
}
