// What a person's files would bring, shown before any of them is taken: classes with
// counts, what names them, what is refused; one button to take them.
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { state } from './store.js'

/** @typedef {import('../thaw.js').Survey} Survey */
const oneClass = 'one-class'

/**
 * Shows a survey and asks how to take it; null: not at all.
 * @param {Survey} survey
 * @param {(encoding: string) => Promise<Survey | undefined>} again surveys with names read by another encoding
 * @returns {Promise<{ survey: Survey, choice: import('../thaw.js').TakeChoice, replace: boolean } | null>}
 */
export function preview(survey, again) {
  const dialog = byID('preview-dialog')
  const form = h('form', { method: 'dialog', class: 'preview' })
  let answer = null
  const draw = () => form.replaceChildren(...content(survey, () => dialog.close(), async encoding => {
    survey = (await again(encoding)) ?? survey
    draw()
  }))
  form.onsubmit = event => {
    event.preventDefault()
    answer = { survey, ...read(form, survey) }
    dialog.close()
  }
  draw()
  dialog.replaceChildren(form)
  dialog.showModal()
  form.querySelector('[data-testid=preview-add]')?.focus()
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(answer), { once: true }))
}

/** The whole dialog for a survey. */
function content(survey, close, encode) {
  const several = survey.sources.length > 1 || survey.asks
  const list = h('div', { class: 'preview-classes', tabIndex: 0, role: 'region', 'aria-label': 'Classes that come in' })
  const add = h('button', { type: 'submit', class: 'primary', 'data-testid': 'preview-add' })
  const name = h('input', { id: 'which-class', 'data-testid': 'which-class', name: 'className', list: 'preview-names', autocomplete: 'off', 'aria-label': 'Name of the class', value: `class ${state.data.classes.length + 1}` })
  const field = key => add.form.elements[key]
  const show = () => {
    const chosen = survey.sources.find(({ id }) => id === sourceOf(add.form, survey))
    name.closest('.preview-one').hidden = Boolean(chosen)
    list.hidden = !chosen
    if (chosen) list.replaceChildren(classTable(chosen, Boolean(survey.sides) && field('sides').checked))
    const n = chosen ? chosen.classes.reduce((sum, c) => sum + c.pictures, 0) : survey.pictures
    add.disabled = n === 0
    add.textContent = n === 0 ? 'No images to add' : `Add ${plural(n, 'image')}${chosen ? ` in ${plural(chosen.classes.length, 'class', 'classes')}` : ''}`
  }
  queueMicrotask(show)
  const radio = (id, text, checked) => h('label', { class: 'preview-source' }, h('input', { type: 'radio', name: 'source', value: id, checked, onchange: show }), h('span', {}, text))
  return [
    h('header', {}, h('h2', { id: 'preview-title' }, survey.pictures ? `${plural(survey.pictures, 'image')} would come in` : 'Nothing here can be taken'), iconButton('close', 'Do not add them', close)),
    h('div', { class: 'preview-body' },
      survey.room && h('p', { class: 'strip' }, survey.room),
      survey.encoding && !survey.encoding.sure && encodingField(survey.encoding, encode),
      survey.pictures > 0 && [
        h('fieldset', { class: 'preview-sources' },
          several && h('legend', { class: survey.asks ? 'preview-asks' : '' }, survey.asks ?? 'What names the classes?'),
          several && survey.sources.map(({ id, title }, i) => radio(id, title, i === 0)),
          (several || !survey.sources.length) && radio(oneClass, survey.sources.length ? 'all into one class' : 'into one class', !survey.sources.length),
          h('div', { class: 'preview-one' }, h('label', { class: 'inline' }, h('span', { class: 'muted' }, 'Class'), name),
            h('datalist', { id: 'preview-names' }, state.data.classes.map(c => h('option', { value: c.name }))),
            state.data.classes.length > 0 && h('p', { class: 'row' }, state.data.classes.slice(0, 12).map(c =>
              h('button', { type: 'button', class: 'button', onclick: () => { name.value = c.name; name.focus() } }, c.name))))),
        list,
        survey.sides && h('label', { class: 'preview-source' }, h('input', { type: 'checkbox', name: 'sides', checked: true, onchange: show }), h('span', {}, sidesText(survey.sides))),
        survey.groups.length > 0 && h('label', { class: 'preview-group' }, h('span', {}, 'Keep together, on one side of the split'),
          h('select', { name: 'group', 'data-testid': 'preview-group' }, h('option', { value: '' }, 'nothing: each image for itself'),
            survey.groups.map(g => h('option', { value: g.id }, `${g.title} (${plural(g.groups, 'group')})`)))),
        state.data.classes.length > 0 && state.data.classes.every(c => c.generated) && h('label', { class: 'preview-source' },
          h('input', { type: 'checkbox', name: 'replace', checked: true }), h('span', {}, 'Take the generated images away first: they are another lesson'))],
      refusedFold(survey)),
    h('footer', { class: 'row' }, survey.pictures > 0 && add,
      h('button', { type: 'button', class: 'button', onclick: close, 'data-testid': 'preview-cancel' }, survey.pictures ? 'Cancel' : 'Close')),
  ]
}

/** The source chosen; where there is one alone, nothing is asked. */
const sourceOf = (form, survey) => form.elements.source?.value ?? survey.sources[0].id

/** What was chosen. */
function read(form, survey) {
  const fields = form.elements
  const source = sourceOf(form, survey)
  const choice = source === oneClass ? { className: fields.className.value.trim() } : { source }
  return { choice: { ...choice, group: fields.group?.value ?? '', sides: fields.sides?.checked ?? true }, replace: fields.replace?.checked ?? false }
}

function classTable(source, sides) {
  const head = ['Class', 'Images', ...(sides ? ['train', 'validate', 'test'] : [])]
  return h('table', {},
    h('thead', {}, h('tr', {}, head.map(text => h('th', { scope: 'col' }, text)), h('th', { scope: 'col' }, 'such as'))),
    h('tbody', {}, source.classes.map(c => h('tr', { 'data-class-preview': c.name },
      h('th', { scope: 'row' }, c.name, state.data.classes.some(there => there.name === c.name) && h('span', { class: 'badge' }, 'is there')),
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
      h('ul', {}, refused.map(({ name, reason }) => h('li', {}, reason.startsWith(name) ? [h('b', {}, name), reason.slice(name.length)] : `${name}: ${reason}`)))),
    passedOver > 0 && h('p', { class: 'muted' }, `${plural(passedOver, 'file')} of the operating system ${passedOver === 1 ? 'is' : 'are'} passed over.`),
  ]
}
