// Python's statements, in their order. A statement that cannot be read and may decide what
// learns is a problem; others are passed over.
import { arithmetic } from './operators.js'
import { assignAll, evaluate, short, split } from './expressions.js'
import { Func, Module, Raised, Unknown, Unread, isUnknown, items, truth } from './values.js'

/** @typedef {import('./tree.js').Node} Node @typedef {import('./machine.js').Machine} Machine */
/** @typedef {{ broke?: true, next?: true, returned?: any }} Leaving   how a body was left before its end */

/** @param {Machine} m @param {Node} body @returns {Leaving | undefined} */
export function run(m, body) {
  for (const node of body.kids) {
    const left = step(m, node)
    if (left) return left
  }
  return undefined
}

function step(m, node) {
  const act = statements[node.type]
  if (!act) return undefined
  m.line = node.line
  m.spend(1)
  try {
    return act(m, node)
  } catch (error) {
    if (!(error instanceof Unread)) throw error
    passOver(m, node, error.message)
    return undefined
  }
}

/** Whether code may decide what learns. */
const decides = node => /trainable|\.layers\b|get_layer|\.compile\b|\.fit\b|InceptionResNetV2|freez|setattr/.test(node.text)

/** A statement that cannot be followed: what it would have set is unknown from here on. */
function passOver(m, node, why) {
  if (decides(node)) m.problem(node.line, `\`${short({ ...node, text: node.text.split('\n')[0] })}\` cannot be followed: ${why}`)
  forget(m, node, why)
}

function forget(m, node, why) {
  m.spend(1)
  if (node.type === 'AssignStatement' || node.type === 'UpdateStatement') {
    const at = node.kids.findIndex(kid => kid.type === 'AssignOp' || kid.type === 'UpdateOp')
    for (const kid of node.kids.slice(0, at)) if (kid.type === 'VariableName') m.scope.set(kid.text, new Unknown(why))
  }
  for (const kid of node.kids) if (/Statement|Body/.test(kid.type)) forget(m, kid, why)
}

/** @type {Record<string, (m: Machine, node: Node) => Leaving | undefined | void>} */
const statements = {
  StatementGroup: run,
  ExpressionStatement: (m, node) => {
    for (const part of split(node.kids)) evaluate(m, part[0])
  },
  AssignStatement: assign,
  UpdateStatement: (m, { kids: [target, sign, value] }) => {
    m.assign(target, arithmetic(m, sign.text.slice(0, -1), evaluate(m, target), evaluate(m, value)))
  },
  ForStatement: loop,
  WhileStatement: whileLoop,
  IfStatement: branch,
  FunctionDefinition: define,
  DecoratedStatement: (m, node) => {
    const inner = node.kids.find(kid => kid.type !== 'Decorator')
    return inner && step(m, inner)
  },
  ClassDefinition: (m, node) => {
    const name = node.kids.find(kid => kid.type === 'VariableName')?.text ?? ''
    if (inferring.test(node.text)) return m.scope.set(name, new Module('keras.layers.Inferring'))
    if (decides(node)) m.problem(node.line, `what the class \`${name}\` does is not read: paste the lines that freeze alone`)
    m.scope.set(name, new Unknown(`the class \`${name}\` is not read`))
  },
  ImportStatement: bring,
  WithStatement: (m, node) => {
    const at = node.kids.findIndex(kid => kid.type === 'as')
    if (at > 0) m.assign(node.kids[at + 1], new Unknown('what `with` gives is not known'))
    return run(m, node.kids.at(-1))
  },
  TryStatement: attempt,
  MatchStatement: (m, node) => passOver(m, node, '`match` is not read'),
  ReturnStatement: (m, node) => ({ returned: node.kids.length > 2 && node.kids.some(kid => kid.type === ',') ? split(node.kids.slice(1)).map(part => evaluate(m, part[0])) : node.kids[1] ? evaluate(m, node.kids[1]) : null }),
  YieldStatement: (m, node) => passOver(m, node, '`yield` is not read'),
  BreakStatement: () => ({ broke: true }),
  ContinueStatement: () => ({ next: true }),
  RaiseStatement: () => {
    throw new Raised('an error is raised here')
  },
  AssertStatement: (m, node) => {
    if (truth(evaluate(m, node.kids[1])) === false) throw new Raised('this `assert` does not hold')
  },
  ScopeStatement: (m, node) => {
    for (const kid of node.kids) if (kid.type === 'VariableName') m.scope.elsewhere.add(kid.text)
  },
  DeleteStatement: (m, node) => {
    for (const kid of node.kids) if (kid.type === 'VariableName') m.scope.set(kid.text, new Unknown(`\`${kid.text}\` was deleted`))
  },
}

/** A layer that runs a network with training=False, as keras.js of the page writes it: there it holds in Keras 3 too. */
const inferring = /^class \w+\([\w.]*Layer\):\s+def __init__\(self, (\w+)\):\s+super\(\).__init__\(\)\s+self\.(\w+) = \1\s+def call\(self, (\w+)\):\s+return self\.\2\(\3, training=False\)\s*$/

/** a = b = value; a, b = values; a: int = value */
function assign(m, node) {
  const typed = node.kids.filter(kid => kid.type !== 'TypeDef')
  const parts = [[]]
  for (const kid of typed) {
    if (kid.type === 'AssignOp') parts.push([])
    else parts.at(-1).push(kid)
  }
  if (parts.length < 2 || !parts.at(-1).length) return
  const values = parts.at(-1)
  const list = split(values)
  const value = list.length > 1 || values.at(-1).type === ',' ? list.map(part => evaluate(m, part.at(-1))) : evaluate(m, values[0])
  for (const targets of parts.slice(0, -1)) if (targets.length) assignAll(m, targets, value)
}

function loop(m, node) {
  const at = node.kids.findIndex(kid => kid.type === 'in')
  const body = node.kids.find(kid => kid.type === 'Body')
  const targets = node.kids.slice(node.kids.findIndex(kid => kid.type === 'for') + 1, at)
  if (at < 0 || !body) return undefined
  for (const item of [...items(m, evaluate(m, node.kids[at + 1]))]) {
    m.line = node.line
    assignAll(m, targets, item)
    const left = run(m, body)
    if (left?.broke) return undefined
    if (left && 'returned' in left) return left
  }
  return otherwise(m, node)
}

function otherwise(m, node) {
  const at = node.kids.findIndex(kid => kid.type === 'else')
  return at < 0 ? undefined : run(m, node.kids[at + 1])
}

function whileLoop(m, node) {
  const body = node.kids.find(kid => kid.type === 'Body')
  for (;;) {
    m.line = node.line
    m.spend(1)
    const holds = truth(evaluate(m, node.kids[1]))
    if (isUnknown(holds)) throw new Unread(holds.why)
    if (!holds) return otherwise(m, node)
    const left = body && run(m, body)
    if (left?.broke) return undefined
    if (left && 'returned' in left) return left
  }
}

/** if, elif, else. A branch that nothing says to take is passed over, and the rest with it. */
function branch(m, node) {
  for (let i = 0; i < node.kids.length; i++) {
    const { type } = node.kids[i]
    if (type === 'else') return node.kids[i + 1] && run(m, node.kids[i + 1])
    if (type !== 'if' && type !== 'elif') continue
    const condition = node.kids[i + 1]
    if (!condition || condition.type === 'Body') return undefined
    if (isMain(condition)) return run(m, node.kids[i + 2])
    const holds = truth(evaluate(m, condition))
    if (isUnknown(holds)) {
      const rest = { ...node, line: condition.line, text: node.kids.slice(i + 2).map(kid => kid.text).join('\n') }
      if (decides(rest) || leaves(rest)) m.problem(condition.line, `whether \`${short(condition)}\` holds is not known: ${holds.why}`)
      forget(m, node, holds.why)
      return undefined
    }
    if (holds) return node.kids[i + 2] && run(m, node.kids[i + 2])
  }
  return undefined
}

const leaves = node => /\b(return|break|continue)\b/.test(node.text)
const isMain = condition => /^__name__\s*==\s*['"]__main__['"]$/.test(condition.text)

function define(m, node) {
  const name = node.kids.find(kid => kid.type === 'VariableName')?.text ?? ''
  const list = node.kids.find(kid => kid.type === 'ParamList')
  const body = node.kids.find(kid => kid.type === 'Body')
  if (body) m.scope.set(name, new Func(name, parameters(m, list), body, m.scope, node.line))
}

/** @param {Node | undefined} list ParamList */
export function parameters(m, list) {
  const bare = list?.kids[0]?.type === '(' ? list.kids.slice(1, -1) : list?.kids ?? []
  return split(bare.filter(kid => kid.type !== 'TypeDef')).filter(part => part.some(kid => kid.type === 'VariableName')).map(part => {
    const at = part.findIndex(kid => kid.type === 'AssignOp')
    return { name: part.find(kid => kid.type === 'VariableName').text, kind: part[0].type === '*' || part[0].type === '**' ? part[0].type : '', standard: at > 0 && part[at + 1] ? evaluate(m, part[at + 1]) : undefined }
  })
}

/** import a.b as c; from a.b import c as d */
function bring(m, node) {
  const from = node.kids[0]?.type === 'from'
  const at = from ? node.kids.findIndex(kid => kid.type === 'import') : 0
  const folder = from ? node.kids.slice(1, at).map(kid => kid.text).join('') + '.' : ''
  for (const part of split(node.kids.slice(at + 1).filter(kid => kid.type !== '(' && kid.type !== ')'))) {
    const as = part.findIndex(kid => kid.type === 'as')
    const path = part.slice(0, as < 0 ? undefined : as).map(kid => kid.text).join('')
    if (path === '*') continue
    if (as > 0) m.scope.set(part[as + 1]?.text, new Module(folder + path))
    else m.scope.set(from ? path : path.split('.')[0], new Module(from ? folder + path : path.split('.')[0]))
  }
}

function attempt(m, node) {
  const bodies = node.kids.flatMap((kid, i) => (kid.type === 'Body' ? [{ body: kid, after: node.kids.slice(0, i).findLast(k => /^(try|except|else|finally)$/.test(k.type))?.type }] : []))
  const body = kind => bodies.find(({ after }) => after === kind)?.body
  let left
  try {
    left = body('try') && run(m, body('try'))
    left ??= body('else') && run(m, body('else'))
  } catch (error) {
    if (!(error instanceof Raised) || !body('except')) throw error
    left = run(m, body('except'))
  }
  return (body('finally') && run(m, body('finally'))) ?? left
}
