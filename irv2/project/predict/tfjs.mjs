// The probabilities that Thaw's page gives, for a picture of { width, height, data } with
// RGBA bytes, as a canvas's getImageData gives it at the picture's own size:
//
//   const model = await tf.loadLayersModel('model.json')      // npm: @tensorflow/tfjs, 4 or newer
//   const labels = (await (await fetch('labels.txt')).text()).split('\n')
//   predict(tf, model, labels, context.getImageData(0, 0, width, height))

export function predict(tf, model, labels, { width, height, data }) {
  const size = model.inputs[0].shape[1]
  // The triangle filter as a matrix, [size, n]: TensorFlow.js's own resize skips pixels.
  const filter = n => tf.tensor2d(Array.from({ length: size }, (_, i) => {
    const radius = Math.max(n / size, 1)
    const row = Array.from({ length: n }, (_, k) => Math.max(0, 1 - Math.abs(k + 0.5 - (i + 0.5) * (n / size)) / radius))
    const sum = row.reduce((a, b) => a + b)
    return row.map(weight => weight / sum)
  }))
  const probabilities = tf.tidy(() => {
    const rgb = tf.tensor3d(Float32Array.from(data), [height, width, 4]).slice([0, 0, 0], [height, width, 3])
    const rows = filter(height).matMul(rgb.reshape([height, width * 3])).reshape([size, width, 3])
    const columns = filter(width).matMul(rows.transpose([1, 0, 2]).reshape([width, size * 3])).reshape([size, size, 3])
    const pixels = columns.transpose([1, 0, 2]).add(0.5).floor() // rounded to 8 bits
    return model.predict(pixels.expandDims()).dataSync()
  })
  return labels.map((name, i) => ({ name, probability: probabilities[i] }))
}
