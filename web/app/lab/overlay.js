// A map over its image: enlarged bilinearly, in the colours of viridis, which grow lighter
// as they grow stronger and are told apart by those who see few colours; what is weak lets
// the image through.
import { h } from '../dom.js'

/** @typedef {{ height: number, width: number, values: number[] }} Map   values in thousandths of the largest */

const viridis = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]

function colour(v) {
  const at = v * (viridis.length - 1)
  const i = Math.min(Math.floor(at), viridis.length - 2)
  return viridis[i].map((low, c) => low + (viridis[i + 1][c] - low) * (at - i))
}

const side = 240 // pixels of the picture shown

/** @param {HTMLCanvasElement} canvas @param {ImageBitmap} image @param {Map} map @param {number} strength from 0 to 1 */
export function drawMap(canvas, image, map, strength) {
  canvas.width = canvas.height = side
  const ctx = canvas.getContext('2d', { willReadFrequently: true })
  ctx.drawImage(image, 0, 0, side, side)
  const picture = ctx.getImageData(0, 0, side, side)
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i += 4) {
      const v = at(map, y, x)
      const share = strength * Math.sqrt(v)
      colour(v).forEach((c, k) => (picture.data[i + k] += (c - picture.data[i + k]) * share))
    }
  }
  ctx.putImageData(picture, 0, 0)
}

/** The value at a pixel, from 0 to 1: bilinear between the centres of the map's own, as in irv2/lens. @param {Map} map */
function at({ height, width, values }, y, x) {
  const place = (i, n) => Math.min(Math.max(((i + 0.5) * n) / side - 0.5, 0), n - 1)
  const [fy, fx] = [place(y, height), place(x, width)]
  const [top, left] = [Math.floor(fy), Math.floor(fx)]
  const row = r => {
    const from = Math.min(r, height - 1) * width
    return values[from + left] * (1 - fx + left) + values[from + Math.min(left + 1, width - 1)] * (fx - left)
  }
  return (row(top) * (1 - fy + top) + row(top + 1) * (fy - top)) / 1000
}

/** Where a map is strongest, in words: the middle of the places that come near its largest value. @param {Map} map */
export function strongest({ height, width, values }) {
  if (height * width === 1) return 'everywhere alike (it tells no places apart)'
  const near = 0.9 * Math.max(...values)
  const strong = values.map((v, i) => (v >= near ? i : -1)).filter(i => i >= 0)
  const third = (place, n, names) => names[Math.min(Math.floor((3 * strong.reduce((sum, i) => sum + place(i) + 0.5, 0)) / strong.length / n), 2)]
  const where = [third(i => Math.floor(i / width), height, ['top', '', 'bottom']), third(i => i % width, width, ['left', '', 'right'])].filter(Boolean).join(' ')
  return where ? `at the ${where}` : 'in the middle'
}

/** What the colours mean. */
export const legend = () => h('span', { class: 'cam-legend' }, 'little', h('span', { class: 'cam-scale', 'aria-hidden': 'true' }), 'much')
