// What files from outside are, by their content: weights are loaded, networks that are not
// read are answered with a sentence, and all others may be images or bring labels.
import { holdsPictures } from './intake.js'
import { notice } from './notices.js'
import { state } from './store.js'

/** @typedef {{ path: string, file: File }} Found   path: with its folders, 'roses/1.jpg' */
/** @typedef {{ name: string, reason: string }} Refusal */
/**
 * @typedef {Object} Takers
 * @property {(files: Found[]) => Promise<void>} weights   of one model: a file, with those that belong to it
 * @property {(file: File) => Promise<void>} project   a saved one
 * @property {(sentence: string) => void} foreign
 * @property {(found: Found[], className: string | null, foreign: Refusal[]) => Promise<void>} files   all others; onto a class card, or not
 * @property {(found: Found[]) => Promise<void>} predict
 */

/** For a file picker: what browsers call images, and what some do not. */
export const pictureAccept = 'image/*,.tif,.tiff,.bmp,.heic,.heif,.avif,.jxl'
const namedPicture = ({ path }) => /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif|jxl)$/i.test(path)

/** What those files are that may be a network; what is named as a picture is found out where it is read. @param {Found[]} found */
async function recognise(found) {
  // In folders of pictures the rest lies beside them: thousands of annotations, it may be.
  const beside = found.some(namedPicture)
  const asked = found.filter(f => !namedPicture(f) && !(beside && f.path.includes('/')))
  const kinds = await state.thaw.recognise(asked)
  return new Map(asked.map((f, i) => [f, kinds[i]]))
}

/** Whether a file has to do with networks, read here or not. @param {Found} f */
export const isNetwork = async f => ['weights', 'foreign'].includes((await recognise([f])).get(f)?.kind)

/**
 * Hands each of these files to its taker.
 * @param {Found[]} found @param {Takers} takers @param {string | null} className of the card they fell on
 */
export async function sortOut(found, takers, className = null) {
  if (!state.thaw) return notice('info', 'The engine is still starting: bring the files again in a moment.')
  const known = await recognise(found)
  const weights = found.filter(f => known.get(f)?.kind === 'weights')
  for (const main of weights.filter(f => !known.get(f).of)) {
    await takers.weights([main, ...weights.filter(f => known.get(f).of === main.path)])
  }
  const projects = found.filter(f => known.get(f)?.kind === 'project')
  for (const { file } of projects) await takers.project(file)
  const foreign = await others(found.filter(f => known.get(f)?.kind === 'foreign'))
  const files = found.filter(f => !weights.includes(f) && !projects.includes(f) && !foreign.includes(f))
  const told = foreign.filter(f => !known.get(f).of).map(f => ({ name: f.path, reason: known.get(f).sentence }))
  if (files.length) await takers.files(files, className, told)
  else for (const { reason } of told) takers.foreign(reason)
}

/** Without zips of pictures that a network lies in. @param {Found[]} foreign */
async function others(foreign) {
  const list = []
  for (const f of foreign) {
    if (!/\.zip$/i.test(f.path) || !(await holdsPictures(f))) list.push(f)
  }
  return list
}
