// Numbers as people read them: three digits and a unit.

const digits = x => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2)).replace(/\.?0+$/, match => (match.includes('.') ? '' : match))

function scaled(x, base, units) {
  let i = 0
  while (x >= base && i < units.length - 1) {
    x /= base
    i++
  }
  return (i === 0 ? String(Math.round(x)) : digits(x)) + (units[i] && ' ' + units[i])
}

/** 28736 -> "28.7 k", 54336736 -> "54.3 M" */
export const count = n => scaled(n, 1000, ['', 'k', 'M', 'G'])
/** Bytes in decimal units, as memory and files are advertised. */
export const bytes = n => scaled(n, 1000, ['B', 'kB', 'MB', 'GB'])
/** What the browser keeps for this page, and for how long. @param {import('../thaw.js').StorageInfo} storage @param {string} advice where it may be cleared */
export const room = ({ used, free, persisted }, advice) =>
  `${bytes(used)} used by this page${typeof free === 'number' ? `, room for ${bytes(free)} more` : ''}. ${persisted ? 'The browser has promised to keep it until you remove it.' : `The browser may clear it when the disk is nearly full: ${advice}.`}`
export const flops = n => scaled(n, 1000, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'])
export const exact = n => n.toLocaleString('en')
export const percent = share => (Number.isFinite(share) ? (100 * share).toFixed(1) + ' %' : '–')

/** 0.034 -> "34 ms", 75 -> "1 min 15 s" */
export function seconds(s) {
  if (s < 0.001) return '< 1 ms'
  if (s < 1) return Math.round(1000 * s) + ' ms'
  if (s < 10) return digits(s) + ' s'
  if (s < 60) return Math.round(s) + ' s'
  if (s < 3600) return Math.floor(s / 60) + ' min ' + (s < 600 ? Math.round(s % 60) + ' s' : '').trim()
  return Math.floor(s / 3600) + ' h ' + Math.round((s % 3600) / 60) + ' min'
}

/** 1 image, 2 images */
export const plural = (n, one, many = one + 's') => `${exact(n)} ${n === 1 ? one : many}`
