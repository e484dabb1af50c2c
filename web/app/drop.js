// Files from outside: a drop anywhere on the page is read (folders too), sorted by
// kind, and handed to whoever takes that kind.
import { byID } from './dom.js'

/** @typedef {{ path: string, file: File }} Found   path: with its folders, 'roses/1.jpg' */
/**
 * @typedef {Object} Takers
 * @property {(file: File) => Promise<void>} weights
 * @property {(found: Found[], className: string | null) => Promise<void>} files   all others; onto a class card, or not
 * @property {(file: File) => Promise<void>} predict
 */

export const weightsAccept = '.h5,.hdf5,.keras,.safetensors'
const isWeights = name => /\.(h5|hdf5|keras|safetensors)$/i.test(name)

/**
 * Hands each of these files to its taker.
 * @param {Found[]} found @param {Takers} takers @param {string | null} className of the card they fell on
 */
export async function sortOut(found, takers, className = null) {
  for (const { file } of found.filter(({ path }) => isWeights(path))) await takers.weights(file)
  const files = found.filter(({ path }) => !isWeights(path))
  if (files.length) await takers.files(files, className)
}

/** Takes drops on the whole window. @param {Takers} takers @param {(work: () => Promise<void>) => unknown} guarded */
export function startDrops(takers, guarded) {
  const veil = byID('drop-veil')
  let depth = 0 // dragenter of a child comes before dragleave of its parent
  const hasFiles = event => event.dataTransfer?.types.includes('Files')
  addEventListener('dragenter', event => hasFiles(event) && ++depth && (veil.hidden = false))
  addEventListener('dragleave', event => hasFiles(event) && (veil.hidden = --depth > 0 ? false : true))
  addEventListener('dragover', event => hasFiles(event) && event.preventDefault())
  addEventListener('drop', event => {
    if (!hasFiles(event)) return
    event.preventDefault()
    depth = 0
    veil.hidden = true
    // Entries must be asked for before the handler returns; reading them may wait.
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean)
    const plain = [...event.dataTransfer.files]
    const target = /** @type {Element} */ (event.target)
    const card = /** @type {HTMLElement | null} */ (target.closest('[data-class]'))
    const forPredict = target.closest('#predict')
    guarded(async () => {
      const found = entries.length ? await walk(entries) : plain.map(file => ({ path: file.name, file }))
      if (forPredict && found.length === 1 && !isWeights(found[0].path)) await takers.predict(found[0].file)
      else await sortOut(found, takers, card ? card.dataset.class ?? null : null)
    })
  })
}

/** All files below these entries, depth first. @param {any[]} entries @returns {Promise<Found[]>} */
async function walk(entries) {
  const found = []
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject))
      found.push({ path: entry.fullPath.replace(/^\//, ''), file })
    } else {
      found.push(...(await walk(await children(entry.createReader()))))
    }
  }
  return found
}

/** A reader gives some entries at a time (100 in Chromium) and an empty list at the end. */
async function children(reader) {
  const all = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (!some.length) return all
    all.push(...some)
  }
}
