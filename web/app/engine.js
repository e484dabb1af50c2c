// Who computes: what the worker found, how fast the last step was, and a choice where
// there is a GPU.
import { byID, h } from './dom.js'
import { guarded, notice } from './notices.js'
import { set, state, watch } from './store.js'

export function startEngine() {
  watch(['engine', 'plan', 'runs'], show)
  byID('way').onchange = async ({ target }) => {
    const engine = await guarded(() => state.thaw.use(target.value))
    set({ engine: { ...(engine ?? state.engine) } }) // a refusal leaves what was
  }
}

let announced = null // the GPU that was told of

/** What the worker says of itself. @param {import('../thaw.js').Engine} engine */
export function engineChanged(engine) {
  if (engine.gpu && engine.gpu.name !== announced) {
    announced = engine.gpu.name
    if (state.thaw) notice('info', `${announced} can compute here: ${speed(engine.gpu.gflops)}, the processor ${speed(engine.gpu.hostGflops)}.`)
  }
  byID('build').textContent = `${engine.version}${engine.digest && `, engine ${engine.digest}`}`
  set({ engine: { ...engine } })
}

/** The worker is gone, for the reason that message says. */
export function engineEnded(message) {
  notice('error', message, { label: 'Reload the page', act: () => location.reload() })
  byID('engine').textContent = 'not running'
  byID('way').hidden = true
  set({ engine: null })
}

function show() {
  const { engine, plan, runs } = state
  if (!engine) return
  const last = runs.findLast(run => run.gflops)
  const who = plan?.computes && plan.computes !== engine.backend ? plan.computes : processor(engine)
  const text = who + (last ? ` · ${speed(last.gflops)}` : '')
  if (byID('engine').textContent !== text) byID('engine').textContent = text
  const way = byID('way')
  way.hidden = !engine.gpu
  if (!engine.gpu) return
  way.replaceChildren(...[['auto', 'the faster'], ['host', 'processor'], ['device', 'GPU']].map(([value, text]) => h('option', { value }, text)))
  way.value = engine.way
}

const processor = ({ backend, threads, isolated }) =>
  `${backend === 'simd' ? 'SIMD' : backend}, ${threads === 1 ? '1 thread' : threads + ' threads'}${isolated ? '' : ' (page not isolated)'}`
const speed = gflops => (gflops < 10 ? gflops.toPrecision(2) : Math.round(gflops)) + ' GFLOP/s'
