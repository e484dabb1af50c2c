// Python's texts: literals, f-strings, and the methods that names of layers are asked.
import { Float, Raised, Unknown, isNumber, isUnknown, text } from './values.js'

/** 'a', r"b", '''c''' @param {string} source */
export function literal(source) {
  const [, prefix, quote] = /^([a-zA-Z]*)("""|'''|"|')/.exec(source) ?? []
  if (!quote) return new Unknown('a text has no end')
  const body = source.slice(prefix.length + quote.length, source.endsWith(quote) ? -quote.length : undefined)
  return /r/i.test(prefix) ? body : unescaped(body)
}

const escapes = { n: '\n', t: '\t', r: '\r', '\n': '' }
const unescaped = body => body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (whole, code) =>
  code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : escapes[code] ?? (/[\\'"]/.test(code) ? code : whole))

/** f"block{i}_{name}": plain values and widths; other formats are not read. */
export function formatted(m, node, evaluate) {
  const [open] = /^[a-zA-Z]*("""|'''|"|')/.exec(node.text) ?? ['']
  const end = node.text.length - open.replace(/^[a-zA-Z]*/, '').length
  let at = open.length
  let out = ''
  for (const part of node.kids) {
    if (part.type !== 'FormatReplacement') continue
    const next = node.text.indexOf(part.text, at)
    out += plain(node.text.slice(at, next))
    const value = shown(evaluate(m, part.kids[1] ?? part), part.kids.find(kid => kid.type === 'FormatSpec')?.text.slice(1) ?? '')
    if (isUnknown(value)) return value
    out += value
    at = next + part.text.length
  }
  return out + plain(node.text.slice(at, end))
}

const plain = body => unescaped(body.replaceAll('{{', '{').replaceAll('}}', '}'))

function shown(value, form) {
  const plainly = text(value)
  if (isUnknown(plainly) || !form) return plainly
  const width = /^(0?)(\d{1,2})d?$/.exec(form)
  if (width && isNumber(value) && !(value instanceof Float)) return plainly.padStart(Number(width[2]), width[1] || ' ')
  return new Unknown(`the format \`:${form}\` is not read`)
}

/** '{}_{1}'.format(...) */
function format(form, args, named) {
  let next = 0
  let unknown = null
  const out = form.replace(/\{\{|\}\}|\{(\w*)(?::([^{}]*))?\}/g, (whole, key, spec) => {
    if (whole === '{{' || whole === '}}') return whole[0]
    const value = shown(/^\d+$/.test(key) ? args[Number(key)] ?? null : key ? named.get(key) ?? null : args[next++] ?? null, spec ?? '')
    if (isUnknown(value)) unknown = value
    return String(value)
  })
  return unknown ?? out
}

const sides = (s, chars, pattern) => (chars === undefined ? s.replace(pattern, '') : null)
const affixes = v => (Array.isArray(v) ? v : [v])

/** @type {Record<string, (s: string, args: any[], named: Map<string, any>) => any>} */
const methods = {
  startswith: (s, [start]) => affixes(start).some(x => s.startsWith(wanted(x))),
  endswith: (s, [end]) => affixes(end).some(x => s.endsWith(wanted(x))),
  lower: s => s.toLowerCase(),
  upper: s => s.toUpperCase(),
  capitalize: s => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase(),
  strip: (s, [chars]) => sides(s, chars, /^\s+|\s+$/g),
  lstrip: (s, [chars]) => sides(s, chars, /^\s+/),
  rstrip: (s, [chars]) => sides(s, chars, /\s+$/),
  split: (s, [by, most]) => (most !== undefined ? null : by === undefined ? s.trim().split(/\s+/) : s.split(wanted(by))),
  rsplit: (s, [by, most]) => (most === 1 ? (at => (at < 0 ? [s] : [s.slice(0, at), s.slice(at + wanted(by).length)]))(s.lastIndexOf(wanted(by))) : most === undefined ? s.split(wanted(by)) : null),
  replace: (s, [a, b]) => s.replaceAll(wanted(a), () => wanted(b)).slice(0, 10_000),
  find: (s, [part]) => s.indexOf(wanted(part)),
  index: (s, [part]) => s.indexOf(wanted(part)),
  count: (s, [part]) => s.split(wanted(part)).length - 1,
  isdigit: s => /^\d+$/.test(s),
  isnumeric: s => /^\d+$/.test(s),
  join: (s, [list]) => (Array.isArray(list) && list.every(x => typeof x === 'string') && list.length < 1000 ? list.join(s) : null),
  format,
}

function wanted(x) {
  if (typeof x !== 'string') throw new Raised('Python asks for a text here')
  return x
}

/** A method of a text, or undefined. @returns {((args: any[], named: Map<string, any>) => any) | undefined} */
export function method(s, name) {
  const of = methods[name]
  if (!of || !Object.hasOwn(methods, name)) return undefined
  return (args, named) => args.flat().find(isUnknown) ?? of(s, args, named) ?? new Unknown(`\`.${name}\` with these arguments is not read`)
}
