// Python's syntax tree, read by @lezer/python and never run: plain nodes with their line.
import { parser } from '../../../vendor/lezer-python.min.js'

/**
 * @typedef {Object} Node
 * @property {string} type   as @lezer/python names it; of keywords and signs their own text
 * @property {string} text
 * @property {number} line   from 1
 * @property {Node[]} kids
 */

const maxNodes = 200_000
const maxDepth = 150

/** @param {string} text @returns {{ tree: Node | null, wrong: number[], problem?: string }} wrong: lines that are no Python */
export function parse(text) {
  const lineOf = lines(text)
  const wrong = new Set()
  const root = { type: 'Script', text, line: 1, kids: [] }
  const path = [root]
  const cursor = parser.parse(text).cursor()
  let count = 0
  let deep = false
  cursor.iterate(({ type, from, to }) => {
    if (type.name === 'Script') return undefined
    if (type.isError) wrong.add(lineOf(Math.min(from, Math.max(text.length - 1, 0))))
    if (type.name === 'Comment') return false
    if (path.length > maxDepth || ++count > maxNodes) {
      deep = true
      return false
    }
    const node = { type: type.name, text: text.slice(from, to), line: lineOf(from), kids: [] }
    path.at(-1).kids.push(node)
    path.push(node)
    return undefined
  }, ({ type }) => void (type.name !== 'Script' && path.pop()))
  if (deep) return { tree: null, wrong: [], problem: 'The code is nested too deeply, or too long, to be read: paste the part that freezes.' }
  return { tree: root, wrong: [...wrong].sort((a, b) => a - b) }
}

/** The line of a character, by halving. */
function lines(text) {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return at => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle] <= at) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
