// The net in TensorFlow.js, from the list of ops that ../peers_net.go writes. Batch norm is
// folded there, and convolution, bias and ReLU are one op: the best case for the peer.
// A backend must be ready.
import { images } from './input.js'

export const net = await (await fetch('/net.json')).json()
const values = await (await fetch('/net.bin')).arrayBuffer()
const tf = globalThis.tf

export const tensors = new Map()
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

const readers = new Map()
net.ops.forEach((op, i) => op.inputs.forEach(name => readers.set(name, i)))

// run computes ops from begin until end, giving each tensor back after its last reader.
export function run(x, begin = 0, end = net.ops.length) {
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

let x, made // images, of one size and batch at a time

export function prepare(size, batch) {
  if (made !== `${size} ${batch}`) {
    x?.dispose()
    x = tf.tensor(images(batch, size), [batch, size, size, 3])
    made = `${size} ${batch}`
  }
  return x
}

export async function forward() {
  const out = run(x)
  const data = await out.data()
  out.dispose()
  return data
}

export async function probabilities(size) {
  prepare(size, 1)
  const logits = await forward()
  const exps = [...logits].map(v => Math.exp(v - Math.max(...logits)))
  const sum = exps.reduce((a, b) => a + b)
  return exps.map(e => e / sum)
}

// labels are one-hot rows, a class after the other.
export function labels(batch, classes) {
  return tf.cast(tf.oneHot(tf.tensor1d(Array.from({ length: batch }, (_, i) => i % classes), 'int32'), classes), 'float32')
}
