// A confusion matrix of many classes as one picture: the stronger a square, the larger that
// share of its row. Pointer, or arrow keys, name a square; a table of 10,000 cells would
// stall the page, and say no more to those who hear it than the lists beside it do.
import { h } from './dom.js'

/**
 * @param {string[]} classes @param {number[][]} confusion [true][said]
 * @param {(is: number, said: number) => void} [open] shows the images of a square
 */
export function drawHeat(classes, confusion, open) {
  const n = classes.length
  const side = Math.max(Math.floor(600 / n), 4) // pixels of a square; style.css scales the picture
  const canvas = h('canvas', { class: 'heat', width: n * side, height: n * side, tabIndex: 0, role: 'img', 'data-testid': 'heat',
    'aria-label': `Confusion matrix of ${n} classes as a picture: rows are true classes, columns what the network said. Arrow keys name a square${open ? ', Enter shows its images' : ''}.` })
  const line = h('p', { class: 'muted heat-line', 'aria-live': 'polite' }, 'Rows: true classes, columns: what was said. Right ones lie on the diagonal; touch a square, or press arrow keys.' + (open ? ' A click, or Enter, shows its images.' : ''))
  paint(canvas, confusion, side)
  let at = [0, 0]
  const name = (i, j) => {
    at = [i, j].map(k => Math.min(Math.max(k, 0), n - 1))
    const [is, said] = at
    const total = confusion[is].reduce((a, b) => a + b, 0)
    line.textContent = is === said ? `${classes[is]} recognised: ${confusion[is][is]} of ${total}` : `${classes[is]} taken for ${classes[said]}: ${confusion[is][said]} of ${total}`
    paint(canvas, confusion, side, at)
  }
  canvas.onpointermove = canvas.onpointerdown = event => name(Math.floor((event.offsetY / canvas.clientHeight) * n), Math.floor((event.offsetX / canvas.clientWidth) * n))
  const enter = () => confusion[at[0]][at[1]] && open?.(at[0], at[1])
  canvas.onclick = enter
  canvas.onkeydown = event => {
    if (event.key === 'Enter') return enter()
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    if (!step) return
    event.preventDefault()
    name(at[0] + step[0], at[1] + step[1])
  }
  return h('div', {}, canvas, line)
}

function paint(canvas, confusion, side, at = null) {
  const ctx = canvas.getContext('2d')
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const [ground, right, wrong, text] = ['--sunk', '--ice-3', '--warm-3', '--text'].map(css)
  ctx.globalAlpha = 1
  ctx.fillStyle = ground
  ctx.fillRect(0, 0, canvas.width, canvas.height)
  confusion.forEach((counts, i) => {
    const total = counts.reduce((a, b) => a + b, 0)
    counts.forEach((n, j) => {
      if (!n) return
      ctx.globalAlpha = 0.25 + (0.75 * n) / total // a single mistake is seen too
      ctx.fillStyle = i === j ? right : wrong
      ctx.fillRect(j * side, i * side, side - 1, side - 1)
    })
  })
  if (!at) return
  ctx.globalAlpha = 1
  ctx.strokeStyle = text
  ctx.lineWidth = 2
  ctx.strokeRect(at[1] * side - 1, at[0] * side - 1, side + 1, side + 1)
}
