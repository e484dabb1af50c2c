// Runs a Go program in node: node node.js WASM_EXEC PROGRAM [ARGUMENTS]. It is what
// kernels/simd/wasmexec calls for `go test -exec`. THAW_THREADS bounds the threads.
import { pathToFileURL } from 'node:url'
import { loadGo } from './loader.js'

const [wasmExec, program, ...args] = process.argv.slice(2)
const env = {}
for (const name of ['HOME', 'TMPDIR', 'PWD']) if (process.env[name]) env[name] = process.env[name]
for (const name in process.env) if (name.startsWith('THAW_')) env[name] = process.env[name]

globalThis.require = (await import('node:module')).createRequire(import.meta.url)
const go = await loadGo(program, {
  wasmExec: () => import(pathToFileURL(wasmExec)),
  threads: Number(process.env.THAW_THREADS ?? 0),
  relaxed: process.env.THAW_RELAXED !== '0',
  argv: [program, ...args],
  env,
})
process.on('exit', code => {
  if (code !== 0 || go.exited) return
  go._pendingEvent = { id: 0 } // deadlock: make Go print its goroutines
  go._resume()
})
process.exitCode = await go.finished
process.exit()
