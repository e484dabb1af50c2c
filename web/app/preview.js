// What a person's files would bring, shown before any of them is taken: classes with
// counts, what names them, what is refused; one button to take them.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { reasonItem } from './refusals.js'
import { state } from './store.js'
import { onlyGenerated } from './worlds.js'

/** @typedef {import('../thaw.js').Survey} Survey */
const oneClass = 'one-class'

/**
 * Shows a survey and asks how to take it; null: not at all.
 * @param {Survey} survey
 * @param {import('./sort.js').Found[]} found what was surveyed
 * @param {string | null} className on whose card they fell
 * @param {(encoding: string) => Promise<Survey | undefined>} again surveys with names read by another encoding
 * @returns {Promise<{ survey: Survey, choice: import('../thaw.js').TakeChoice, replace: boolean } | null>}
 */
export function preview(survey, found, className, again) {
  // On a card its class is the answer, whatever else could name one.
  const fit = seen => (className === null ? seen : { ...seen, sources: [], asks: null, sides: null })
  survey = fit(survey)
  const dialog = byID('preview-dialog')
  const form = h('form', { method: 'dialog', class: 'preview' })
  let answer = null
  const draw = () => form.replaceChildren(...content(survey, found, className, () => dialog.close(), async encoding => {
    form.inert = true // this survey is none of the worker's any more
    survey = fit((await again(encoding)) ?? survey)
    form.inert = false
    draw()
    form.querySelector('[data-testid=preview-encoding]')?.focus()
  }))
  form.onsubmit = event => {
    event.preventDefault()
    answer = { survey, ...read(form, survey) }
    dialog.close()
  }
  draw()
  dialog.replaceChildren(form)
  dialog.showModal()
  const first = form.querySelector(survey.sources.length || className !== null ? '[data-testid=preview-add]' : '#which-class')
  first?.focus()
  if (first instanceof HTMLInputElement) first.select()
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(answer), { once: true }))
}

/** The whole dialog for a survey. */
function content(survey, found, into, close, encode) {
  const list = h('div', { class: 'preview-classes', tabIndex: 0, role: 'region', 'aria-label': 'Classes that come in' })
  const pictureOf = picturesIn(found)
  const add = h('button', { type: 'submit', class: 'primary', 'data-testid': 'preview-add' })
  const show = () => {
    const fields = add.form.elements
    const chosen = survey.sources.find(({ id }) => id === sourceOf(add.form, survey))
    fields.className.closest('.preview-one').hidden = Boolean(chosen)
    list.hidden = !chosen
    if (chosen) list.replaceChildren(classTable(chosen, Boolean(fields.sides?.checked), pictureOf))
    const className = fields.className.value.trim()
    const n = (chosen ? chosen.classes.reduce((sum, c) => sum + c.pictures, 0) : survey.pictures) - leftOut(survey, fields)
    add.disabled = n <= 0 || (!chosen && !className)
    add.textContent = n <= 0 ? 'No images to add' : `Add ${plural(n, 'image')} ${chosen ? `in ${plural(chosen.classes.length, 'class', 'classes')}` : `to ${className || 'a class'}`}`
  }
  if (survey.pictures) queueMicrotask(show)
  return [
    h('header', {}, h('h2', { id: 'preview-title' }, survey.pictures ? `${plural(survey.pictures, 'image')} would come in` : 'Nothing here can be taken'), iconButton('close', 'Do not add them', close)),
    h('div', { class: 'preview-body' },
      survey.room && h('p', { class: 'strip' }, survey.room),
      survey.encoding && !survey.encoding.sure && encodingField(survey.encoding, encode),
      survey.pictures > 0 && [sourceFields(survey, show), classField(found, into, show), list, sidesField(survey, show), foreignField(survey, show), groupField(survey), into === null && replaceField()],
      refusedFold(survey)),
    h('footer', { class: 'row' }, survey.pictures > 0 && add,
      h('button', { type: 'button', class: 'button', onclick: close, 'data-testid': 'preview-cancel' }, survey.pictures ? 'Cancel' : 'Close')),
  ]
}

/** What may name the classes; nothing is asked where there is one answer. */
function sourceFields({ sources, asks }, show) {
  if (!sources.length || (sources.length === 1 && !asks)) return false
  const radio = (id, text, checked) => h('label', { class: 'preview-source' }, h('input', { type: 'radio', name: 'source', value: id, checked, onchange: show }), h('span', {}, text))
  return h('fieldset', { class: 'preview-sources' },
    h('legend', { class: asks ? 'preview-asks' : '' }, asks ?? 'What names the classes?'),
    sources.map(({ id, title }, i) => radio(id, i === 0 && asks ? `${title} (a guess)` : title, i === 0)), radio(oneClass, 'all into one class', false))
}

/** The class that all go to: a new one or one that is there. */
function classField(found, into, show) {
  const { classes } = state.data
  const name = h('input', { id: 'which-class', 'data-testid': 'which-class', name: 'className', list: 'preview-names', autocomplete: 'off', value: into ?? `class ${classes.length + 1}`, oninput: show })
  const take = ({ name: chosen }) => h('button', { type: 'button', class: 'button', onclick: () => { name.value = chosen; show(); name.focus() } }, chosen)
  return h('div', { class: 'preview-one' }, thumbnails(found),
    h('label', { class: 'inline' }, h('span', {}, 'Which class do they show?'), name),
    h('datalist', { id: 'preview-names' }, classes.map(c => h('option', { value: c.name }))),
    into === null && classes.length > 0 && h('p', { class: 'row' }, classes.slice(0, 12).map(take)))
}

const isImage = ({ file }) => file.type.startsWith('image/')

/** The first pictures among files, as far as the browser knows their formats. */
const thumbnails = found => h('p', { class: 'preview-pictures' }, found.filter(isImage).slice(0, 8).map(({ file }) => thumbnail(file, 56)))

function thumbnail(file, side) {
  const done = () => URL.revokeObjectURL(image.src)
  const image = h('img', { alt: '', title: file.name, width: side, height: side, loading: 'lazy', onload: done, onerror: () => { done(); image.remove() } })
  image.src = URL.createObjectURL(file)
  return image
}

/** Finds a picture of a class among files that are not in a zip, by its example's name. @param {import('./sort.js').Found[]} found */
function picturesIn(found) {
  const byName = Map.groupBy(found.filter(isImage), ({ file }) => file.name)
  return ({ name, examples }) => {
    const same = byName.get(examples[0]) ?? []
    return same.length === 1 ? same[0].file : same.find(({ path }) => path.split('/').includes(name))?.file
  }
}

const sidesField = ({ sides }, show) => sides && h('label', { class: 'preview-source' }, h('input', { type: 'checkbox', name: 'sides', checked: true, onchange: show }), h('span', {}, sidesText(sides)))

/** Formats that the engine does not read and this browser does. */
function foreignField({ foreign }, show) {
  const read = foreign.filter(({ browser }) => browser)
  return read.length > 0 && h('label', { class: 'preview-source' }, h('input', { type: 'checkbox', name: 'browserDecoded', checked: true, onchange: show }),
    h('span', {}, `Take ${read.map(({ format, count }) => plural(count, `${format} image`)).join(', ')} as this browser decodes ${total(read) === 1 ? 'it' : 'them'}: pixels may differ in another`))
}

/** How many of the images are left out because of their format. */
const leftOut = ({ foreign }, fields) => (fields.browserDecoded?.checked === false ? total(foreign.filter(({ browser }) => browser)) : 0)
const total = foreign => foreign.reduce((n, { count }) => n + count, 0)

const groupField = ({ groups }) => groups.length > 0 && h('label', { class: 'preview-group' }, h('span', {}, 'Keep together, on one side of the split (images of one patient, one scene)'),
  h('select', { name: 'group', 'data-testid': 'preview-group' }, h('option', { value: '' }, 'nothing: each image for itself'),
    groups.map(g => h('option', { value: g.id }, `${g.title}: ${plural(g.groups, 'group')}, such as ${g.example}`))))

const replaceField = () => onlyGenerated(state.data) && h('label', { class: 'preview-source' },
  h('input', { type: 'checkbox', name: 'replace', checked: true }), h('span', {}, 'Take the generated images away first: they are another lesson'))

/** The source chosen; where there is one alone, nothing is asked. */
const sourceOf = (form, survey) => form.elements.source?.value ?? survey.sources[0]?.id ?? oneClass

/** What was chosen. */
function read(form, survey) {
  const fields = form.elements
  const source = sourceOf(form, survey)
  const choice = source === oneClass ? { className: fields.className.value.trim() } : { source }
  return { choice: { ...choice, group: fields.group?.value ?? '', sides: fields.sides?.checked ?? false, browserDecoded: fields.browserDecoded?.checked ?? false }, replace: fields.replace?.checked ?? false }
}

function classTable(source, sides, pictureOf) {
  const picture = c => {
    const file = pictureOf(c)
    return file && thumbnail(file, 26)
  }
  const head = ['Class', 'Images', ...(sides ? ['train', 'validate', 'test'] : [])]
  return h('table', {},
    h('thead', {}, h('tr', {}, head.map(text => h('th', { scope: 'col' }, text)), h('th', { scope: 'col' }, 'such as'))),
    h('tbody', {}, source.classes.map(c => h('tr', { 'data-class-preview': c.name },
      h('th', { scope: 'row' }, picture(c), c.name, state.data.classes.some(there => there.name === c.name) && h('span', { class: 'badge' }, 'is there')),
      h('td', {}, c.pictures), sides && [c.train + c.drawn, c.validation, c.test].map(n => h('td', {}, n || '·')),
      h('td', { class: 'muted' }, c.examples.join(', '))))),
    source.unlabelled > 0 && h('caption', {}, `${plural(source.unlabelled, 'image')} without a class by this ${source.unlabelled === 1 ? 'is' : 'are'} left out.`))
}

function sidesText({ drawn, train, validation, test }) {
  const parts = [train + drawn && `${train + drawn} to train on`, validation && `${validation} to validate with`, test && `${test} to test on, untouched until you ask`].filter(Boolean)
  return `Keep your own division: ${parts.join(', ')}${validation ? '' : '; some of those to train on are held back to validate with'}`
}

function encodingField({ used, choices }, encode) {
  return h('label', { class: 'preview-group' }, h('span', {}, 'The names in the zip do not say how they are written. Do they read well?'),
    h('select', { 'data-testid': 'preview-encoding', onchange: event => encode(event.target.value) }, choices.map(name => h('option', { value: name, selected: name === used }, encodingNames[name] ?? name))))
}

const encodingNames = {
  cp850: 'Western Europe (cp850)', cp437: 'United States (cp437)', ibm866: 'Cyrillic, DOS (cp866)', 'windows-1252': 'Western Europe (Windows-1252)', 'windows-1251': 'Cyrillic (Windows-1251)',
  'koi8-r': 'Cyrillic (KOI8-R)', shift_jis: 'Japanese (Shift JIS)', gbk: 'Chinese, simplified (GBK)', 'euc-kr': 'Korean (EUC-KR)', big5: 'Chinese, traditional (Big5)',
}

function refusedFold({ refused, refusedCount, passedOver }) {
  return [
    refusedCount > 0 && h('details', { class: 'fold', open: refusedCount <= 3, 'data-testid': 'preview-refused' }, h('summary', {}, `${plural(refusedCount, 'file')} cannot be taken`),
      h('ul', {}, refused.map(reasonItem))),
    passedOver > 0 && h('p', { class: 'muted' }, `${plural(passedOver, 'file')} of the operating system ${passedOver === 1 ? 'is' : 'are'} passed over.`),
  ]
}
