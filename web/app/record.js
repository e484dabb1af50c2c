// Pictures from a camera: hold to record a burst. A burst is one scene, whose pictures look
// alike: it is a group, which the split keeps on one side.
import { cameras, openCamera, picture, whyNot } from './camera.js'
import { byID, h, iconButton } from './dom.js'
import { plural } from './format.js'
import { addGroup, ownMayCome } from './intake.js'
import { guarded, say } from './notices.js'
import { set, state } from './store.js'

const every = 200 // ms between the pictures of a burst
const shown = 12 // pictures, the newest first

/** Opens the camera for a class, '' for a new one. @param {string} className */
export async function record(className) {
  if (!(await ownMayCome())) return
  const dialog = byID('camera-dialog')
  const camera = new Recorder(className || `class ${state.data.classes.length + 1}`)
  dialog.replaceChildren(...camera.content(() => dialog.close()))
  dialog.onkeydown = event => camera.key(event)
  dialog.onkeyup = event => camera.key(event)
  dialog.addEventListener('close', () => camera.close(), { once: true })
  dialog.showModal()
  await camera.open()
}

class Recorder {
  #camera = null
  /** @type {object | null} */ #attempt = null // to open a camera, the last one; null: the dialog is closed
  /** @type {object | null} */ #held = null // the burst under way
  #count = 0 // pictures of this dialog
  #before = Promise.resolve()
  /** @type {number[][]} ids of each burst */ #bursts = []

  constructor(className) {
    this.video = h('video', { muted: true, playsInline: true, 'aria-label': 'What the camera sees' })
    this.name = h('input', { 'data-testid': 'camera-class', list: 'camera-names', autocomplete: 'off', value: className, required: true, oninput: () => this.#show() })
    this.hold = h('button', { type: 'button', class: 'primary record', 'data-testid': 'camera-record', disabled: true }, 'Hold to record')
    this.mirror = h('input', { type: 'checkbox', checked: true, 'data-testid': 'camera-mirror', onchange: () => this.#turn() })
    this.choice = h('select', { 'aria-label': 'Camera', hidden: true, onchange: () => this.open(this.choice.value) })
    this.problem = h('div', { class: 'strip camera-problem', role: 'alert', 'data-testid': 'camera-problem', hidden: true })
    this.taken = h('p', { 'data-testid': 'camera-count' })
    this.last = h('ul', { class: 'camera-last', 'aria-hidden': 'true' })
    this.back = h('button', { type: 'button', class: 'quiet', 'data-testid': 'camera-undo', hidden: true, onclick: () => this.#inTurn(() => this.#removeLast()) }, 'Remove the last burst')
  }

  content(close) {
    const release = () => (this.#held = null)
    this.hold.onpointerdown = event => event.button === 0 && (this.hold.setPointerCapture(event.pointerId), this.#burst())
    this.hold.onpointerup = this.hold.onlostpointercapture = this.hold.onpointercancel = release
    this.hold.oncontextmenu = event => event.preventDefault() // a long touch
    this.hold.onclick = event => {
      if (event.detail > 0) return // a pointer's: heard above
      this.#burst() // Enter, and what a screen reader presses: one picture
      release()
    }
    addEventListener('blur', release)
    this.stopListening = () => removeEventListener('blur', release)
    this.#show()
    return [
      h('header', {}, h('h2', { id: 'camera-title' }, 'Pictures from a camera'), iconButton('close', 'Close the camera', close)),
      h('div', { class: 'camera' },
        h('div', { class: 'camera-view' }, this.video, this.problem),
        h('label', { class: 'inline' }, h('span', { class: 'muted' }, 'Class'), this.name),
        h('datalist', { id: 'camera-names' }, state.data.classes.map(c => h('option', { value: c.name }))),
        h('p', { class: 'row' }, this.hold, this.choice,
          h('label', { class: 'inline' }, this.mirror, 'mirror the view (pictures are stored as the camera sees them)')),
        h('div', { class: 'row camera-taken' }, this.taken, this.back), this.last,
        h('p', { class: 'muted' }, `A press takes one picture, holding (or the space bar) ${1000 / every} a second. The pictures of one press look alike, so they stay on one side of the split: press several times for a class, from other sides and in other places.`)),
    ]
  }

  /** Opens a camera, the likeliest without an id. @param {string} [id] */
  async open(id) {
    this.#stop()
    this.problem.hidden = true
    const attempt = (this.#attempt = {})
    try {
      const camera = await openCamera(this.video, Math.max(480, state.model?.size ?? 0), id)
      if (attempt !== this.#attempt) return camera.stop()
      this.#camera = camera
      camera.onend(() => this.#fail(new DOMException('', 'OverconstrainedError')))
      this.mirror.checked = camera.facesUser
      this.#show()
      this.hold.focus()
      await this.#list()
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(error)
    }
    this.#turn()
  }

  async #list() {
    const all = await cameras()
    this.choice.hidden = all.length < 2
    this.choice.replaceChildren(...all.map(({ id, name }) => h('option', { value: id, selected: id === this.#camera?.id }, name)))
  }

  #fail(error) {
    this.#stop()
    this.problem.replaceChildren(h('p', {}, whyNot(error)), h('button', { type: 'button', class: 'button', onclick: () => this.open() }, 'Try again'))
    this.problem.hidden = false
  }

  #stop() {
    this.#held = null
    this.#camera?.stop()
    this.#camera = null
    this.#show()
  }

  close() {
    this.#attempt = null
    this.#stop()
    this.stopListening()
  }

  /** The space bar records wherever it types nothing and presses nothing else. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {Element} */ (event.target)
    if (event.key !== ' ' || target.closest('input, select, button:not(.record)')) return
    event.preventDefault()
    if (event.type === 'keyup') this.#held = null
    else if (!event.repeat) this.#burst()
  }

  /** Takes pictures until the button is let go, one at least, and adds them as one group. */
  async #burst() {
    const className = this.name.value.trim()
    if (this.#held || !this.#camera || !className) return
    const burst = (this.#held = {})
    this.hold.dataset.held = ''
    const group = `camera ${stamp()}-${this.#count + 1}`
    const stem = `${className.replace(/[/\\]/g, '_')}-${stamp()}`
    const files = []
    const start = performance.now()
    do {
      files.push(await picture(this.video, `${stem}-${++this.#count}`))
      this.#showLast(files.at(-1))
      this.taken.textContent = `${plural(files.length, 'picture')} in this burst`
      await new Promise(resolve => setTimeout(resolve, start + files.length * every - performance.now()))
    } while (this.#held === burst)
    if (!this.#held) delete this.hold.dataset.held
    this.#inTurn(async () => {
      const before = new Set(idsOf(className))
      await addGroup(className, files, group)
      this.#bursts.push(idsOf(className).filter(id => !before.has(id)))
    })
  }

  /** The next burst may begin while the last is being read: what changes the data waits. */
  #inTurn(work) {
    this.#before = this.#before.then(work).then(() => {
      this.#show()
      say(this.taken.textContent, { now: true })
    })
    return this.#before
  }

  async #removeLast() {
    const ids = this.#bursts.pop() ?? []
    await guarded(async () => set({ data: await state.thaw.data.remove(ids) }))
    for (const item of [...this.last.children].slice(0, ids.length)) item.remove()
    this.hold.focus()
  }

  #turn() {
    this.video.toggleAttribute('data-mirrored', this.mirror.checked)
  }

  #show() {
    const className = this.name.value.trim()
    this.hold.disabled = !this.#camera || !className
    const taken = this.#bursts.flat().length
    this.taken.textContent = !className ? 'Name the class first.' : `${plural(idsOf(className).length, 'picture')} in “${className}”` + (taken ? `; taken here ${taken} in ${plural(this.#bursts.length, 'burst')}` : '')
    this.back.hidden = !this.#bursts.length
  }

  #showLast(file) {
    const image = h('img', { src: URL.createObjectURL(file), alt: '', width: 56, height: 42, onload: () => URL.revokeObjectURL(image.src) })
    this.last.prepend(h('li', {}, image))
    while (this.last.children.length > shown) this.last.lastChild.remove()
  }
}

const idsOf = className => state.data.classes.find(c => c.name === className)?.images.map(image => image.id) ?? []

/** Now, as in 20261125-071530. */
function stamp() {
  const now = new Date()
  const two = n => String(n).padStart(2, '0')
  return `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
}
