// Taking images in: files, folders, zips and tables are surveyed by the worker, shown, and
// taken as a person says; what comes back is the new state of the data and a list of what
// was refused, by name and reason.
import { ask } from './ask.js'
import { byID } from './dom.js'
import { plural } from './format.js'
import { guarded, say } from './notices.js'
import { preview } from './preview.js'
import { withProgress } from './progress.js'
import { showRefused } from './refusals.js'
import { change, defaults } from './settings.js'
import { set, state } from './store.js'
import { showPanel } from './tabs.js'
import { hasOwn, onlyGenerated } from './worlds.js'

/** @typedef {import('./sort.js').Found} Found */
/** @typedef {import('./sort.js').Refusal} Refusal */

/** Adds pictures that this page took to a class, made if new; a group stays on one side of the split. @param {File[]} files */
export const addGroup = (className, files, group) => take(files.length, ['the camera'], options => state.thaw.data.add(className, files, { group, ...options }))

let before = /** @type {Promise<any>} */ (Promise.resolve())
/** One look at files waits for another: the worker keeps the last alone. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
function inTurn(work) {
  const turn = before.then(work)
  before = turn.catch(() => {}) // told to whoever waits for it
  return turn
}

/** Whether there are pictures in a zip. @param {Found} zip */
export const holdsPictures = zip => inTurn(async () => (await state.thaw.data.survey([zip])).pictures > 0)

/**
 * Files that fell on the page, or on the card of a class: they are surveyed, and a person
 * sees what would come in before anything does.
 * @param {Found[]} found @param {string | null} [className]
 * @param {Refusal[]} [foreign] what came with them and is no image
 */
export const addFound = (found, className = null, foreign = []) => inTurn(() => addSurveyed(found, className, foreign))

/** @param {Found[]} found @param {string | null} className @param {Refusal[]} foreign */
async function addSurveyed(found, className, foreign) {
  if (className !== null && !(await ownMayCome())) return
  const survey = encoding => guarded(async () => {
    const seen = await withProgress(byID('data-progress'), `Looking at ${plural(found.length, 'file')}`, options => state.thaw.data.survey(found, { encoding, ...options }))
    return { ...seen, refused: [...foreign, ...seen.refused], refusedCount: foreign.length + seen.refusedCount }
  })
  const first = await survey()
  const answer = first && (className !== null && speaksForItself(first) ? { survey: first, choice: { className, sides: false }, replace: false } : await preview(first, found, className, survey))
  if (!answer) return
  if (answer.replace) await clear()
  await take(answer.survey.pictures, found.map(({ path }) => path.split('/')[0]), options => state.thaw.data.take(answer.survey, answer.choice, options), answer.survey)
}

/** Whether nothing has to be asked of pictures for a card: they go to its class. */
const speaksForItself = ({ pictures, foreign, room }) => pictures > 0 && !room && !foreign.some(({ browser }) => browser)

const clear = () => guarded(async () => set({ data: await state.thaw.data.clear() }))

/** Images and files that a person pastes are dropped ones. @param {(found: Found[]) => void} sortOutFiles */
export function startPaste(sortOutFiles) {
  addEventListener('paste', event => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length || /** @type {Element} */ (event.target).closest('input, textarea') || document.querySelector('dialog[open]')) return
    event.preventDefault()
    sortOutFiles(files.map(file => ({ path: file.name, file })))
  })
}

/** Asks before a person's own images come beside generated ones; false: they are not to. */
export async function ownMayCome() {
  if (!onlyGenerated(state.data)) return true
  const away = await ask('Generated images are here', mixed, [
    { label: 'Replace them with mine', value: true, testid: 'own-replace' }, { label: 'Add mine to them', value: false, testid: 'own-add' }])
  if (away) await clear()
  return away !== null
}

const mixed = 'Generated images are a lesson of their own: mixed with yours, neither shows what it should.'

/** A generated world takes the place of another; beside a person's own images it asks. */
export async function addWorld(name) {
  const away = hasOwn(state.data)
    ? await ask('Your own images are here', mixed, [
      { label: 'Replace mine with the lesson', value: true, testid: 'world-replace' }, { label: 'Add it to mine', value: false, testid: 'world-add' }])
    : state.data.classes.length > 0
  if (away === null) return
  if (away) await clear()
  // What suits these images, unless a person has chosen already.
  const { epochs, batch } = state.settings
  if (epochs === defaults.epochs && batch === defaults.batch) change({ epochs: 8, batch: 16 })
  await take(0, [], () => state.thaw.data.addWorld(name, amount))
  showPanel('runs') // where they can be compared
}

/** Enough to learn from, and to measure on: two standard errors are 7 points at most. */
const amount = { perClass: 80, validation: 50 }

/**
 * @param {number} n files
 * @param {string[]} from what they came as
 * @param {(options: object) => Promise<import('../thaw.js').AddResult>} work
 * @param {{ refused: Refusal[], refusedCount: number }} [seen] what was refused before
 */
async function take(n, from, work, seen = { refused: [], refusedCount: 0 }) {
  await guarded(async () => {
    const title = n ? `Reading ${plural(n, 'file')}` : 'Reading images'
    const result = await withProgress(byID('data-progress'), title, work)
    set({ data: result.data })
    const refused = result.refused.length + seen.refusedCount
    if (n) showRefused(from, [...result.refused, ...seen.refused], refused)
    say(`${plural(result.accepted, 'image')} added, ${refused} refused.`, { now: true })
  })
  await guarded(async () => set({ data: await state.thaw.data.list() })) // also where it failed
}
