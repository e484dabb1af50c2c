// Two networks come with the page: of generated images and of photographs. Where the images
// here are of the other kind, the other one is offered, and the way back stands there too.
import { byID, h } from './dom.js'
import { isTrained } from './runs.js'
import { seen, shortName, terms } from './seen.js'
import { state, watch } from './store.js'
import { useWeights } from './weights.js'
import { hasOwn, onlyGenerated } from './worlds.js'

export const generatedNet = 'mini-source'
export const photoNet = 'mini-photo'

export function startOffer() {
  watch(['model', 'data', 'kept', 'cards', 'loading', 'changing', 'active', 'runs'], show)
}

/** A button that takes a network into use. @param {import('../thaw.js').WeightInfo} info */
export const useButton = (info, text, properties = {}) =>
  h('button', { type: 'button', 'data-use': info.id, disabled: Boolean(state.loading || state.changing || state.active), onclick: () => useWeights(info), ...properties }, text)

/** The network of that id that comes with the page. */
export const builtin = id => state.kept.find(info => info.id === id)

function show() {
  const place = byID('offer')
  const focused = place.contains(document.activeElement)
  const lines = content()
  place.hidden = !lines
  place.replaceChildren(...(lines ?? []))
  if (focused) place.querySelector('button')?.focus()
}

/** What suits the images here, beside the network in use; null: nothing is to be said. */
function content() {
  const { data, model } = state
  const [mini, photo] = [builtin(generatedNet), builtin(photoNet)]
  const used = model?.weights?.id
  if (!mini || !photo || isTrained()) return null // what was learned is not put at risk
  if (used === generatedNet && hasOwn(data)) {
    return [h('p', {}, `${shortName(mini)}, the network in use, ${seen(mini)}. `, h('b', {}, shortName(photo)), ` ${seen(photo)}: a better start, if yours are photographs. `, h('span', { class: 'muted' }, terms(photo))),
      h('p', {}, useButton(photo, `Use ${shortName(photo)}`, { class: 'button primary-soft', 'data-testid': 'offer-use' }))]
  }
  if (used === photoNet && (hasOwn(data) || onlyGenerated(data))) {
    const why = onlyGenerated(data) ? `, and not the generated images that these belong to: the lesson on them is about ${shortName(mini)}` : ''
    return [h('p', {}, h('b', {}, shortName(photo)), ` is in use: it ${seen(photo)}${why}. `, h('span', { class: 'muted' }, terms(photo))),
      h('p', {}, useButton(mini, `Back to ${shortName(mini)}`, { class: 'button', 'data-testid': 'offer-back' }))]
  }
  return null
}
