// What the page knows of each generated world before anything is trained: a prediction,
// and the reason behind it. Both follow from how the images are made (package worlds);
// verdict.js holds them against what was measured, and drops the reason if they fail.

/** Worlds that a first visit shows; the others are behind "More". */
export const inFront = ['near', 'shadow', 'margin']

/** What 'little' and 'much' mean: below and above this many points of accuracy. */
export const muchIs = 0.15

/**
 * @typedef {Object} Lesson
 * @property {string} place             near, far, ...: how its images look to the pretrained network
 * @property {string} line              on its card
 * @property {'little' | 'much'} expects   what freezing should cost
 * @property {string} because
 */

/** @type {Record<string, Lesson>} in the order of the cards */
export const lessons = {
  near: {
    place: 'Near', line: 'New shapes in the world of pretraining.', expects: 'little',
    because: 'these classes differ in shape and texture, which pretraining had to keep: the frozen features hold what is needed.',
  },
  shadow: {
    place: 'Far', line: 'Grey sections; the class is what pretraining discarded.', expects: 'much',
    because: 'these classes rest on direction and on the light below a lesion. Pretraining turned and relit everything, so it taught the network to ignore both, and frozen features cannot give back what was discarded.',
  },
  margin: {
    place: 'Counter-example', line: 'Grey sections too; the class is border and inside.', expects: 'little',
    because: 'these images look nothing like those of pretraining, yet the classes differ in outline and texture, which pretraining had to keep. It is not the looks that make freezing costly.',
  },
  upright: {
    place: 'Control', line: 'Familiar colours; the class is which way things stand.', expects: 'much',
    because: 'these images look just like those of pretraining, but the class is a direction, which it taught the network to ignore. It is not the looks that make freezing costly.',
  },
  cells: {
    place: 'Far', line: 'Stained tissue; the class is how nuclei lie.', expects: 'little',
    because: 'these classes differ in how dark spots are arranged, which is texture, and pretraining had to keep texture.',
  },
}

/** The world that these images are all of, or null. @param {import('../thaw.js').DataInfo} data */
export function worldOf(data, worlds) {
  if (!data.classes.length || !data.classes.every(c => c.generated)) return null
  const names = data.classes.map(c => c.name).join('\n')
  return worlds.find(world => world.classes.join('\n') === names) ?? null
}
