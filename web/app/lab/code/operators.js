// Python's operators on two values.
import { Float, Layer, Model, Module, Raised, Tensor, TooLong, Tuple, Unknown, equal, isNumber, isUnknown, items, maxList, number } from './values.js'

/** @typedef {import('./machine.js').Machine} Machine */

/** @returns {any} true, false or an Unknown */
export function compare(m, sign, a, b) {
  if (sign === 'in' || sign === 'not in') {
    const found = within(m, a, b)
    return isUnknown(found) ? found : found === (sign === 'in')
  }
  if (isUnknown(a) || isUnknown(b)) return isUnknown(a) ? a : b
  if (sign === '==' || sign === '!=' || sign === 'is' || sign === 'is not') {
    m.compared?.(a, b)
    const same = equal(a, b)
    return isUnknown(same) ? same : same === (sign === '==' || sign === 'is')
  }
  const comparable = isNumber(a) && isNumber(b) ? [number(a), number(b)] : typeof a === 'string' && typeof b === 'string' ? [a, b] : null
  if (!comparable) return new Unknown(`\`${sign}\` of these two is not read`)
  const [x, y] = comparable
  return sign === '<' ? x < y : sign === '>' ? x > y : sign === '<=' ? x <= y : x >= y
}

function within(m, a, b) {
  if (isUnknown(a) || isUnknown(b)) return isUnknown(b) ? b : a
  if (typeof b === 'string') {
    if (typeof a !== 'string') throw new Raised('Python asks for a text before `in` here')
    m.spend(b.length >> 6)
    return b.includes(a)
  }
  if (b instanceof Map) return b.has(a)
  let unknown = null
  for (const item of items(m, b)) {
    m.compared?.(a, item)
    const same = equal(a, item)
    if (same === true) return true
    if (isUnknown(same)) unknown = same
  }
  return unknown ?? false
}

/** @param {Machine} m @param {string} sign @returns {any} */
export function arithmetic(m, sign, a, b) {
  const tensor = [a, b].find(v => v instanceof Tensor)
  if (tensor) return m.operation(tensor)
  if (isUnknown(a) || isUnknown(b)) return isUnknown(a) ? a : b
  if (isNumber(a) && isNumber(b)) return ofNumbers(sign, a, b)
  if (sign === '%' && typeof a === 'string') return percent(a, b)
  if (sign === '+' && typeof a === 'string' && typeof b === 'string') return bounded(m, a.length + b.length, () => a + b)
  if (sign === '+' && Array.isArray(a) && Array.isArray(b)) return bounded(m, a.length + b.length, () => (a instanceof Tuple ? Tuple.from([...a, ...b]) : [...a, ...b]))
  if (sign === '*' && (typeof a === 'string' || Array.isArray(a)) && typeof b === 'number') return bounded(m, a.length * Math.max(b, 0), () => (typeof a === 'string' ? a.repeat(Math.max(b, 0)) : Array.from({ length: Math.max(b, 0) }, () => a).flat()))
  if ([a, b].some(v => v instanceof Layer || v instanceof Model || v instanceof Module)) return new Unknown(`\`${sign}\` of these two is not read`)
  return a instanceof Set && b instanceof Set && sign === '|' ? new Set([...a, ...b]) : new Unknown(`\`${sign}\` of these two is not read`)
}

function bounded(m, length, make) {
  if (length > maxList) throw new TooLong()
  m.spend(length)
  return make()
}

function ofNumbers(sign, left, right) {
  const [a, b] = [number(left), number(right)]
  const whole = !(left instanceof Float) && !(right instanceof Float)
  const of = value => (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value)) ? new Unknown('a number is too large to be read') : whole ? value : new Float(value))
  if (['/', '//', '%'].includes(sign) && b === 0) throw new Raised('Python divides by zero here')
  switch (sign) {
    case '+': return of(a + b)
    case '-': return of(a - b)
    case '*': return of(a * b)
    case '/': return new Float(a / b)
    case '//': return of(Math.floor(a / b))
    case '%': return of(a - b * Math.floor(a / b))
    case '**': return whole && b < 0 ? new Float(a ** b) : of(a ** b)
  }
  return whole && { '&': a & b, '|': a | b, '^': a ^ b }[sign] !== undefined ? { '&': a & b, '|': a | b, '^': a ^ b }[sign] : new Unknown(`\`${sign}\` is not read`)
}

/** 'block%d_%s' % (1, 'conv') */
function percent(form, values) {
  const list = values instanceof Tuple ? [...values] : [values]
  if (list.some(v => typeof v !== 'string' && !isNumber(v))) return new Unknown('this text is not read')
  let i = 0
  return form.replace(/%(0?)(\d*)([ds%])/g, (_, zero, width, kind) => (kind === '%' ? '%' : String(list[i] instanceof Float ? list[i++].value : list[i++]).padStart(Math.min(Number(width), 99), zero || ' ')))
}
