// Thumbnails: asked of the worker when they come into view, a few at a time, kept as blob URLs.
import { h } from './dom.js'
import { state } from './store.js'

const kept = new Map() // image id -> blob URL
const waiting = [] // newest first: what is in view now matters most
let underWay = 0
const atOnce = 4
const maxKept = 2000

const observer = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue
    observer.unobserve(target)
    waiting.unshift(target)
  }
  next()
}, { rootMargin: '100px' })

/** @param {{ id: number, name: string }} image */
export function thumbnail(image) {
  const picture = h('img', { class: 'thumb', alt: '', title: image.name, width: 40, height: 40, decoding: 'async', 'data-image': image.id })
  picture.onload = () => (picture.alt = image.name) // before, it would be drawn as a broken picture
  if (kept.has(image.id)) picture.src = kept.get(image.id)
  else observer.observe(picture)
  return picture
}

/** What an image is for, in words. @param {import('../thaw.js').ImageInfo} image */
export const standing = ({ split, group, excluded, browserDecoded }) =>
  [excluded ? 'set aside by hand' : sides[split], group && `with all of ${group}`, browserDecoded && 'decoded by this browser'].filter(Boolean).join(', ')

const sides = { train: 'to train on', validation: 'to validate', test: 'to test at the end', aside: 'set aside' }

/** How many images of a class are not trained on, in words. @param {{ images: import('../thaw.js').ImageInfo[] }} c */
export const sidesOf = ({ images }) => Object.entries(sides).slice(1)
  .map(([side, text]) => [images.filter(image => image.split === side).length, text])
  .filter(([n]) => n).map(([n, text]) => `${n} ${text}`)

async function next() {
  if (underWay >= atOnce || !waiting.length || !state.thaw) return
  const picture = waiting.shift()
  if (!picture.isConnected) return next()
  underWay++
  try {
    const id = Number(picture.dataset.image)
    if (!kept.has(id)) keep(id, URL.createObjectURL(await state.thaw.data.thumbnail(id)))
    picture.src = kept.get(id)
  } catch {
    picture.classList.add('broken') // removed meanwhile: its card is about to be redrawn
  } finally {
    underWay--
    next()
  }
}

function keep(id, url) {
  kept.set(id, url)
  if (kept.size <= maxKept) return
  const [oldest, oldURL] = kept.entries().next().value
  kept.delete(oldest)
  URL.revokeObjectURL(oldURL)
}

/** Forgets thumbnails of images that are gone. @param {import('../thaw.js').DataInfo} data */
export function forgetThumbnails(data) {
  const ids = new Set(data.classes.flatMap(c => c.images.map(image => image.id)))
  for (const [id, url] of kept) {
    if (ids.has(id)) continue
    URL.revokeObjectURL(url)
    kept.delete(id)
  }
}
