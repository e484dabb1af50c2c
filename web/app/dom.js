// Small helpers around the DOM: elements, ids, dialogs, downloads.

/** @param {string} id @returns {any} */
export const byID = id => document.getElementById(id)

/**
 * Makes an element. Properties are set as properties where they exist (so handlers
 * are `onclick`), as attributes where not; `class`, `data-*` and `aria-*` are attributes.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children null and false are left out
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue
    if (name in element && !name.includes('-') && name !== 'list' && name !== 'form') /** @type {any} */ (element)[name] = value
    else element.setAttribute(name, String(value))
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return element
}

/** A picture from the sprite in index.html; it says nothing to a screen reader. */
export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(ns, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(ns, 'use')
  use.setAttribute('href', '#icon-' + name)
  svg.append(use)
  return svg
}

/** A button that looks like a link or an icon, always with a name. */
export const iconButton = (name, label, onclick, properties = {}) =>
  h('button', { type: 'button', class: 'icon-button', title: label, 'aria-label': label, onclick, ...properties }, icon(name))

/**
 * A label that opens a file dialog; the input inside keeps the keyboard.
 * @param {string | Node} label
 * @param {{ id?: string, title?: string, accept?: string, multiple?: boolean, folder?: boolean, className?: string, onfiles: (files: File[]) => void }} options
 */
export function filePicker(label, { id, title, accept, multiple = true, folder = false, className = 'button', onfiles }) {
  const input = h('input', { type: 'file', id, accept, multiple, class: 'visually-hidden', title, 'aria-label': title, 'data-testid': id })
  if (folder) input.webkitdirectory = true
  input.onchange = () => {
    const files = [...input.files]
    input.value = '' // so that the same file can be picked again
    if (files.length) onfiles(files)
  }
  return h('label', { class: className, title }, input, label)
}

/** Offers a Blob under a file name. */
export function download(blob, name) {
  const url = URL.createObjectURL(blob)
  h('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Calls fn once things have been quiet for `ms`. */
export function debounce(fn, ms) {
  let timer = 0
  return (...args) => {
    clearTimeout(timer)
    timer = setTimeout(() => fn(...args), ms)
  }
}

/** Calls fn soon after the first of many calls, and at most every `ms`. */
export function atMostEvery(ms, fn) {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      fn()
    }, ms)
  }
}

/** A button that asks once more, in its own words, before it does what cannot be undone. */
export function confirmTwice(button, question, act) {
  const label = [...button.childNodes]
  let timer = 0
  const calm = () => {
    clearTimeout(timer)
    delete button.dataset.sure
    button.replaceChildren(...label)
  }
  button.addEventListener('click', () => {
    if ('sure' in button.dataset) {
      calm()
      act()
      return
    }
    button.dataset.sure = ''
    button.replaceChildren(question())
    timer = setTimeout(calm, 4000)
  })
  button.addEventListener('blur', calm)
  return button
}
