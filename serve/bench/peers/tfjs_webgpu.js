// TensorFlow.js (WebGPU) on the same net: forward, and a step of all filters and biases by
// its own gradients and Adam. Batch norm is folded, as where it runs in inference mode.
import { timed } from './input.js'

const tf = globalThis.tf
await tf.setBackend('webgpu')
await tf.ready()
const { tensors, run, prepare, forward, probabilities, labels } = await import('./tfjs_net.js')

const adam = tf.train.adam(1e-5)
let thawed = false

// A step tells its loss, as Thaw's does.
async function step(x) {
  if (!thawed) for (const [name, tensor] of tensors) tensors.set(name, tf.variable(tensor))
  thawed = true
  const loss = adam.minimize(() => {
    const logits = run(x)
    return tf.losses.softmaxCrossEntropy(labels(...logits.shape), logits)
  }, true)
  const [value] = await loss.data()
  loss.dispose()
  if (!Number.isFinite(value)) throw new Error(`its loss is ${value}`)
}

globalThis.peer = {
  threads: () => 2, // of the machine: a GPU has its own
  probabilities,
  async forward(size, batch) {
    prepare(size, batch)
    return timed(forward)
  },
  async step(size, batch) {
    const x = prepare(size, batch)
    return timed(() => step(x))
  },
}
