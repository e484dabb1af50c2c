// One helper thread: instantiates the emitted kernels on Go's memory and stays in
// their worker loop until it is told to quit. Runs as a module worker of a browser
// and as a worker thread of node.
import { fromNode, isNode } from './host.js'

let port = globalThis
const start = ({ module, memory, thread }) => {
  try {
    const { exports } = new WebAssembly.Instance(module, { go: { memory } })
    port.postMessage({ ready: thread })
    exports.worker(thread) // returns when the engine stops
    port.postMessage({ quit: thread })
  } catch (err) {
    port.postMessage({ failed: String(err) })
  }
}
if (isNode) fromNode('worker_threads').then(({ parentPort }) => { port = parentPort; port.on('message', start) })
else port.onmessage = event => start(event.data)
