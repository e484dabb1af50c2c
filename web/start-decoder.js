// Starts workers that decode images.
import { isElsewhere, spawn } from './engine/host.js'

/** @returns {Promise<() => Worker>} */
export const decoderStarter = async () => () =>
  (isElsewhere(import.meta.url) ? spawn('decoder.js', import.meta.url, 'thaw decoder') : new Worker(new URL('./decoder.js', import.meta.url), { type: 'module', name: 'thaw decoder' }))
