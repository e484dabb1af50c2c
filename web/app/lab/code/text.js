// What was pasted, as Python alone: a notebook (its JSON, or cells with %magic and !shell
// lines), a console session, a fenced block of a post. Lines keep their places, so that a
// problem can be named by its line.

/** @typedef {{ text: string, where: (line: number) => string, notebook: boolean }} Source   lines count from 1 */

export const maxCharacters = 200_000

/** @param {string} pasted @returns {Source} */
export function source(pasted) {
  const clean = pasted.slice(0, maxCharacters).replace(/\r\n?/g, '\n').replace(/[\u00a0\u2007\u202f]/g, ' ').replace(/[\u200b\u200c\u200d\ufeff]/g, '')
  const cells = notebookCells(clean)
  if (!cells) return { text: python(clean), where: line => `line ${line}`, notebook: false }
  const starts = []
  const lines = []
  for (const cell of cells) {
    starts.push(lines.length)
    lines.push(...python(cell).split('\n'))
  }
  const where = line => {
    const cell = starts.findLastIndex(start => start < line)
    return `cell ${cell + 1}, line ${line - starts[Math.max(cell, 0)]}`
  }
  return { text: lines.join('\n'), where, notebook: true }
}

/** The code cells of a notebook, or of one of its cells; null for other text. */
function notebookCells(text) {
  if (!/^\s*[{[]/.test(text)) return null
  let file
  try {
    file = JSON.parse(text)
  } catch {
    return null
  }
  const list = Array.isArray(file) ? file : file?.cells ?? file?.worksheets?.flatMap(sheet => sheet?.cells ?? []) ?? [file]
  const cells = (Array.isArray(list) ? list : []).filter(cell => cell?.cell_type === 'code').map(cell => cell.source ?? cell.input ?? '')
  return cells.length ? cells.map(cell => (Array.isArray(cell) ? cell.join('') : String(cell))) : null
}

/** A cell's lines without what is no Python. */
function python(cell) {
  let lines = dedent(cell.split('\n').map(line => (/^\s*(```|~~~)/.test(line) ? '' : line)))
  if (lines.some(line => /^(>>> ?|In \[\d*\]: ?)/.test(line))) lines = session(lines)
  const first = lines.find(line => line.trim())
  if (first && /^%%(?!time\b|timeit\b|capture\b|prun\b)/.test(first)) return lines.map(() => '').join('\n') // another language
  return lines.map(command).join('\n')
}

/** Lines of a console: what was typed stays, what was answered goes. */
const session = lines => lines.map(line => {
  const typed = /^(?:>>> ?|\.\.\. ?|In \[\d*\]: ?| *\.\.\.: ?)(.*)$/.exec(line)
  return typed ? typed[1] : ''
})

/** %matplotlib inline, !pip install, ?help. What such a line is assigned to is unknown. */
function command(line) {
  const assigned = /^(\s*[\w, ]+=\s*)[!%](?!=)/.exec(line)
  if (assigned) return assigned[1] + '__command__()'
  if (/^\s*print[ \t]+["'\w]/.test(line) && !/[=([{\\]\s*$/.test(line)) return line.replace(/print.*/, 'pass') // Python 2
  const alone = /^(\s*)(?:[!%?]|%%)/.exec(line)
  return alone ? alone[1] + 'pass' : line.replace(/(?<![\w.])(\d+)\.(?![\w.])/g, '$1.0') // 1./255, which the parser does not know
}

/** Without the indentation that all lines share. */
function dedent(lines) {
  const full = lines.filter(line => line.trim() && !/^\s*#/.test(line))
  if (!full.length) return lines
  const margins = full.map(line => /^[ \t]*/.exec(line)[0])
  const shared = margins.reduce((a, b) => (a.length < b.length ? a : b))
  return margins.every(margin => margin.startsWith(shared)) ? lines.map(line => (line.startsWith(shared) ? line.slice(shared.length) : line.trimStart())) : lines
}
