// Runs the Go program in this worker; its output and exit code go to wasmexec.
import { loadGo } from '/engine/loader.js'

const post = (path, text) => {
  const request = new XMLHttpRequest()
  request.open('POST', path, false) // synchronous: lines stay in order
  request.send(text)
}
console.log = (...args) => post('/print', args.join(' '))
console.warn = console.error = console.log
try {
  const { threads, relaxed, argv, env } = await (await fetch('/options')).json()
  const go = await loadGo('/program.wasm', { wasmExec: () => import('/wasm_exec.js'), threads, relaxed, argv, env })
  post('/exit', String(await go.finished))
} catch (err) {
  post('/exit', `1 ${err.stack}`)
}
