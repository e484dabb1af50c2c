// The dialog of projects: what is open, what else is kept, a saved file, and the room.
import { byID, confirmTwice, download, filePicker, h, iconButton } from './dom.js'
import { plural, room } from './format.js'
import { guarded, say } from './notices.js'
import { withProgress } from './progress.js'
import { empty, listProjects, nameOf, newProject, openProject } from './projects.js'
import { set, state, watch } from './store.js'

export function startProjectsDialog() {
  watch(['projects', 'keeping', 'storage'], show)
}

export function openProjects() {
  byID('projects-dialog').showModal()
  show()
  listProjects()
  guarded(async () => set({ storage: await state.thaw.storage() }))
}

function show() {
  const dialog = byID('projects-dialog')
  if (!dialog.open || dialog.contains(document.activeElement) && document.activeElement?.tagName === 'INPUT') return
  const others = state.projects.filter(project => !project.open)
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'projects-title' }, 'Projects'), iconButton('close', 'Close', () => dialog.close())),
    h('p', { class: 'muted' }, 'Images, labels, runs and trained networks are kept on this machine by themselves, and are here at your next visit.'),
    current(),
    h('section', {}, h('h3', {}, 'Also kept'),
      others.length ? h('ul', { class: 'kept', 'data-testid': 'projects' }, others.map(item)) : h('p', { class: 'muted' }, 'Nothing else yet.')),
    h('section', {}, h('h3', {}, 'From a file'), h('p', { class: 'row' },
      filePicker('Open a saved project…', { id: 'project-file', accept: '.zip', multiple: false, onfiles: then(([file]) => bringProject(file)) }),
      h('span', { class: 'muted' }, 'or drop it anywhere on the page.'))),
    h('div', { id: 'projects-progress', class: 'progress', hidden: true }),
    roomLine())
}

/** Closes the dialog, then acts. */
const then = act => (...args) => {
  byID('projects-dialog').close()
  return act(...args)
}

function current() {
  const { keeping } = state
  if (!keeping?.id) return h('section', {}, h('h3', {}, 'Open'), h('p', { class: 'muted' }, 'A new project: it is kept from its first image on.'))
  const name = h('input', { type: 'text', value: keeping.name, placeholder: nameOf(state), maxLength: 100, disabled: keeping.readOnly, 'aria-label': 'Name of the project', 'data-testid': 'project-name', class: 'grow' })
  const rename = () => guarded(async () => {
    await state.thaw.projects.rename(keeping.id, name.value)
    set({ keeping: { ...state.keeping, name: name.value.trim() } })
  })
  name.onchange = rename
  return h('section', {}, h('h3', {}, 'Open'),
    h('form', { class: 'row', onsubmit: event => { event.preventDefault(); name.blur() } }, name),
    h('p', { class: 'muted' }, [plural(keeping.of, 'image'), plural(state.runs.length, 'run'), keeping.problem].filter(Boolean).join(', ')),
    h('p', { class: 'row' },
      h('button', { type: 'button', class: 'button', 'data-testid': 'project-save', onclick: saveProject }, 'Save as one file'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'project-new', disabled: Boolean(state.active), onclick: then(newProject) }, 'New project'),
      keeping.readOnly ? null : confirmTwice(h('button', { type: 'button', class: 'quiet', 'data-testid': 'project-remove', disabled: Boolean(state.active) }, 'Delete'), () => `Delete ${plural(keeping.of, 'image')} and ${plural(state.runs.length, 'run')}?`, () => removeProject(keeping.id, true))))
}

function item(project) {
  const { id, name, changed, images, runs, damaged } = project
  const what = damaged ? 'It was written by a later version, or is damaged.' : `${new Date(changed).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}, ${plural(images, 'image')}, ${plural(runs, 'run')}`
  return h('li', { 'data-project': id },
    h('span', { class: 'grow' }, h('b', {}, name), h('span', { class: 'muted' }, ' ' + what)),
    !damaged && h('button', { type: 'button', class: 'button', disabled: Boolean(state.active), onclick: then(() => openProject(id)) }, 'Open'),
    !damaged && iconButton('copy', `Duplicate ${name}`, () => duplicate(project)),
    confirmTwice(iconButton('bin', `Delete ${name}`), () => 'Delete?', () => removeProject(id, false)))
}

function roomLine() {
  if (typeof state.storage?.used !== 'number') return null
  return h('p', { class: 'muted', 'data-testid': 'projects-room' }, room(state.storage, 'save what matters as a file'))
}

const removeProject = (id, open) => guarded(async () => {
  await state.thaw.projects.remove(id)
  if (open) await empty()
  await listProjects()
  say('The project is deleted.', { now: true })
})

const inDialog = (title, work) => guarded(() => withProgress(byID('projects-progress'), title, work))

async function duplicate({ id, name }) {
  await inDialog(`Copying ${name}`, options => state.thaw.projects.duplicate(id, options))
  await listProjects()
}

async function saveProject() {
  const file = await inDialog('Saving the project', options => state.thaw.projects.export(options))
  if (file) download(file, `${nameOf(state).replace(/[\\/:*?"<>|]+/g, '-').slice(0, 60)}.thaw.zip`)
}

/** Keeps a saved project, and opens it. @param {File} file */
export async function bringProject(file) {
  const id = await guarded(() => withProgress(byID('data-progress'), `Reading ${file.name}`, options => state.thaw.projects.import(file, options)))
  if (id) await openProject(id)
}
