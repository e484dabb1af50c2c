// Python's expressions, evaluated on values that are known and Unknowns where they are not.
// Read evaluate, then the readers by type of node.
import { attribute } from './attributes.js'
import { call } from './calls.js'
import { arithmetic, compare } from './operators.js'
import { parameters } from './statements.js'
import { formatted, literal } from './strings.js'
import { Float, Func, Raised, Tensor, TooLong, Tuple, Unknown, Unread, isNumber, isUnknown, items, maxList, truth } from './values.js'

/** @typedef {import('./tree.js').Node} Node @typedef {import('./machine.js').Machine} Machine */

/** @param {Machine} m @param {Node} node @returns {any} */
export function evaluate(m, node) {
  m.spend(1)
  if (!node) return new Unknown('a part is missing')
  const read = readers[node.type]
  return read ? read(m, node) : new Unknown(`\`${short(node)}\` is not read here`)
}

export const short = node => {
  const line = node.text.replace(/\s+/g, ' ')
  return line.length > 50 ? line.slice(0, 47) + '…' : line
}

/** @type {Record<string, (m: Machine, node: Node) => any>} */
const readers = {
  Number: (_, node) => numeral(node.text),
  String: (_, node) => literal(node.text),
  ContinuedString: (m, node) => join(node.kids.map(kid => evaluate(m, kid))),
  FormatString: (m, node) => formatted(m, node, evaluate),
  Boolean: (_, node) => node.text === 'True',
  None: () => null,
  VariableName: (m, node) => m.lookup(node.text),
  ParenthesizedExpression: (m, node) => evaluate(m, node.kids[1] ?? node),
  ArrayExpression: (m, node) => elements(m, node),
  TupleExpression: (m, node) => Tuple.from(elements(m, node)),
  SetExpression: (m, node) => setOf(elements(m, node)),
  DictionaryExpression: dictionary,
  ArrayComprehensionExpression: (m, node) => comprehension(m, node.kids.slice(1, -1)),
  ComprehensionExpression: (m, node) => comprehension(m, node.kids.slice(1, -1)),
  SetComprehensionExpression: (m, node) => setOf(comprehension(m, node.kids.slice(1, -1))),
  DictionaryComprehensionExpression: (m, node) => dictComprehension(m, node.kids.slice(1, -1)),
  UnaryExpression: unary,
  BinaryExpression: binary,
  ConditionalExpression: (m, { kids: [yes, , condition, , no] }) => {
    const holds = truth(evaluate(m, condition))
    return isUnknown(holds) ? holds : evaluate(m, holds ? yes : no)
  },
  NamedExpression: (m, { kids }) => {
    const value = evaluate(m, kids.at(-1))
    m.scope.set(kids[0].text, value)
    return value
  },
  LambdaExpression: (m, node) => new Func('lambda', parameters(m, node.kids.find(kid => kid.type === 'ParamList')), node.kids.at(-1), m.scope, node.line),
  MemberExpression: member,
  CallExpression: (m, node) => {
    const f = evaluate(m, node.kids[0])
    const { args, named } = argumentsOf(m, node.kids[1])
    return call(m, f, args, named, node)
  },
}

function numeral(text) {
  const plain = text.replaceAll('_', '')
  if (/j$/i.test(plain)) return new Unknown('complex numbers are not read')
  if (/^0[xob]/i.test(plain)) return Number(plain)
  return /[.e]/i.test(plain) ? new Float(Number(plain)) : Number(plain)
}

const join = parts => parts.find(isUnknown) ?? parts.join('')

/** The parts of a list between its commas, each a list of nodes. @param {Node[]} kids */
export function split(kids) {
  const parts = [[]]
  for (const kid of kids) {
    if (kid.type === ',') parts.push([])
    else parts.at(-1).push(kid)
  }
  return parts.filter(part => part.length)
}

function elements(m, node) {
  const list = []
  for (const part of split(node.kids.slice(1, -1))) {
    if (part[0].type === '*') list.push(...items(m, evaluate(m, part[1])))
    else list.push(evaluate(m, part[0]))
  }
  m.spend(list.length)
  return list
}

const setOf = list => (isUnknown(list) ? list : list.find(isUnknown) ?? new Set(list))

function dictionary(m, node) {
  const dict = new Map()
  for (const part of split(node.kids.slice(1, -1))) {
    if (part[0].type === '**') {
      const other = evaluate(m, part[1])
      if (!(other instanceof Map)) return new Unknown(`\`${short(part[1])}\` is not known`)
      for (const [key, value] of other) dict.set(key, value)
    } else if (part.length === 3) {
      const key = evaluate(m, part[0])
      if (isUnknown(key)) return key
      dict.set(key, evaluate(m, part[2]))
    }
  }
  return dict
}

/** Goes through the for and if parts of a comprehension; each(scope) at every turn. @param {Node[]} parts from 'for' on */
function turns(m, parts, each) {
  if (!parts.length) return each()
  if (parts[0].type === 'if') {
    const holds = truth(evaluate(m, parts[1]))
    if (isUnknown(holds)) throw new Unread(holds.why)
    return holds ? turns(m, parts.slice(2), each) : undefined
  }
  const at = parts.findIndex(part => part.type === 'in')
  const first = parts.findIndex(part => part.type === 'for')
  if (at < 0 || first < 0) throw new Unread('this comprehension is not read')
  for (const item of items(m, evaluate(m, parts[at + 1]))) {
    assignAll(m, parts.slice(first + 1, at), item)
    turns(m, parts.slice(at + 2), each)
  }
}

function comprehension(m, parts) {
  const at = parts.findIndex(part => part.type === 'for' || part.type === 'async')
  const list = []
  return m.inner(() => {
    try {
      turns(m, parts.slice(at), () => {
        if (list.push(evaluate(m, parts[0])) > maxList) throw new TooLong()
      })
    } catch (error) {
      if (error instanceof Unread) return new Unknown(error.message)
      throw error
    }
    return list
  })
}

function dictComprehension(m, parts) {
  const at = parts.findIndex(part => part.type === 'for')
  const dict = new Map()
  return m.inner(() => {
    turns(m, parts.slice(at), () => void dict.set(evaluate(m, parts[0]), evaluate(m, parts[2])))
    return dict
  })
}

/** Assigns to a, b or (a, b). @param {Node[]} targets */
export function assignAll(m, targets, value) {
  const names = split(targets)
  if (names.length === 1 && targets.at(-1)?.type !== ',') return m.assign(names[0].at(-1), value)
  const list = isUnknown(value) ? names.map(() => value) : [...items(m, value)]
  const star = names.findIndex(part => part[0].type === '*')
  if (star < 0 && list.length !== names.length) throw new Raised(`Python has ${list.length} values here for ${names.length} names`)
  names.forEach((part, i) => {
    if (star < 0 || i < star) m.assign(part.at(-1), list[i])
    else if (i === star) m.assign(part.at(-1), list.slice(i, list.length - (names.length - 1 - i)))
    else m.assign(part.at(-1), list[list.length - (names.length - i)])
  })
}

function unary(m, { kids: [sign, operand] }) {
  const value = evaluate(m, operand)
  if (sign.text === 'not') {
    const holds = truth(value)
    return isUnknown(holds) ? holds : !holds
  }
  if (isUnknown(value) || !isNumber(value)) return isUnknown(value) ? value : new Unknown(`\`${sign.text}\` of this is not read`)
  if (sign.text === '-') return value instanceof Float ? new Float(-value.value) : -Number(value)
  return sign.text === '+' ? value : new Unknown(`\`${sign.text}\` is not read`)
}

const comparisons = new Set(['==', '!=', '<', '>', '<=', '>=', 'in', 'not in', 'is', 'is not'])
const operator = node => node.kids.slice(1, -1).map(kid => kid.text).join(' ')

function binary(m, node) {
  const [left, right] = [node.kids[0], node.kids.at(-1)]
  const sign = operator(node)
  if (sign === 'and' || sign === 'or') return logical(m, left, right, sign)
  if (comparisons.has(sign)) {
    if (left.type === 'BinaryExpression' && comparisons.has(operator(left))) { // a < b < c
      const before = evaluate(m, left)
      return truth(before) === true ? compare(m, sign, evaluate(m, left.kids.at(-1)), evaluate(m, right)) : before
    }
    return compare(m, sign, evaluate(m, left), evaluate(m, right))
  }
  return arithmetic(m, sign, evaluate(m, left), evaluate(m, right))
}

function logical(m, left, right, sign) {
  const first = evaluate(m, left)
  const holds = truth(first)
  const decides = sign === 'or'
  if (isUnknown(holds)) return truth(evaluate(m, right)) === decides ? decides : holds
  return holds === decides ? first : evaluate(m, right)
}

function member(m, node) {
  const object = evaluate(m, node.kids[0])
  const sign = node.kids[1]?.type
  if (sign === '.') return attribute(m, object, node.kids[2]?.text ?? '', node)
  return sign === '[' ? subscript(m, object, node.kids.slice(2, -1), node) : new Unknown(`\`${short(node)}\` is not read`)
}

/** @param {Node[]} inside of the brackets */
function subscript(m, object, inside, node) {
  if (isUnknown(object)) return object
  const colons = inside.filter(kid => kid.type === ':').length
  if (colons) return slice(m, object, inside, node)
  if (split(inside).length !== 1) return new Unknown(`\`${short(node)}\` is not read`)
  const key = evaluate(m, inside[0])
  if (isUnknown(key)) return key
  if (object instanceof Map) {
    if (!object.has(key)) throw new Raised(`the key \`${short(inside[0])}\` is not in this dict`)
    return object.get(key)
  }
  if (!Array.isArray(object) && typeof object !== 'string') return object instanceof Tensor ? m.operation(object) : new Unknown(`\`${short(node)}\` is not known`)
  if (typeof key !== 'number') throw new Raised(`an index has to be a whole number, and \`${short(inside[0])}\` is none`)
  const at = key < 0 ? key + object.length : key
  if (at < 0 || at >= object.length) throw new Raised(`index ${key} is beyond the ${object.length} that are there`)
  return object[at]
}

/** [start:stop:step], as Python counts. */
function slice(m, object, inside, node) {
  const bounds = [[]]
  for (const kid of inside) {
    if (kid.type === ':') bounds.push([])
    else bounds.at(-1).push(kid)
  }
  const [start, stop, step] = [0, 1, 2].map(i => (bounds[i]?.length ? evaluate(m, bounds[i][0]) : null))
  for (const bound of [start, stop, step]) {
    if (isUnknown(bound)) return bound
    if (bound !== null && typeof bound !== 'number') throw new Raised('the bounds of a slice have to be whole numbers: `/` gives none, `//` does')
  }
  if (!Array.isArray(object) && typeof object !== 'string') return object instanceof Tensor ? m.operation(object) : new Unknown(`\`${short(node)}\` is not known`)
  if (step === 0) throw new Raised('a slice cannot go in steps of 0')
  m.spend(object.length)
  const picked = range(object.length, start, stop, step ?? 1).map(i => object[i])
  return typeof object === 'string' ? picked.join('') : object instanceof Tuple ? Tuple.from(picked) : picked
}

function range(n, start, stop, step) {
  const clamp = (at, low, high) => Math.min(Math.max(at < 0 ? at + n : at, low), high)
  const list = []
  if (step > 0) for (let i = start === null ? 0 : clamp(start, 0, n), end = stop === null ? n : clamp(stop, 0, n); i < end; i += step) list.push(i)
  else for (let i = start === null ? n - 1 : clamp(start, -1, n - 1), end = stop === null ? -1 : clamp(stop, -1, n - 1); i > end; i += step) list.push(i)
  return list
}

/** @param {Node | undefined} list ArgList @returns {{ args: any[], named: Map<string, any> }} */
export function argumentsOf(m, list) {
  const args = []
  const named = new Map()
  const inside = list?.kids.slice(1, -1) ?? []
  if (inside.some(kid => kid.type === 'for')) return { args: [comprehension(m, inside)], named }
  for (const part of split(inside)) {
    if (part[0].type === '**') {
      const more = evaluate(m, part[1])
      if (more instanceof Map) for (const [key, value] of more) named.set(key, value)
      else named.set('**', more)
    } else if (part[0].type === '*') {
      const more = evaluate(m, part[1])
      if (Array.isArray(more)) args.push(...more)
      else args.push(isUnknown(more) ? more : new Unknown('`*` of this is not read'))
    } else if (part[1]?.type === 'AssignOp') named.set(part[0].text, part[2] ? evaluate(m, part[2]) : null)
    else args.push(evaluate(m, part[0]))
  }
  return { args, named }
}
