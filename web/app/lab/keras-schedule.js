// The Keras code that does what a plan in time does: one optimizer for all phases, built
// over all variables while all are trainable, as Keras's optimisers take none later. Run in
// Keras 3.15, it trains in each phase the weights of the plan (TestScheduleAsCode keeps the
// counts).
import { freezing } from '../keras.js'

/** Batch norm on its stored statistics in some phases: fit would override base(x, training=False) in Keras 3. */
const switched = `class Still(keras.layers.Layer):  # fit would override base(x, training=False)
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.still = True

    def call(self, x, training=None):
        return self.base(x, training=False if self.still else training)
`

const indent = text => text.replace(/^(?=.)/gm, '    ')

/**
 * @param {import('../../thaw.js').Phase[]} phases @param {import('../../thaw.js').Plan} plan @param {import('../../thaw.js').ModelInfo} model @param {number} classes
 * @param {{ optimizer: string, rate: number, batch: number, momentum: number, dropout: number, smoothing: number, classWeight: string, backbone: number }} settings
 */
export function scheduleProgram(phases, plan, model, classes, { optimizer, rate, batch, momentum, dropout, smoothing, classWeight, backbone }) {
  const side = model.size
  const still = phases.some(({ batchNorm }) => batchNorm === 'inference')
  const byBlock = phases.some(({ rates }) => rates) || backbone !== 1
  const rule = optimizer === 'sgd' ? 'SGD' : 'Adam'
  const loss = smoothing ? `keras.losses.CategoricalCrossentropy(label_smoothing=${smoothing})` : `'categorical_crossentropy'`
  let done = 0
  const parts = phases.map((phase, i) => {
    const { epochs, rate: own = rate, rates, scaled, batchNorm, ...spec } = phase
    const factors = rates ?? (backbone === 1 ? {} : { backbone })
    const lines = [
      `# Phase ${i + 1}: ${plan.phases[i].name}`, 'thaw_all()', freezing(spec, plan.phases[i], model),
      batchNorm === 'batch' && '# Batch statistics in frozen layers too: Keras has no switch for that.',
      Boolean(scaled) && '# Each block’s rate also by its |gradient| / |weights|: Keras has nothing for that.',
      still && `backbone.still = ${batchNorm === 'inference' ? 'True' : 'False'}`,
      byBlock && `optimizer.factors = ${factorsOf(factors, model)}`,
      `optimizer.learning_rate = ${own}`,
      `model.compile(optimizer, ${loss}, metrics=['accuracy'])  # else trainable changes nothing`,
      `model.fit(images, labels, batch_size=${batch}, initial_epoch=${done}, epochs=${done + epochs})`,
    ]
    done += epochs
    return lines
  })
  return [
    'import keras',
    model.model !== 'full' && '# mini is no network of Keras: this is the same rule with the numbers of its layers.',
    `base = keras.applications.InceptionResNetV2(\n    include_top=False, weights='imagenet', input_shape=(${side}, ${side}, 3))`,
    'head = keras.Sequential([\n' + indent([
      'keras.layers.GlobalAveragePooling2D(),', model.dense > 0 && `keras.layers.Dense(${model.dense}, activation='relu'),`,
      dropout > 0 && `keras.layers.Dropout(${dropout}),`, `keras.layers.Dense(${classes}, activation='softmax')])`].filter(Boolean).join('\n')),
    `inputs = keras.Input((${side}, ${side}, 3))  # images: pixels / 127.5 - 1; labels: one-hot`,
    still && `\n${switched}\nbackbone = Still(base)`,
    `model = keras.Model(inputs, head(${still ? 'backbone' : 'base'}(inputs)))`,
    '',
    'def thaw_all():\n    base.trainable = True\n    for layer in base.layers:\n        layer.trainable = True  # base.trainable alone may not reach them',
    '',
    byBlock && `class ByBlock(keras.optimizers.${rule}):\n    factors = {}  # of a layer's rate, by its index\n\n    def update_step(self, gradient, variable, learning_rate):\n        super().update_step(gradient, variable, learning_rate * self.factors.get(layer_of.get(id(variable)), 1))\n`,
    byBlock && 'layer_of = {id(w): i for i, layer in enumerate(base.layers) for v in layer.weights for w in (v, v.value)}\n',
    '# One optimizer for all phases keeps its state from phase to phase. It takes no variables\n# later, so it is built over all of them, while all are trainable.',
    `optimizer = ${byBlock ? 'ByBlock' : 'keras.optimizers.' + rule}(${rate}${optimizer === 'sgd' ? `, momentum=${momentum}` : ''})`,
    'optimizer.build(model.trainable_variables)',
    classWeight === 'balanced' && '# fit(..., class_weight={c: n / (classes * n_c)}): what sklearn calls balanced',
    ...parts.flatMap(lines => ['', ...lines]),
  ].filter(line => line !== false && line !== null).join('\n')
}

/** Factors by layer index as Python: a block's layers, or those whose names match a pattern; the longest pattern counts. */
function factorsOf(rates, model) {
  const patterns = Object.entries(rates).sort(([a], [b]) => (a === 'backbone' ? -1 : b === 'backbone' ? 1 : a.length - b.length))
  const backbone = model.layers.filter(layer => layer.block !== 'head')
  const like = pattern => new RegExp('^' + pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*') + '$')
  /** @type {[number, number, number][]} from, to, factor */
  const spans = []
  for (const { index, name, alias, block } of backbone) {
    const factor = patterns.findLast(([pattern]) => pattern === 'backbone' || [name, alias, block].some(text => text && like(pattern).test(text)))?.[1] ?? 1
    const last = spans.at(-1)
    if (last?.[2] === factor) last[1] = index
    else spans.push([index, index, factor])
  }
  const dicts = spans.filter(([, , factor]) => factor !== 1).map(([from, to, factor]) => `**dict.fromkeys(range(${from}, ${to + 1}), ${factor})`)
  return dicts.length ? `{\n    ${dicts.join(',\n    ')}}` : '{}'
}
