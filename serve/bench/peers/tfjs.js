// TensorFlow.js (WASM) on the same net, from the list of ops that ../peers_net.go
// writes. Batch norm is folded there, and convolution, bias and ReLU are one op:
// the best case for the peer.
import { images, timed } from './input.js'

const tf = globalThis.tf
const net = await (await fetch('/net.json')).json()
const values = await (await fetch('/net.bin')).arrayBuffer()
tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/')
tf.wasm.setThreadsCount(2)
await tf.setBackend('wasm')
await tf.ready()

const tensors = new Map()
for (const { name, shape, offset } of net.tensors) {
  tensors.set(name, tf.tensor(new Float32Array(values, offset, shape.reduce((a, b) => a * b)), shape))
}

const ops = {
  conv: (op, [x]) => tf.fused.conv2d({
    x, filter: tensors.get(op.filter), bias: tensors.get(op.bias), strides: op.stride, pad: op.pad, activation: op.relu ? 'relu' : 'linear',
  }),
  relu: (op, [x]) => tf.relu(x),
  maxPool: (op, [x]) => tf.maxPool(x, op.window, op.stride, op.pad),
  averagePool: (op, [x]) => tf.avgPool(x, op.window, op.stride, op.pad),
  concat: (op, xs) => tf.concat(xs, 3),
  add: (op, [a, b]) => tf.add(a, b),
  mean: (op, [x]) => tf.mean(x, [1, 2]),
  dense: (op, [x]) => tf.fused.matMul({ a: x, b: tensors.get(op.filter), bias: tensors.get(op.bias), activation: op.relu ? 'relu' : 'linear' }),
}

const head = net.ops.findIndex(op => op.kind === 'dense')
const readers = new Map()
net.ops.forEach((op, i) => op.inputs.forEach(name => readers.set(name, i)))

// run computes ops until end, giving each tensor back after its last reader.
function run(x, begin, end) {
  const live = new Map([[net.ops[begin].inputs[0], x]])
  let out
  for (let i = begin; i < end; i++) {
    const op = net.ops[i]
    out = ops[op.kind](op, op.inputs.map(name => live.get(name)))
    live.set(op.name, out)
    for (const name of new Set(op.inputs)) {
      if (readers.get(name) !== i) continue
      if (live.get(name) !== x) live.get(name).dispose()
      live.delete(name)
    }
  }
  return out
}

let x, made // for one batch at a time

function prepare(size, batch) {
  if (made === batch) return
  x?.dispose()
  x = tf.tensor(images(batch, size), [batch, size, size, 3])
  made = batch
}

async function forward() {
  const out = run(x, 0, net.ops.length)
  const data = await out.data()
  out.dispose()
  return data
}

const adam = tf.train.adam(1e-3)

function makeHead() {
  return net.ops.slice(head).map(op => ({
    relu: op.relu, filter: tf.variable(tensors.get(op.filter)), bias: tf.variable(tensors.get(op.bias)),
  }))
}
let layers

// A step of the head alone. The features are computed again each time: nothing
// in the library keeps them.
async function step(batch) {
  layers ??= makeHead()
  const features = run(x, 0, head)
  const loss = tf.tidy(() => {
    const classes = layers.at(-1).bias.shape[0]
    const labels = tf.cast(tf.oneHot(tf.tensor1d(Array.from({ length: batch }, (_, i) => i % classes), 'int32'), classes), 'float32')
    return adam.minimize(() => {
      let h = features
      for (const { relu, filter, bias } of layers) {
        h = tf.add(tf.matMul(h, filter), bias)
        if (relu) h = tf.relu(h)
      }
      return tf.losses.softmaxCrossEntropy(labels, h)
    }, true)
  })
  await loss.data()
  loss.dispose()
  features.dispose()
}

globalThis.peer = {
  threads: () => tf.wasm.getThreadsCount(),
  async probabilities(size) {
    prepare(size, 1)
    const logits = await forward()
    const exps = [...logits].map(v => Math.exp(v - Math.max(...logits)))
    const sum = exps.reduce((a, b) => a + b)
    return exps.map(e => e / sum)
  },
  async forward(size, batch) {
    prepare(size, batch)
    return timed(forward)
  },
  async step(size, batch) {
    prepare(size, batch)
    return timed(() => step(batch))
  },
}
