// The Keras code that does what a plan does, exactly: the trainable flags, how batch norm
// runs, head and optimiser. Run in Keras 3.15 and tf_keras 2.21, it has the trainable weights and the
// live batch norms of the plan (the plan-* snippets of testdata/keras-code; TestSnippetsAsCode keeps the counts).

const matching = (layers, value) => `for layer in ${layers}:\n    if 'conv' in layer.name:\n        layer.trainable = ${value}`

/** The three snippets, as written: n is the 100 of 780 layers that the second one takes. */
const written = {
  'freeze-conv': () => matching('base.layers', 'False'),
  'freeze-first-100': n => matching(`base.layers[:${n}]`, 'False'),
  'unfreeze-all': () => matching('base.layers', 'True'),
}

/** The same, as their author meant them. */
const meant = {
  'freeze-conv': () => 'base.trainable = False',
  'freeze-first-100': n => `for layer in base.layers[:${n}]:\n    layer.trainable = False`,
  'unfreeze-all': () => 'base.trainable = True',
  'head-only': () => 'base.trainable = False',
}

/**
 * The lines that freeze, for the network in use.
 * @param {any} spec @param {import('../thaw.js').Plan | null} plan @param {import('../thaw.js').ModelInfo} model
 */
export function freezing(spec, plan, model) {
  const backbone = model.layers.filter(layer => layer.block !== 'head')
  const lines = (spec.asWritten ? written : meant)[spec.preset]
  if (lines) return lines(share(backbone.length))
  if ('from' in spec) {
    const first = Math.min(...(model.blocks.find(block => block.name === spec.from)?.layers ?? [0]))
    return first === 0 ? 'base.trainable = True' : `for layer in base.layers[:${first}]:\n    layer.trainable = False`
  }
  if (!plan) return null
  const learning = new Set(plan.trainable)
  const ranges = spans(backbone.filter(layer => layer.parameters), learning).map(([from, to]) => (from === to ? `[${from}]` : `range(${from}, ${to + 1})`))
  return `learning = [${ranges.map(range => '*' + range).join(', ')}]\nfor i, layer in enumerate(base.layers):\n    layer.trainable = i in learning`
}

/** 100 of the full network's 780 layers, the same share of another's (irv2/freeze). */
export const share = layers => Math.floor((100 * layers + 390) / 780)

/** Runs of layers that learn, among those that can: [first index, last index]. */
export function spans(layers, learning) {
  const found = []
  let open = null
  for (const { index } of layers) {
    if (!learning.has(index)) open = null
    else if (open) open[1] = index
    else found.push((open = [index, index]))
  }
  return found
}

/** Every batch norm on its stored statistics, whatever learns. */
const inferring = `class Inference(keras.layers.Layer):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def call(self, x):
        return self.base(x, training=False)`

/**
 * The whole program.
 * @param {any} spec @param {import('../thaw.js').Plan | null} plan @param {import('../thaw.js').ModelInfo} model
 * @param {number} classes @param {{ optimizer: string, rate: number, momentum: number, dropout: number, smoothing: number, classWeight: string }} settings
 */
export function program(spec, plan, model, classes, { optimizer, rate, momentum, dropout, smoothing, classWeight }) {
  const side = model.size
  const quiet = spec.batchNorm === 'inference'
  const rule = optimizer === 'sgd' ? `SGD(${rate}, momentum=${momentum})` : `Adam(${rate})`
  const loss = smoothing ? `keras.losses.CategoricalCrossentropy(label_smoothing=${smoothing})` : `'categorical_crossentropy'`
  return [
    'import keras',
    model.model !== 'full' && '# mini is no network of Keras: this is the same rule with the numbers of its layers.',
    `base = keras.applications.InceptionResNetV2(\n    include_top=False, weights='imagenet', input_shape=(${side}, ${side}, 3))`,
    '',
    freezing(spec, plan, model),
    spec.batchNorm === 'batch' && '# Batch statistics in frozen layers too: Keras has no switch for that; a frozen\n# BatchNormalization always runs on its stored statistics.',
    '',
    quiet && `# training=False, in a layer's own call: given to base(inputs) alone it holds in Keras 2 only.\n${inferring}\n`,
    `inputs = keras.Input((${side}, ${side}, 3))  # pixels / 127.5 - 1`,
    quiet ? 'x = Inference(base)(inputs)' : 'x = base(inputs)',
    'x = keras.layers.GlobalAveragePooling2D()(x)',
    model.dense > 0 && `x = keras.layers.Dense(${model.dense}, activation='relu')(x)`,
    dropout > 0 && `x = keras.layers.Dropout(${dropout})(x)`,
    `outputs = keras.layers.Dense(${classes}, activation='softmax')(x)`,
    'model = keras.Model(inputs, outputs)',
    `model.compile(keras.optimizers.${rule}, ${loss}, metrics=['accuracy'])`,
    classWeight === 'balanced' && '# fit(..., class_weight={c: n / (classes * n_c)}): what sklearn calls balanced',
  ].filter(line => line !== false && line !== null).join('\n')
}
