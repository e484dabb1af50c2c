// TensorFlow.js (WASM) on the same net.
import { timed } from './input.js'

const tf = globalThis.tf
tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/')
tf.wasm.setThreadsCount(2)
await tf.setBackend('wasm')
await tf.ready()
const { net, tensors, run, prepare, forward, probabilities, labels } = await import('./tfjs_net.js')

const head = net.ops.findIndex(op => op.kind === 'dense')
const adam = tf.train.adam(1e-3)

function makeHead() {
  return net.ops.slice(head).map(op => ({
    relu: op.relu, filter: tf.variable(tensors.get(op.filter)), bias: tf.variable(tensors.get(op.bias)),
  }))
}
let layers

// A step of the head alone. The features are computed again each time: nothing
// in the library keeps them.
async function step(x, batch) {
  layers ??= makeHead()
  const features = run(x, 0, head)
  const loss = tf.tidy(() => {
    const rows = labels(batch, layers.at(-1).bias.shape[0])
    return adam.minimize(() => {
      let h = features
      for (const { relu, filter, bias } of layers) {
        h = tf.add(tf.matMul(h, filter), bias)
        if (relu) h = tf.relu(h)
      }
      return tf.losses.softmaxCrossEntropy(rows, h)
    }, true)
  })
  await loss.data()
  loss.dispose()
  features.dispose()
}

globalThis.peer = {
  threads: () => tf.wasm.getThreadsCount(),
  probabilities,
  async forward(size, batch) {
    prepare(size, batch)
    return timed(forward)
  },
  async step(size, batch) {
    const x = prepare(size, batch)
    return timed(() => step(x, batch))
  },
}
