// Files from outside: a drop anywhere on the page is read (folders too) and handed on.
import { byID } from './dom.js'
import { isNetwork, sortOut } from './sort.js'
import { state } from './store.js'

/** @typedef {import('./sort.js').Found} Found */
/** @typedef {import('./sort.js').Takers} Takers */

export const weightsAccept = '.h5,.hdf5,.keras,.safetensors,.pth,.pt,.bin,.json,.onnx,.zip'

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
    const entries = [...event.dataTransfer.items].map(entryOf).filter(Boolean)
    const plain = [...event.dataTransfer.files]
    const target = /** @type {Element} */ (event.target)
    const card = /** @type {HTMLElement | null} */ (target.closest('[data-class]'))
    const forPredict = target.closest('#predict')
    guarded(async () => {
      const found = entries.length ? await walk(entries) : plain.map(file => ({ path: file.name, file }))
      if (forPredict && state.thaw && !(found.length === 1 && (await isNetwork(found[0])))) await takers.predict(found)
      else await sortOut(found, takers, card ? card.dataset.class ?? null : null)
    })
  })
}

// Chromium reads no entries for a page from disk (EncodingError), but it does read handles.
const entryOf = item => (location.protocol === 'file:' && item.getAsFileSystemHandle ? item.getAsFileSystemHandle() : item.webkitGetAsEntry?.())

/** All files below these entries or handles, depth first. @param {any[]} entries @param {string} [folder] @returns {Promise<Found[]>} */
async function walk(entries, folder = '') {
  const found = []
  for (const entry of await Promise.all(entries)) {
    const path = folder + entry.name
    if (entry.isFile || entry.kind === 'file') found.push({ path, file: await fileOf(entry) })
    else found.push(...(await walk(await children(entry), path + '/')))
  }
  return found
}

const fileOf = entry => entry.getFile?.() ?? new Promise((resolve, reject) => entry.file(resolve, reject))

/** A reader gives some entries at a time (100 in Chromium) and an empty list at the end. */
async function children(entry) {
  if (entry.values) return Array.fromAsync(entry.values())
  const reader = entry.createReader()
  const all = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (!some.length) return all
    all.push(...some)
  }
}
