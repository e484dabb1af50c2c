// ONNX Runtime Web on Thaw's own export. It folds batch norm itself.
import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs'
import { images, timed } from './input.js'

ort.env.wasm.numThreads = 2
ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/'

let session, feeds, made // for one batch at a time: two would double the memory

async function prepare(size, batch) {
  if (made === batch) return
  await session?.release()
  session = await ort.InferenceSession.create('/net.onnx', { executionProviders: ['wasm'], freeDimensionOverrides: { N: batch } })
  feeds = { images: new ort.Tensor('float32', images(batch, size), [batch, size, size, 3]) }
  await session.run(feeds)
  made = batch
}

globalThis.peer = {
  threads: () => ort.env.wasm.numThreads,
  async probabilities(size) {
    await prepare(size, 1)
    return [...(await session.run(feeds)).probabilities.data]
  },
  async forward(size, batch) {
    await prepare(size, batch)
    return timed(() => session.run(feeds))
  },
}
