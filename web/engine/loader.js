// Loads a Go program so that emitted SIMD kernels and threads can work on its
// memory. Runs in a (module) worker of a browser and in node.
//
//   const go = await loadGo('thaw.wasm', { wasmExec: () => import('./wasm_exec.js'), threads: 2 })
//   const code = await go.finished
//
// The program is Go's js/wasm binary, rewritten at build time by
// wasmasm.ShareMemory to import a shared memory. One that was not rewritten runs
// too, on one thread; so does a rewritten one where the page is not cross-origin
// isolated: its memory is shared all the same, but no worker may be given it.
import { Engine } from './engine.js'
import { fromNode, isNode } from './host.js'
import { makeThunk } from './thunk.js'

const maxPages = 65536 // wasmasm.SharedMemoryMax

// loadGo compiles the program at an address, or takes one that is compiled, starts it and
// returns the Go instance; go.finished is a promise of the exit code, go.engine the Engine,
// go.module the compiled program. Options:
//   wasmExec   imports wasm_exec.js of the toolchain that built the program: a function, so
//              that bundlers see the address
//   threads    most threads to use, the main one included; 0: all cores
//   relaxed    false: no relaxed SIMD (fused multiply-add) even where there is
//   argv, env  of the program
//   pages      most pages of 64 KB that its memory may have
export async function loadGo(program, { wasmExec, threads = 0, relaxed = true, argv = ['js'], env = {}, pages = maxPages } = {}) {
  const [{ module, digest }] = await Promise.all([program instanceof WebAssembly.Module ? { module: program } : compile(program), defineGo(wasmExec)])
  const memory = sharedMemory(module, pages)
  const thunk = makeThunk()
  const go = new globalThis.Go()
  go.module = module
  go.argv = argv
  go.env = env
  go.importObject.simd = { run: thunk.run }
  if (memory) {
    go.importObject.thaw = { memory }
    go.importObject.gojs['runtime.getRandomData'] = sp => getRandomData(memory, sp >>> 0)
  }
  const instance = await WebAssembly.instantiate(module, go.importObject)
  go.engine = new Engine(memory ?? instance.exports.mem, !!memory, thunk.table, { threads, relaxed })
  globalThis.thawEngine = go.engine // where simd.New looks
  globalThis.thawDigest = digest // of what runs, for the answer to open
  globalThis.thawGPU = async options => (await import('./gpu.js')).openGPU(go.engine.memory, options) // webgpu.Open
  go.finished = new Promise(resolve => {
    go.exit = code => { go.engine.stop(); resolve(code) }
  })
  go.run(instance)
  return go
}

async function compile(url) {
  if (isNode) {
    const { readFile } = await fromNode('fs/promises')
    return { module: await WebAssembly.compile(await readFile(url)), digest: Promise.resolve('') }
  }
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const digest = digestOf(response.clone())
  return { module: await WebAssembly.compileStreaming(response), digest }
}

// digestOf is the first 12 hexadecimal digits of the SHA-256 of a file that arrives; ''
// where the browser computes none, as on a page that is not secure.
async function digestOf(response) {
  try {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()))
    return [...hash.subarray(0, 6)].map(byte => byte.toString(16).padStart(2, '0')).join('')
  } catch {
    return ''
  }
}

// defineGo runs wasm_exec.js with a TextDecoder that copies what it is given from
// shared memory: the platform's refuses to read that.
async function defineGo(wasmExec) {
  if (globalThis.Go) return
  if (isNode) {
    globalThis.fs ??= await fromNode('fs')
    globalThis.path ??= await fromNode('path')
  }
  const Original = globalThis.TextDecoder
  globalThis.TextDecoder = class extends Original {
    decode(view, options) {
      if (!view || view.buffer instanceof ArrayBuffer) return super.decode(view, options)
      return super.decode(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(), options)
    }
  }
  try {
    await wasmExec()
  } finally {
    globalThis.TextDecoder = Original
  }
}

// sharedMemory creates the memory that a rewritten module imports; it says in a
// custom section how many pages it starts with. Undefined for other modules.
function sharedMemory(module, maximum) {
  const [section] = WebAssembly.Module.customSections(module, 'thaw.memory')
  if (!section) return undefined
  const initial = Number(new TextDecoder().decode(section))
  return new WebAssembly.Memory({ initial, maximum, shared: true })
}

// getRandomData is Go's import of that name (r []byte at sp+8), for a shared
// memory: crypto fills only memory of its own.
function getRandomData(memory, sp) {
  const view = new DataView(memory.buffer)
  const start = view.getUint32(sp + 8, true)
  const random = new Uint8Array(view.getUint32(sp + 16, true))
  crypto.getRandomValues(random)
  new Uint8Array(memory.buffer, start, random.length).set(random)
}
