// Calls of the public module in random order, beside each other, with values that make no
// sense, given up at random. Every promise must be answered in time, by a result or by a
// ThawError that is a sentence. The same seed draws the same calls.

const hang = 60_000 // ms; a machine that does other things as well is slow
const absurd = [NaN, Infinity, -Infinity, -1, 0, 0.5, 1e308, 2 ** 53, '', 'x'.repeat(100_000), '\0\ud800', '__proto__', null, undefined, true, {}, [], [null], [[[]]], new Array(1e6), { length: 4e9 }, 10n, () => 1, new Date(NaN), new Blob(['text']), new Error('odd')]

/** Numbers from 0 to 1 (mulberry32). */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** So many calls, or as many as there is time for; photos are good image files. @returns what was wrong, and how many calls there were. */
export async function callAtRandom(thaw, photos, seed, calls, milliseconds) {
  const random = numbers(seed)
  const pick = list => list[Math.floor(random() * list.length)]
  const odd = usual => (random() < 0.2 ? pick(absurd) : usual)
  const some = list => list.filter(() => random() < 0.5)
  const count = {}, slowest = {}, wrong = []
  let run = null, survey = null, weights = ['mini-source']

  const name = () => odd(pick(['boat', 'fruit', 'house', 'plain arrow', 'new']))
  const ids = () => odd(Array.from({ length: Math.floor(random() * 4) }, () => odd(Math.floor(random() * 60))))
  const files = () => odd(some([photos[0], photos[1], new File(['no image'], 'a.jpg'), new File(['file,label\na.jpg,x\n'], 't.csv'), new File(['PK\x03\x04'], 'z.zip'), odd(photos[2])]))
  const withPaths = () => odd(some([{ path: 'x/a.jpg', file: photos[0] }, { path: 'y/b.jpg', file: photos[1] }, { path: odd('t.csv'), file: odd(new Blob(['file,label\na.jpg,x\nb.jpg,y\n'])) }]))
  const spec = () => odd(pick([{ preset: 'head-only' }, { preset: 'head-only' }, { preset: odd('freeze-conv'), asWritten: odd(true) }, { from: odd('block8_1') }, { thaw: odd(['block8_*', odd([0, odd(5)])]) }, { preset: 'unfreeze-all', batchNorm: odd('batch') }]))
  const options = () => odd({
    epochs: odd(1), batch: odd(4), seed: odd(1), rate: odd(0.001), validation: odd(0.2), dropout: odd(0), momentum: odd(0.9), optimizer: odd('sgd'), rates: odd({ backbone: odd(1) }),
    classWeight: odd('none'), augment: odd({ flip: odd(true), shift: odd(0.1) }), continue: odd(false), ...odd({}),
  })
  const giveUp = () => {
    if (random() < 0.5) return {}
    const controller = new AbortController()
    if (random() < 0.3) controller.abort()
    else setTimeout(() => controller.abort(), random() * 30)
    return { signal: controller.signal }
  }

  const kinds = {
    'data.add': () => thaw.data.add(name(), files(), { ...giveUp(), group: odd(undefined), browserDecoded: odd(false) }),
    'data.addWorld': () => thaw.data.addWorld(odd('near'), { perClass: odd(1), validation: odd(0), seed: odd(1) }),
    'data.survey': async () => { survey = await thaw.data.survey(withPaths(), { ...giveUp(), encoding: odd('') }) },
    'data.take': () => thaw.data.take(odd(survey ?? { id: 1 }), odd({ source: odd(survey?.sources[0]?.id), className: odd(''), sides: odd(true) }), giveUp()),
    'data.worldPicture': () => thaw.data.worldPicture(odd('near')),
    'data.list': () => thaw.data.list(),
    'data.rename': () => thaw.data.rename(name(), name()),
    'data.removeClass': () => thaw.data.removeClass(name()),
    'data.remove': () => thaw.data.remove(ids()),
    'data.move': () => thaw.data.move(ids(), name()),
    'data.merge': () => thaw.data.merge(name(), name()),
    'data.alike': () => thaw.data.alike(),
    'data.keepTogether': () => thaw.data.keepTogether(ids()),
    'data.undo': () => thaw.data.undo(),
    'data.redo': () => thaw.data.redo(),
    'data.clear': () => random() < 0.2 && thaw.data.clear(),
    'data.thumbnail': () => thaw.data.thumbnail(ids()?.[0]),
    'model.configure': () => thaw.model.configure(odd({ size: odd(pick([32, 40])), dense: odd(pick([0, 16])), ...(random() < 0.1 ? { model: odd('mini') } : {}) }), giveUp()),
    'model.describe': () => thaw.model.describe(),
    'model.nameOutputs': () => thaw.model.nameOutputs(odd(['a', odd('b'), 'c', 'd'])),
    'weights.list': async () => { weights = (await thaw.weights.list()).map(w => w.id) },
    'weights.import': async () => thaw.weights.import(odd(pick([new Blob(['no weights']), new File([new Uint8Array(5000)], 'a.h5'), await thaw.export('safetensors').catch(() => 'odd')])), { ...giveUp(), name: odd('file') }),
    'weights.use': () => thaw.weights.use(odd(pick(weights)), giveUp()),
    'weights.remove': () => random() < 0.3 && thaw.weights.remove(odd(pick(weights))),
    'weights.synthesize': () => thaw.weights.synthesize(odd({ model: odd('mini'), seed: odd(1) })),
    recognise: () => thaw.recognise(withPaths()),
    plan: () => thaw.plan(spec(), options()),
    train: async () => {
      run = await thaw.train(spec(), options(), () => {})
      if (random() < 0.5) run.done.catch(() => {})
    },
    'run.pause': () => run?.pause(),
    'run.resume': () => run?.resume(),
    'run.cancel': () => run?.cancel(),
    predict: () => thaw.predict(odd(photos[0])),
    export: () => thaw.export(odd(pick(['safetensors', 'h5', 'onnx']))),
    reset: () => thaw.reset(),
    use: () => thaw.use(odd('auto')),
    benchmark: () => random() < 0.1 && thaw.benchmark({ model: 'mini', size: odd(32), batch: odd(1), steps: odd(1), classes: odd(3), plan: odd({ preset: 'head-only' }), only: odd(undefined) }),
  }

  const one = async name => {
    count[name] = (count[name] ?? 0) + 1
    const start = performance.now()
    let timer
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('hangs')), hang) })
    try {
      await Promise.race([kinds[name](), late])
    } catch (error) {
      const sentence = /^[^a-z][^\n]*\.$/u.test(error.message) || /^(file|a\.h5): /.test(error.message)
      if (error.name !== 'ThawError' || ['internal', 'closed'].includes(error.code) || !sentence || error.message.length > 1000) wrong.push(`${name}: ${error.name} ${error.code}: ${error.message}`.slice(0, 500))
    } finally {
      clearTimeout(timer)
      slowest[name] = Math.max(slowest[name] ?? 0, Math.round(performance.now() - start))
    }
  }

  const end = performance.now() + milliseconds
  const made = () => Object.values(count).reduce((a, b) => a + b, 0)
  while (made() < calls && performance.now() < end && wrong.length < 10) {
    const together = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(pick(Object.keys(kinds))))
    // A run that was paused, or is long, keeps others waiting.
    if (random() < 0.3) together.push(one('run.cancel'))
    await Promise.all(together)
  }
  await run?.cancel().catch(() => {})
  await run?.done.catch(() => {})
  return { wrong, calls: made(), kinds: Object.keys(count).length, slowest: Object.entries(slowest).sort((a, b) => b[1] - a[1]).slice(0, 5).map(([name, ms]) => `${name} ${ms} ms`).join(', ') }
}
