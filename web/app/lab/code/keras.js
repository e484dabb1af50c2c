// Keras's names: the network, layers, models, compile and fit, as far as they decide what
// learns. What each version does was found out from both (testdata/keras-code).
import { freshLayers, otherNetworks } from './networks.js'
import { Float, Layer, Made, Model, Module, Tensor, Unknown, isUnknown } from './values.js'
import { stateOf } from './state.js'
import { short } from './expressions.js'

/** @typedef {import('./machine.js').Machine} Machine */

// Names -----------------------------------------------------------------------------

const shorthand = { tf: 'tensorflow', keras: 'keras', tf_keras: 'tf_keras', layers: 'keras.layers', models: 'keras.models', optimizers: 'keras.optimizers', applications: 'keras.applications', losses: 'keras.losses', callbacks: 'keras.callbacks', regularizers: 'keras.regularizers', np: 'numpy', inception_resnet_v2: 'keras.applications.inception_resnet_v2' }
const classes = {
  layers: /^(Dense|Dropout|Flatten|(Global)?(Average|Max)Pooling[123]D|BatchNormalization|LayerNormalization|Activation|Conv[123]D|SeparableConv2D|DepthwiseConv2D|InputLayer|Concatenate|Add|Lambda|Rescaling|Resizing|ReLU|LeakyReLU|Reshape|Random[A-Z]\w*|Normalization|GaussianNoise|SpatialDropout2D|ZeroPadding2D)$/,
  models: /^(Model|Sequential|load_model|clone_model)$/,
  optimizers: /^(Adam|AdamW|SGD|RMSprop|Adagrad|Nadam|Adamax)$/,
  applications: /^(InceptionResNetV2|preprocess_input)$/,
  callbacks: /^(EarlyStopping|ModelCheckpoint|ReduceLROnPlateau)$/,
}

/** What a name that is nowhere imported stands for in such code, if it is one of Keras's. */
export function known(name) {
  if (Object.hasOwn(shorthand, name)) return new Module(shorthand[name])
  if (name === 'Input') return new Module('keras.Input')
  for (const [folder, pattern] of Object.entries(classes)) if (pattern.test(name)) return new Module(`keras.${folder}.${name}`)
  return otherNetworks.test(name) ? new Module(`keras.applications.${name}`) : undefined
}

/** A network that pasted lines take for granted. @param {Machine} m */
export function assumedNetwork(m, name) {
  const network = /base|backbone|pre_?train|incep|irv2|resnet|feature_extractor|encoder/i.test(name)
  const used = new RegExp(`(?<![\\w.])${name}(\\.(layers|trainable|get_layer|outputs?|inputs?|compile|fit)\\b${network ? '|\\(' : ''})`)
  if (!used.test(m.text)) return undefined
  const whole = /^(\w*_)?(model|net|network|cnn|clf|classifier)$/i.test(name) && !network
  const made = m.bases.length === 1 ? m.bases[0] : base(m, [], new Map(), 0)
  let value = made
  let taken = 'InceptionResNetV2 without its top'
  if (whole && new RegExp(`(?<![\\w.])${name}\\.layers\\[0\\]\\.(trainable|layers|get_layer)\\b`).test(m.text)) {
    value = model(m, 'Sequential', [made, layer(m, 'GlobalAveragePooling2D'), ...(m.head.dense ? [layer(m, 'Dense', [m.head.dense])] : []), layer(m, 'Dense', [2])])
    taken = 'a Sequential model with InceptionResNetV2 as its first layer'
  } else if (whole) {
    const head = [layer(m, 'GlobalAveragePooling2D'), ...(m.head.dense ? [layer(m, 'Dense', [m.head.dense])] : []), layer(m, 'Dense', [2])]
    value = model(m, 'Functional', [...made.layers, ...head])
    taken = `InceptionResNetV2 with pooling and ${head.length - 1 === 1 ? 'a Dense layer' : 'two Dense layers'} on top, ${value.layers.length} layers`
  }
  m.assume(`\`${name}\` is not made in this code and was taken for ${taken}`)
  m.globals.set(name, value)
  return value
}

/** keras.layers.Dense, tf.keras.layers.Dense -> layers.Dense; null of other libraries. */
function inKeras(path) {
  const match = /^(?:tensorflow\.)?(?:python\.|compat\.v\d\.)?(?:tf_)?keras\.(?:(?:src|api|_tf_keras|keras|engine)\.)*(.+)$/.exec(path)
  return match && match[1]
}

const snake = cls => cls.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()

function layer(m, cls, args = [], named = new Map()) {
  const name = named.get('name')
  return new Layer(typeof name === 'string' ? name : m.autoName(snake(cls)), cls, { named, args, line: m.line })
}

function model(m, cls, layers, name) {
  const made = new Model(typeof name === 'string' ? name : m.autoName(cls === 'Functional' && m.keras === 2 ? 'model' : snake(cls)), cls, layers, m.line)
  m.models.push(made)
  for (const one of layers) one.owner ??= made
  return made
}

// What is made ------------------------------------------------------------------------

/** A call of a library's name. @param {Machine} m @param {Module} f @param {any[]} args @param {Map<string, any>} named */
export function construct(m, f, args, named, node) {
  const inside = inKeras(f.path)
  const unknown = new Unknown(`what \`${short(node)}\` gives is not known`)
  if (f.last === 'InceptionResNetV2') return base(m, args, named, node.line)
  if (inside === null) {
    const symbolic = args.find(v => v instanceof Tensor)
    return symbolic && /^tensorflow\./.test(f.path) ? m.operation(symbolic) : unknown
  }
  if (inside.startsWith('applications') && /^[A-Z]/.test(f.last)) {
    m.other ??= { name: f.last, line: node.line }
    return new Unknown(`${f.last} is another network than InceptionResNetV2`)
  }
  switch (f.last) {
    case 'preprocess_input': return args[0] instanceof Tensor ? m.operation(m.operation(args[0])) : unknown
    case 'Input': return new Tensor([input(m, named)])
    case 'InputLayer': return input(m, named)
    case 'Sequential': return sequential(m, args[0] ?? named.get('layers'), named)
    case 'Model': case 'Functional': return functional(m, named.get('outputs') ?? named.get('output') ?? args[1], named, unknown)
    case 'clear_session': return void m.numbers.clear()
    case 'Inferring': return inferring(m, args[0] ?? unknown)
    case 'load_model': return new Unknown('the model is loaded from a file, and which layers it has is not in this code')
    case 'clone_model': return new Unknown('a copy of a model is not read')
  }
  if (/^layers\.(?:.*\.)?[A-Z]\w*$/.test(inside)) {
    if (/^Random[A-Z]/.test(f.last)) m.varies.add(f.last)
    return layer(m, f.last, args, named)
  }
  if (/^layers\./.test(inside) && Array.isArray(args[0])) return merged(args[0]) ?? unknown
  return /^(optimizers|losses|callbacks|metrics|regularizers|initializers)\./.test(inside) ? new Made(inside, args, named) : unknown
}

/** In Keras 2 input layers are numbered from 1. */
function input(m, named) {
  const name = named.get('name')
  const n = (m.numbers.get('input') ?? 0) + 1
  if (typeof name !== 'string') m.numbers.set('input', n)
  return new Layer(typeof name === 'string' ? name : m.keras === 2 ? `input_${n}` : n === 1 ? 'input_layer' : `input_layer_${n - 1}`, 'InputLayer', { named, line: m.line })
}

const order = ['include_top', 'weights', 'input_tensor', 'input_shape', 'pooling', 'classes']

/** InceptionResNetV2(...) @param {Machine} m @returns {Model} */
function base(m, args, named, line) {
  const given = name => named.get(name) ?? args[order.indexOf(name)]
  const top = line === 0 ? false : given('include_top') ?? true
  if (isUnknown(top)) m.problem(line, `whether the network has its top is not known: ${top.why}`)
  if (line && given('weights') === null) m.note(line, 'begins with random weights (weights=None): what is frozen then stays random. Thaw begins with the pretrained ones')
  const tensor = given('input_tensor')
  const inputs = tensor instanceof Tensor ? tensor.nodes : [input(m, new Map())]
  const layers = [...inputs, ...freshLayers(m)]
  const pooling = given('pooling')
  if (top === true) layers.push(new Layer('avg_pool', 'GlobalAveragePooling2D'), new Layer('predictions', 'Dense', { args: [1000], parameters: 1_537_000 }))
  else if (pooling === 'avg' || pooling === 'max') layers.push(layer(m, pooling === 'avg' ? 'GlobalAveragePooling2D' : 'GlobalMaxPooling2D'))
  const name = given('name')
  const made = model(m, 'Functional', layers, typeof name === 'string' ? name : 'inception_resnet_v2')
  made.isBase = true
  const shape = given('input_shape')
  if (Array.isArray(shape) && typeof shape[0] === 'number' && shape[0] === shape[1]) m.offers.size = shape[0]
  m.bases.push(made)
  return made
}

/** The layer of statements.js that runs a network with training=False. */
function inferring(m, inside) {
  if (!(inside instanceof Model)) return inside
  const made = model(m, 'Layer', [inside])
  made.inference.add(inside)
  made.holds = true
  return made
}

function sequential(m, list, named) {
  const made = model(m, 'Sequential', [], named.get('name'))
  if (isUnknown(list)) {
    m.problem(m.line, `which layers this model has is not known: ${list.why}`)
    return made
  }
  for (const part of Array.isArray(list) ? list : []) addLayer(m, made, part)
  return made
}

/** model.add(layer) */
export function addLayer(m, made, part) {
  if (part instanceof Tensor) made.layers.push(...part.nodes)
  else if (part instanceof Layer || part instanceof Model) {
    if (part instanceof Layer && part.at !== null && part.cls !== 'InputLayer') m.problem(m.line, 'layers of InceptionResNetV2 are put one after another, which is another network: it branches')
    made.layers.push(part)
    part.owner ??= made
  } else m.note(m.line, `adds a layer that is not known${isUnknown(part) ? `: ${part.why}` : ''}`)
  return null
}

function functional(m, outputs, named, unknown) {
  const list = Array.isArray(outputs) ? outputs : [outputs]
  const tensors = list.filter(v => v instanceof Tensor)
  if (!tensors.length) {
    m.problem(m.line, `what this model consists of is not known${isUnknown(outputs) ? `: ${outputs.why}` : ''}`)
    return unknown
  }
  const whole = tensors.length === 1 ? tensors[0] : merged(tensors)
  return Object.assign(model(m, 'Functional', [...whole.nodes], named.get('name')), { inference: whole.inference, cut: whole.cut, branched: whole.branched })
}

/** Several outputs that come together. @returns {Tensor | null} */
function merged(list) {
  const tensors = list.filter(v => v instanceof Tensor)
  if (!tensors.length) return null
  return new Tensor([...new Set(tensors.flatMap(t => t.nodes))], { cut: tensors.find(t => t.cut)?.cut ?? null, branched: true, inference: new Set(tensors.flatMap(t => [...t.inference])) })
}

/** layer(x), model(x, training=False) */
export function apply(m, part, args, named) {
  const [x] = args
  const training = named.get('training') ?? args[1]
  if (Array.isArray(x)) return merged(x)?.after(part) ?? new Unknown('what this gives is not known')
  if (!(x instanceof Tensor) && !isUnknown(x) && x !== undefined) return new Unknown('what this gives is not known')
  if (part instanceof Layer && part.at !== null) {
    m.problem(m.line, 'single layers of InceptionResNetV2 are applied by hand, and what network that makes is not read')
  }
  if (!(x instanceof Tensor) && part instanceof Model) m.assume(`what \`${part.name}\` is given is not in this code and was taken for an input layer alone`)
  const before = x instanceof Tensor ? x : new Tensor([new Layer('input', 'InputLayer')])
  if (part instanceof Model && part.layers.length === 1 && part.layers[0] === before.nodes.at(-1)) return before
  const after = before.after(part, part instanceof Model && training === false)
  if (part instanceof Model && part.cut) after.cut = part.cut
  for (const inner of part instanceof Model ? part.inference : []) after.inference = new Set(after.inference).add(inner)
  return after
}

export const endOf = made => new Tensor(made.layers, { cut: made.cut, branched: made.branched, inference: made.inference })

/** layer.output: all up to it, where the network runs in one line from there. @param {Machine} m */
export function outputOf(m, one) {
  if (!one.owner) return new Unknown('the output of a layer that is in no model yet is not known')
  const at = one.owner.layers.indexOf(one)
  const lastOfBase = one.owner.layers.findLastIndex(other => other.at !== null)
  return new Tensor(one.owner.layers.slice(0, at + 1), { cut: at < lastOfBase ? one.name : null, inference: one.owner.inference })
}

// Training ----------------------------------------------------------------------------

const argument = (named, args, ...names) => names.map(name => named.get(name)).find(v => v !== undefined) ?? args

/** @param {Machine} m */
export function compile(m, made, args, named, node) {
  const offers = m.offers
  readOptimizer(m, argument(named, args[0], 'optimizer'), node.line)
  const loss = argument(named, args[1], 'loss')
  const smoothing = loss instanceof Made ? loss.named.get('label_smoothing') : undefined
  if (smoothing instanceof Float) offers.smoothing = smoothing.value
  made.compiled = { line: node.line, state: stateOf(m, made), told: false }
  made.traced = null
  m.compiledAt = node.line
  return null
}

function readOptimizer(m, rule, line) {
  const name = (rule instanceof Made ? rule.path.slice(rule.path.lastIndexOf('.') + 1) : typeof rule === 'string' ? rule : '').toLowerCase()
  if (!name) return
  if (name !== 'adam' && name !== 'sgd') return m.note(line, `uses ${rule instanceof Made ? rule.path.slice(rule.path.lastIndexOf('.') + 1) : rule}; Thaw has Adam and SGD`)
  m.offers.optimizer = name
  const rate = rule instanceof Made ? argument(rule.named, rule.args[0], 'learning_rate', 'lr') : undefined
  if (rate === undefined) m.offers.rate = name === 'adam' ? 0.001 : 0.01
  else if (rate instanceof Float || typeof rate === 'number') m.offers.rate = Number(rate instanceof Float ? rate.value : rate)
  else m.note(line, 'the learning rate is not a number that stands in this code')
  const momentum = name === 'sgd' ? (rule instanceof Made ? argument(rule.named, rule.args[1], 'momentum') : 0) ?? 0 : undefined
  if (momentum !== undefined) m.offers.momentum = Number(momentum instanceof Float ? momentum.value : momentum) || 0
}

/**
 * Which flags count: in Keras 2 those at compile, in Keras 3 those at the first fit after
 * compile; later ones wait for the next compile. A phase is a fit with what then learns.
 * @param {Machine} m
 */
export function fit(m, made, args, named, node) {
  const now = stateOf(m, made)
  made.traced ??= { line: node.line, state: m.keras === 2 && made.compiled ? made.compiled.state : now }
  const epochs = argument(named, undefined, 'epochs', 'nb_epoch')
  const batch = argument(named, undefined, 'batch_size')
  delete m.offers.epochs
  if (typeof epochs === 'number' && epochs > 0) m.offers.epochs = epochs
  if (typeof batch === 'number' && batch > 0) m.offers.batch = batch
  m.phases.push({ line: node.line, made, state: made.traced.state, stale: !now.same(made.traced.state), offers: { ...m.offers }, epochs: typeof epochs === 'number' ? epochs : null })
  return new Unknown('what training gives is not known')
}
