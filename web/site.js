// Where the files of this site are: beside this module, each named to the letter where a
// bundler shall find, copy and rename it. In the single file (serve/single.go) others take the
// place of this module and of start-engine.js and start-decoder.js; nothing else knows of that.

const files = {
  'thaw.wasm': new URL('./thaw.wasm', import.meta.url),
  'thaw-gpu.wasm': new URL('./thaw-gpu.wasm', import.meta.url),
  'fetch.wasm': new URL('./fetch.wasm', import.meta.url),
  'models/mini.safetensors': new URL('./models/mini.safetensors', import.meta.url),
  'models/mini-photo.safetensors': new URL('./models/mini-photo.safetensors', import.meta.url),
}

/** The address of a file of the site. @param {string} name @returns {Promise<string>} */
export const address = async name => (files[name] ?? new URL(name, import.meta.url)).href

/** Runs wasm_exec.js, of the toolchain that built the programs. */
export const wasmExec = () => import('./wasm_exec.js')
