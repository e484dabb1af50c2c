// The generated worlds as the page shows them. What freezing should cost in each, and the
// reason, comes with them from the worker (package worlds); verdict.js holds it against
// what was measured, and drops the reason if it fails.

/** Worlds that a first visit shows; the others are behind "More". */
export const inFront = ['near', 'shadow', 'margin']

/** What 'little' and 'much' mean: below and above this many points of accuracy. */
export const muchIs = 0.15

/**
 * @typedef {Object} Lesson
 * @property {'little' | 'much'} expects   what freezing should cost
 * @property {string} because
 */

/**
 * In the order of the cards: how its images look to the pretrained network, and what it is.
 * @type {Record<string, { place: string, line: string }>}
 */
export const cards = {
  near: { place: 'Near', line: 'New shapes, drawn as those that the network has learned from.' },
  shadow: { place: 'Far', line: 'Grey scans; what tells them apart, the network was taught to ignore.' },
  margin: { place: 'Counter-example', line: 'Grey scans too, told apart by outline and texture, which it knows.' },
  upright: { place: 'Control', line: 'Familiar colours; only the way things stand tells them apart.' },
  cells: { place: 'Tissue', line: 'Stained tissue, told apart by how the nuclei lie.' },
}

/** What is predicted of a world, or null where nothing is. @returns {Lesson | null} */
export const lessonOf = world => (world?.expects === 'little' || world?.expects === 'much' ? { expects: world.expects, because: world.because } : null)

/**
 * The world that these images are all of, or null. Their names tell, whatever a class was
 * renamed to, and with a class less they still are of it.
 * @param {import('../thaw.js').DataInfo} data
 */
export function worldOf(data, worlds) {
  const filled = data.classes.filter(c => c.images.length)
  if (!filled.length || !filled.every(c => c.generated)) return null
  const origins = new Set(filled.flatMap(c => c.images.map(image => image.name.replace(/ \d+\.bmp$/, ''))))
  return worlds.find(world => [...origins].every(origin => world.classes.includes(origin))) ?? null
}

/** Whether some images are a person's own. @param {import('../thaw.js').DataInfo} data */
export const hasOwn = data => data.classes.some(c => !c.generated && c.images.length > 0)

/** Whether all images there are were generated. @param {import('../thaw.js').DataInfo} data */
export const onlyGenerated = data => !hasOwn(data) && data.classes.some(c => c.generated)
