// Starts the worker that the engine runs in. A module of its own: worker.js must not import
// what starts it, which bundlers take for a circle.
import { isElsewhere, spawn } from './engine/host.js'

/** @param {string | URL} [base] the folder of worker.js, where it is not this module's @returns {Promise<Worker>} */
export async function startEngine(base) {
  if (!base && !isElsewhere(import.meta.url)) return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'thaw' })
  const folder = new URL(base ?? '.', base ? document.baseURI : import.meta.url)
  return isElsewhere(folder) ? spawn('worker.js', folder, 'thaw') : new Worker(new URL('worker.js', folder), { type: 'module', name: 'thaw' })
}
