// What stands behind a dot: of layers, models, texts, lists, and the libraries' names.
import { addLayer, compile, endOf, fit, outputOf } from './keras.js'
import { method } from './strings.js'
import { Layer, Made, Model, Module, Native, Raised, Tensor, Tuple, Unknown, equal, isNumber, isUnknown, items, truth } from './values.js'

/** @typedef {import('./machine.js').Machine} Machine @typedef {import('./tree.js').Node} Node */

/** @param {Machine} m @param {any} v @param {string} name @param {Node} [node] @returns {any} */
export function attribute(m, v, name, node) {
  if (isUnknown(v)) return v
  if (v instanceof Module) return name === '__name__' ? v.last : new Module(`${v.path}.${name}`)
  if (v instanceof Layer) return ofLayer(m, v, name)
  if (v instanceof Model) return ofModel(m, v, name, node)
  if (typeof v === 'string') {
    const known = method(v, name)
    return known ? new Native(name, known) : new Unknown(`\`.${name}\` of a text is not read`)
  }
  if (Array.isArray(v)) return ofList(v, name)
  if (v instanceof Map) return ofDict(v, name)
  if (v instanceof Set) return name === 'add' ? new Native(name, ([x]) => void v.add(x)) : new Unknown(`\`.${name}\` of a set is not read`)
  if (v === null) throw new Raised(`None has no \`${name}\``)
  return new Unknown(`\`.${name}\` of this is not known`)
}

// Layers --------------------------------------------------------------------------

/** How many weights a layer has; null where this reader does not know. */
function weightsOf({ cls, at, name, named }) {
  if (at !== null) return cls === 'BatchNormalization' ? 3 : cls === 'Conv2D' ? (/^block\d+_\d+_conv$/.test(name) ? 2 : 1) : 0
  if (cls === 'Dense') return named.get('use_bias') === false ? 1 : 2
  return /Dropout|Pooling|Flatten|Activation|Random|Rescaling|InputLayer|TFOpLambda|ReLU|Reshape/.test(cls) ? 0 : null
}

const unknowns = n => Array.from({ length: n }, () => new Unknown('the values of weights are not read'))

function ofLayer(m, layer, name) {
  const n = weightsOf(layer)
  switch (name) {
    case 'name': case '_name': return layer.name
    case 'trainable': case '_trainable': return layer.trainable
    case '__class__': return new Module(`keras.layers.${layer.cls}`)
    case 'output': return outputOf(m, layer)
    case 'input': return layer.owner && layer.owner.layers[0] !== layer ? new Unknown('the input of an inner layer is not read') : new Tensor([layer])
    case 'weights': case 'variables': return n === null ? new Unknown('how many weights this layer has is not known') : unknowns(n)
    case 'trainable_weights': case 'trainable_variables': return n === null ? new Unknown('how many weights this layer has is not known') : unknowns(layer.trainable ? Math.min(n, layer.cls === 'BatchNormalization' && layer.at !== null ? 1 : n) : 0)
    case 'count_params': return new Native(name, () => (layer.at === null && n !== 0 ? new Unknown('how many parameters this layer has is not known') : layer.parameters))
    case 'get_weights': return new Native(name, () => (n === null ? new Unknown('weights are not known') : unknowns(n)))
    case 'layers': throw new Raised(`the layer ${layer.name} is no model: it has no \`layers\``)
    case 'kernel': case 'filters': case 'kernel_size':
      if (layer.at !== null && layer.cls === 'Conv2D') return new Made(name, [], new Map())
      if (layer.at !== null) throw new Raised(`the layer ${layer.name} has no \`${name}\``)
      break
    case 'moving_mean': case 'moving_variance': case 'momentum': case 'beta': case 'gamma': case 'epsilon':
      if (layer.at !== null && layer.cls === 'BatchNormalization') return new Made(name, [], new Map())
      if (layer.at !== null) throw new Raised(`the layer ${layer.name} has no \`${name}\``)
  }
  return new Unknown(`\`.${name}\` of a layer is not known here`)
}

// Models --------------------------------------------------------------------------

function ofModel(m, model, name, node) {
  switch (name) {
    case 'layers': case '_layers':
      m.spend(model.layers.length >> 2)
      if (model.cut) m.problem(node?.line ?? m.line, `the network is cut after ${model.cut}, and which layers that leaves is not read`)
      if (model.branched) m.problem(node?.line ?? m.line, 'this model has branches of its own, and the order of its layers is not read')
      return model.layers.filter(layer => model.cls !== 'Sequential' || layer.cls !== 'InputLayer')
    case 'trainable': return model.trainable
    case 'name': return model.name
    case '__class__': return new Module(`keras.models.${model.cls}`)
    case 'input': case 'inputs': return name === 'inputs' ? [new Tensor(model.layers.slice(0, 1))] : new Tensor(model.layers.slice(0, 1))
    case 'output': return endOf(model)
    case 'outputs': return [endOf(model)]
    case 'get_layer': return new Native(name, (args, named) => getLayer(m, model, named.get('name') ?? (typeof args[0] === 'string' || isUnknown(args[0]) ? args[0] : undefined), named.get('index') ?? args[1] ?? args[0]))
    case 'compile': return new Native(name, (args, named, _, at) => compile(m, model, args, named, at))
    case 'fit': case 'fit_generator': case 'train_on_batch': return new Native(name, (args, named, _, at) => fit(m, model, args, named, at))
    case 'add': return new Native(name, ([layer]) => addLayer(m, model, layer))
    case 'pop': return new Native(name, () => model.layers.pop() ?? null)
    case 'predict': return new Native(name, () => {
      if (model.isBase) m.extracted ??= m.line
      return new Unknown('what the network answers is not known')
    })
    case 'summary': case 'save': case 'load_weights': case 'save_weights': case 'evaluate': case 'build': case 'set_weights': return new Native(name, () => null)
  }
  return new Unknown(`\`.${name}\` of a model is not known here`)
}

function getLayer(m, model, name, index) {
  if (isUnknown(name) || isUnknown(index)) return isUnknown(name) ? name : index
  const layers = /** @type {any[]} */ (ofModel(m, model, 'layers'))
  if (name === undefined) {
    const at = index < 0 ? index + layers.length : index
    if (!layers[at]) throw new Raised(`there is no layer ${index}: the model has ${layers.length}`)
    return layers[at]
  }
  const found = layers.find(layer => layer.name === name)
  if (found) return found
  const older = layers.find(layer => layer.alias === name)
  if (older) {
    m.note(m.line, `'${name}' was the name of ${older.name} in old versions of Keras 2; newer ones stop here with an error`)
    return older
  }
  throw new Raised(`no layer is called '${String(name).slice(0, 60)}'${model.isBase ? ' in InceptionResNetV2' : ''}`)
}

// Classes -------------------------------------------------------------------------

const above = { Conv2D: ['Convolution2D', 'Conv', 'BaseConv'], MaxPooling2D: ['MaxPool2D'], AveragePooling2D: ['AvgPool2D'], GlobalAveragePooling2D: ['GlobalAvgPool2D'], Functional: ['Model'], Sequential: ['Model'], Concatenate: ['Merge'] }

/** isinstance() @returns {any} */
export function isA(m, v, cls) {
  if (isUnknown(v) || isUnknown(cls)) return isUnknown(v) ? v : cls
  if (Array.isArray(cls)) {
    const answers = items(m, cls).map(one => isA(m, v, one))
    return answers.includes(true) || (answers.find(isUnknown) ?? false)
  }
  if (!(cls instanceof Module) || !(v instanceof Layer || v instanceof Model)) return new Unknown('whether it is one of that class is not known')
  return [v.cls, ...(above[v.cls] ?? []), 'Layer', 'Module'].includes(cls.last)
}

// Lists and dicts -----------------------------------------------------------------

function ofList(list, name) {
  const change = act => new Native(name, (args, named, m) => {
    if (list instanceof Tuple) throw new Raised(`a tuple has no \`${name}\``)
    if (list.length > 100_000) throw new Raised('this list is too long')
    return act(args, m) ?? null
  })
  switch (name) {
    case 'append': return change(([v]) => void list.push(v))
    case 'extend': return change(([more], m) => void list.push(...items(m, more)))
    case 'insert': return change(([at, v]) => void list.splice(at, 0, v))
    case 'pop': return change(([at = -1]) => list.splice(at, 1)[0])
    case 'remove': return change(([v]) => void (list.includes(v) && list.splice(list.indexOf(v), 1)))
    case 'reverse': return change(() => void list.reverse())
    case 'clear': return change(() => void (list.length = 0))
    case 'copy': return new Native(name, () => [...list])
    case 'index': return new Native(name, ([v]) => {
      const at = list.findIndex(x => equal(x, v) === true)
      if (at >= 0) return at
      if (list.some(isUnknown) || isUnknown(v)) return new Unknown('where it stands in this list is not known')
      throw new Raised('what is looked for is not in this list')
    })
    case 'count': return new Native(name, ([v]) => list.filter(x => equal(x, v) === true).length)
  }
  return new Unknown(`\`.${name}\` of a list is not read`)
}

function ofDict(dict, name) {
  switch (name) {
    case 'get': return new Native(name, ([key, standard = null]) => dict.get(key) ?? standard)
    case 'keys': return new Native(name, () => [...dict.keys()])
    case 'values': return new Native(name, () => [...dict.values()])
    case 'items': return new Native(name, () => [...dict].map(pair => Tuple.from(pair)))
    case 'update': return new Native(name, ([other]) => void (other instanceof Map && [...other].forEach(([key, value]) => dict.set(key, value))))
  }
  return new Unknown(`\`.${name}\` of a dict is not read`)
}

/** v.name = value @param {Machine} m @param {Node} node */
export function setAttribute(m, v, name, value, node) {
  if (v instanceof Layer || v instanceof Model) {
    if (name !== 'trainable') {
      if (name === 'layers' || name === '_layers') m.problem(node.line, `\`${name}\` of a model is replaced, and which layers it then has is not read`)
      else if (!/^_?name$|metadata|stop_training/.test(name)) m.note(node.line, `sets \`${name}\` of ${v instanceof Model ? 'a model' : 'layers'}, which Thaw leaves as Keras has it`)
      if (/^_?name$/.test(name) && typeof value === 'string') v.name = value
      return
    }
    const flag = isNumber(value) || value === null ? truth(value) : value
    if (typeof flag !== 'boolean') {
      m.problem(node.line, isUnknown(flag) ? `whether these layers learn is not known: ${flag.why}` : '`trainable` is set to what is neither True nor False')
      return
    }
    m.setTrainable(v, flag, node)
  } else if (isUnknown(v) && /^_?trainable$/.test(name)) m.problem(node.line, `whose \`trainable\` is set is not known: ${v.why}`)
  else if (Array.isArray(v) && name === 'trainable') throw new Raised('a list has no `trainable`: each of its layers has')
}
