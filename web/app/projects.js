// Projects are kept by themselves: what the page notes of itself beside what the engine
// keeps, and how a visit finds it again. The dialog is in projects-dialog.js, a run that
// was interrupted in interrupted.js.
import { atMostEvery, byID, h } from './dom.js'
import { plural } from './format.js'
import { follow } from './model.js'
import { guarded, notice, say } from './notices.js'
import { openProjects } from './projects-dialog.js'
import { withProgress } from './progress.js'
import { isOver, newRun } from './run.js'
import { set, state, watch } from './store.js'
import { forgetThumbnails } from './thumbs.js'

export function startProjects() {
  watch(['runs', 'spec', 'settings', 'selected', 'comparison'], noteSoon)
  watch(['keeping', 'projects'], showLine)
  document.addEventListener('visibilitychange', () => document.hidden && note())
  addEventListener('pagehide', note)
  showLine()
}

/** Opens the project of the last visit. Where there is none, false. */
export async function reopen() {
  await listProjects()
  const last = state.projects.find(project => !project.damaged)
  return last ? await openProject(last.id) : false
}

export const listProjects = () => guarded(async () => set({ projects: await state.thaw.projects.list() }))

/** Opens a kept project in the place of the open one. @param {string} id @param {{ lose?: boolean }} [options] */
export async function openProject(id, { lose = false } = {}) {
  note()
  set({ loading: 'A project is being opened.' })
  const opened = await guarded(() => withProgress(byID('data-progress'), 'Opening the project', options => state.thaw.projects.open(id, { ...options, lose })))
  if (opened) await show(opened)
  set({ loading: null })
  if (!opened) await guarded(async () => set({ data: await state.thaw.data.list() }))
  await listProjects()
  return Boolean(opened)
}

/** Begins a project without images. */
export async function newProject() {
  note()
  const done = await guarded(async () => { await state.thaw.projects.begin(); return true })
  if (!done) return
  await empty()
  await listProjects()
  say('A new project, without images yet.', { now: true })
}

/** What is seen of a project is gone, as where it was deleted. */
export async function empty() {
  forgetThumbnails(nothing)
  set({ runs: [], selected: null, viewing: null, comparison: null, interrupted: null, experiment: null, keeping: null, data: await state.thaw.data.list(), model: await state.thaw.model.describe() })
}

/** @param {import('../thaw.js').OpenedProject} opened */
async function show(opened) {
  const { data, model, page, interrupted, experiment, warnings, ...keeping } = opened
  forgetThumbnails(nothing)
  set({ data: nothing }) // images of two projects may have the same numbers
  const runs = runsOf(opened)
  const byNumber = number => runs.find(run => run.number === number) ?? null
  const asked = new URLSearchParams(location.hash.slice(1)) // a link says how to train
  set({ data, model, keeping, runs, interrupted, experiment, active: null, viewing: null,
    ...(page?.spec && !asked.has('plan') ? { spec: page.spec } : {}),
    ...(page?.settings && !location.hash.includes('=') ? { settings: { ...state.settings, ...page.settings } } : {}),
    selected: byNumber(page?.selected),
    comparison: page?.comparison ? { ...page.comparison, runs: Object.fromEntries(Object.entries(page.comparison.runs).map(([key, number]) => [key, byNumber(number)])) } : null })
  await follow()
  if (keeping.readOnly) notice('warning', 'This project is open in another tab, which keeps it: what is done here is lost with this tab.')
  for (const warning of warnings) notice('warning', warning)
  say(`${plural(keeping.images, 'image')} and ${plural(runs.length, 'run')} of the last visit are here.`, { now: true })
}

/** Runs as the page noted them; those of which it could not are made of what the engine kept. */
function runsOf({ page, runs, interrupted, model }) {
  const noted = (page?.runs ?? []).map(run => {
    const kept = runs.find(({ id }) => id === run.id)
    return { ...run, handle: null, trains: null, asked: null, left: null, inside: insideOf(kept, model, run.inside),
      ...(isOver(run) ? { result: kept?.result ?? run.result } : ended(kept)) } // else its end came behind the last note
  })
  for (const kept of [...runs, ...(interrupted ? [interrupted] : [])]) {
    if (noted.some(({ id }) => id === kept.id)) continue
    const run = { ...newRun(noted.length, null, kept.options), id: kept.id, spec: kept.spec, ...ended(kept.result === undefined ? undefined : kept) }
    run.plan = kept.result?.plan ?? run.plan
    run.epochs = kept.options.epochs ?? kept.epochs.length
    run.heldBack = kept.epochs.some(epoch => epoch.validationAccuracy !== null) ? 1 : 0
    run.validation = kept.epochs.map(epoch => ({ epoch: epoch.epoch, loss: epoch.validationLoss, accuracy: epoch.validationAccuracy }))
    run.train = kept.epochs.map(epoch => ({ epoch: epoch.epoch, loss: epoch.loss, accuracy: epoch.accuracy }))
    const anew = kept.epochs.filter(epoch => epoch.anew).map(({ epoch, anew }) => ({ epoch, loss: anew.loss, accuracy: anew.accuracy }))
    if (anew.length) run.anew = anew
    run.inside = insideOf(kept, model)
    run.trained = kept.result?.trained ?? 0
    if ('phases' in kept.spec) Object.assign(run, { phaseRates: kept.spec.phases.map(({ rate }) => rate ?? kept.options.rate), borders: bordersOf(kept.spec.phases) })
    noted.push(run)
  }
  return noted
}

/** Passes done before each phase. */
const bordersOf = phases => phases.map((_, i) => phases.slice(0, i).reduce((n, { epochs }) => n + epochs, 0))

/** What a run told of its blocks, as far as it is kept, beside what the page noted. */
function insideOf(kept, model, noted) {
  const series = kept?.epochs.filter(epoch => epoch.series).map(({ epoch, series }) => ({ epoch, ...series })) ?? []
  if (!series.length) return noted
  const blocks = noted?.blocks ?? model.blocks.map(({ name }) => ({ name, learns: '' }))
  return blocks.length === series[0].moved.length ? { ...noted, blocks, series } : noted // else it was of another network
}

/** How a run ended that the engine has kept; undefined: it did not. */
const ended = kept => (kept?.status ? { status: kept.status, result: kept.result } : { status: 'interrupted' })

/** Notes what the page shows, for the next visit. */
function note() {
  if (!state.thaw || !state.keeping?.id || state.keeping.readOnly || (state.loading && !state.queue)) return
  // What is long is the engine's: what was said of each image, readings pass by pass.
  const runs = state.runs.map(({ handle, trains, asked, left, ...run }) => ({ ...run, result: run.result && { ...run.result, heldBack: undefined }, inside: run.inside && { ...run.inside, series: undefined } }))
  const { spec, settings, comparison } = state
  const numbers = comparison && { ...comparison, runs: Object.fromEntries(Object.entries(comparison.runs).map(([key, run]) => [key, run.number])) }
  state.thaw.projects.note({ spec, settings, runs, selected: state.selected?.number ?? null, comparison: numbers }).catch(() => {}) // the engine tells what it cannot keep
}

const nothing = { classes: [], duplicates: [], problem: null, warnings: [], undo: null, redo: null, tested: [] }

const noteSoon = atMostEvery(2000, note)

/** What the project is called: by its person, or by its classes. */
export const nameOf = ({ keeping, data }) => keeping?.name || data.classes.slice(0, 3).map(c => c.name).join(', ') || 'without images'

/** One line: what is open, and how far it is kept. */
function showLine() {
  const { keeping, projects } = state
  const place = byID('project')
  place.hidden = !keeping?.id && !projects.length
  if (place.hidden) return
  const { id = '', images = 0, of = 0, readOnly = false, problem = null } = keeping ?? {}
  const says = problem ?? (readOnly ? 'Read only: it is open in another tab.' : !id ? '' : images < of ? `Keeping ${images} of ${of} images…` : 'Kept on this machine.')
  const button = h('button', { type: 'button', class: 'quiet', id: 'projects-open', 'data-testid': 'projects-open', 'aria-haspopup': 'dialog', onclick: openProjects }, id ? nameOf(state) : 'Projects…')
  const line = h('span', { class: problem || readOnly ? 'warned' : 'muted', 'data-testid': 'keeping' }, says)
  const focused = document.activeElement?.id === 'projects-open'
  place.replaceChildren(button, line)
  if (focused) button.focus()
}
