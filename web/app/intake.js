// Taking images in: files, folders and zips go to the worker; what comes back is the
// new state of the data and a list of what was refused, by name and reason.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { guarded, say } from './notices.js'
import { withProgress } from './progress.js'
import { change, defaults } from './settings.js'
import { set, state } from './store.js'
import { showPanel } from './tabs.js'
import { askClass } from './which.js'

export async function addToClass(className, files) {
  await take(files.length, options => state.thaw.data.add(className, files, options))
}
export const addFolder = found => take(found.length, options => state.thaw.data.addFolder(found, options))
export const addZip = file => take(0, options => state.thaw.data.addZip(file, options))

/** Loose images: onto a card they join its class, else a person says which. */
export async function addLoose(files, className) {
  const name = className ?? (await askClass(files.length))
  if (name) await addToClass(name, files)
}

/** A generated world takes the place of another, but never of a person's own images. */
export async function addWorld(name) {
  const { classes } = state.data
  if (classes.length && classes.every(c => c.generated)) await guarded(async () => set({ data: await state.thaw.data.clear() })) // the new images begin with the old numbers
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
  // A cancelled or failed import may have kept some: ask what there is now.
  await guarded(async () => set({ data: await state.thaw.data.list() }))
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
