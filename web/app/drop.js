// Files from outside: a drop anywhere on the page is read (folders too), sorted by
// kind, and handed to whoever takes that kind.
import { byID } from './dom.js'

/** @typedef {{ path: string, file: File }} Found   path: with its folders, 'roses/1.jpg' */
/**
 * @typedef {Object} Takers
 * @property {(files: Found[]) => Promise<import('../thaw.d.ts').Recognised[] | undefined>} recognise
 * @property {(files: Found[]) => Promise<void>} weights   of one model: a file, with those that belong to it
 * @property {(sentence: string) => void} foreign
 * @property {(found: Found[], className: string | null) => Promise<void>} files   all others; onto a class card, or not
 * @property {(file: File) => Promise<void>} predict
 */

export const weightsAccept = '.h5,.hdf5,.keras,.safetensors,.pth,.pt,.bin,.json,.zip'
// Pictures are many, and told by their takers: whether the others are networks is asked.
const isPicture = name => /\.(jpe?g|png|gif|webp|bmp|tiff?|heic)$/i.test(name)

/**
 * Hands each of these files to its taker, by what it is.
 * @param {Found[]} found @param {Takers} takers @param {string | null} className of the card they fell on
 */
export async function sortOut(found, takers, className = null) {
  const asked = found.filter(({ path }) => !isPicture(path))
  const kinds = new Map((asked.length ? await takers.recognise(asked) ?? [] : []).map(seen => [seen.path, seen]))
  const is = kind => found.filter(({ path }) => kinds.get(path)?.kind === kind)
  for (const { path } of is('foreign')) if (kinds.get(path).sentence) takers.foreign(kinds.get(path).sentence)
  const weights = is('weights')
  for (const main of weights.filter(({ path }) => !kinds.get(path).of)) {
    await takers.weights([main, ...weights.filter(({ path }) => kinds.get(path).of === main.path)])
  }
  const files = found.filter(({ path }) => !['weights', 'foreign'].includes(kinds.get(path)?.kind))
  if (files.length) await takers.files(files, className)
}

/** Whether one file has to do with networks, read here or not. @param {Found[]} found @param {Takers} takers */
async function isNetwork(found, takers) {
  const [seen] = isPicture(found[0].path) ? [] : await takers.recognise(found) ?? []
  return ['weights', 'foreign'].includes(seen?.kind)
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
      if (forPredict && found.length === 1 && !(await isNetwork(found, takers))) await takers.predict(found[0].file)
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
