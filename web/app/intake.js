// Taking images in: files, folders, zips and tables are surveyed by the worker, shown, and
// taken as a person says; what comes back is the new state of the data and a list of what
// was refused, by name and reason.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { guarded, say } from './notices.js'
import { preview } from './preview.js'
import { withProgress } from './progress.js'
import { change, defaults } from './settings.js'
import { set, state } from './store.js'
import { showPanel } from './tabs.js'
import { ask } from './ask.js'

export const addToClass = (className, files) => take(files.length, options => state.thaw.data.add(className, files, options))

/**
 * Files that fell on the page: onto a class card they join it; else they are surveyed, and
 * a person sees what would come in before anything does.
 * @param {import('./drop.js').Found[]} found @param {string | null} [className]
 */
export async function addFound(found, className = null) {
  if (className !== null) return addToClass(className, found.map(({ file }) => file))
  const survey = encoding => guarded(() => withProgress(byID('data-progress'), `Looking at ${plural(found.length, 'file')}`, options => state.thaw.data.survey(found, { encoding, ...options })))
  const first = await survey()
  const answer = first && (await preview(first, survey))
  if (!answer) return
  if (answer.replace) await guarded(async () => set({ data: await state.thaw.data.clear() }))
  await take(answer.survey.pictures, options => state.thaw.data.take(answer.survey, answer.choice, options))
}

/** Images that a person pasted are dropped ones. */
export function startPaste() {
  addEventListener('paste', event => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length || /** @type {Element} */ (event.target).closest('input, textarea, dialog[open]')) return
    event.preventDefault()
    addFound(files.map(file => ({ path: file.name, file })))
  })
}

/** A generated world takes the place of another; beside a person's own images it asks. */
export async function addWorld(name) {
  const { classes } = state.data
  const own = classes.some(c => !c.generated && c.images.length)
  const away = own
    ? await ask('Your own images are here', 'Generated images are a lesson of their own: mixed with yours, neither shows what it should.', [
      { label: 'Put mine aside and take the lesson', value: true, testid: 'world-replace' }, { label: 'Add them to mine', value: false, testid: 'world-add' }])
    : classes.length > 0
  if (away === null) return
  if (away) await guarded(async () => set({ data: await state.thaw.data.clear() }))
  // What suits these images, unless a person has chosen already.
  const { epochs, batch } = state.settings
  if (epochs === defaults.epochs && batch === defaults.batch) change({ epochs: 8, batch: 16 })
  await take(0, () => state.thaw.data.addWorld(name, amount))
  showPanel('runs') // where they can be compared
}

/** Enough to learn from, and to measure on: two standard errors are 7 points at most. */
const amount = { perClass: 80, validation: 50 }

async function take(n, work) {
  await guarded(async () => {
    const title = n ? `Reading ${plural(n, 'file')}` : 'Reading images'
    const result = await withProgress(byID('data-progress'), title, work)
    set({ data: result.data })
    showRefused(result.refused)
    say(`${plural(result.accepted, 'image')} added, ${result.refused.length} refused.`, { now: true })
  })
  await guarded(async () => set({ data: await state.thaw.data.list() })) // also where it failed
}

function showRefused(refused) {
  if (!refused.length) return
  const strip = byID('refused')
  const old = strip.hidden ? [] : [...strip.querySelectorAll('li')]
  const list = h('ul', {}, ...old, ...refused.slice(0, 500).map(({ name, reason }) => reasonItem(name, reason)))
  strip.replaceChildren(
    h('summary', {}, `${plural(list.childElementCount, 'file')} refused; the rest is kept`, iconButton('close', 'Dismiss', event => {
      event.preventDefault()
      strip.hidden = true
      strip.replaceChildren()
    })), list)
  strip.hidden = false
}

/** Most reasons are sentences that begin with the file's name. */
const reasonItem = (name, reason) => h('li', {}, h('b', {}, name), reason.startsWith(name) ? reason.slice(name.length) : ': ' + reason)
