// The layers of InceptionResNetV2 as a call makes them: fresh, and named as Keras would in
// this session.
import { Layer } from './values.js'

/** Other networks of keras.applications. */
export const otherNetworks = /^(VGG1[69]|ResNet\w+|Inception(?!ResNetV2)\w*|Xception|MobileNet\w*|DenseNet\w+|NASNet\w+|EfficientNet\w+|ConvNeXt\w+|RegNet\w+)$/

/** All but the input. @param {import('./machine.js').Machine} m */
export function freshLayers(m) {
  const counts = new Map()
  const layers = m.network.layers.filter(layer => layer.block !== 'head' && layer.class !== 'InputLayer').map(({ index, name, alias, class: cls, parameters }) => {
    const numbered = /^(conv2d|batch_normalization|activation|max_pooling2d|average_pooling2d|custom_scale_layer)(?:_(\d+))?$/.exec(name)
    if (numbered) counts.set(numbered[1], (counts.get(numbered[1]) ?? 0) + 1)
    const n = numbered ? Number(numbered[2] ?? 0) + (m.numbers.get(numbered[1]) ?? 0) : 0
    return Object.assign(new Layer(numbered ? numbered[1] + (n ? `_${n}` : '') : name, cls, { parameters, at: index }), { alias })
  })
  for (const [prefix, n] of counts) m.numbers.set(prefix, (m.numbers.get(prefix) ?? 0) + n)
  return layers
}
