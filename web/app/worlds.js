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
  near: { place: 'Near', line: 'New shapes in the world of pretraining.' },
  shadow: { place: 'Far', line: 'Grey sections; the class is what pretraining discarded.' },
  margin: { place: 'Counter-example', line: 'Grey sections too; the class is border and inside.' },
  upright: { place: 'Control', line: 'Familiar colours; the class is which way things stand.' },
  cells: { place: 'Far', line: 'Stained tissue; the class is how nuclei lie.' },
}

/** What is predicted of a world, or null where nothing is. @returns {Lesson | null} */
export const lessonOf = world => (world?.expects === 'little' || world?.expects === 'much' ? { expects: world.expects, because: world.because } : null)

/** The world that these images are all of, or null. @param {import('../thaw.js').DataInfo} data */
export function worldOf(data, worlds) {
  if (!data.classes.length || !data.classes.every(c => c.generated)) return null
  const names = data.classes.map(c => c.name).join('\n')
  return worlds.find(world => world.classes.join('\n') === names) ?? null
}

/** Whether some images are a person's own. @param {import('../thaw.js').DataInfo} data */
export const hasOwn = data => data.classes.some(c => !c.generated && c.images.length > 0)

/** Whether all images there are were generated. @param {import('../thaw.js').DataInfo} data */
export const onlyGenerated = data => !hasOwn(data) && data.classes.some(c => c.generated)
