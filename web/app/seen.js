// What the networks that come with the page have seen, from the figures of their model cards.
import { address } from '../site.js'
import { set, state } from './store.js'

/** @typedef {import('../thaw.js').WeightInfo} WeightInfo */

const asked = new Set()

/** The model card of a network that comes with the page; undefined until it is there. @param {WeightInfo} info */
function cardOf(info) {
  if (!asked.has(info.card)) {
    asked.add(info.card)
    load(info)
  }
  return state.cards[info.id]
}

async function load({ id, card }) {
  try {
    const answer = await fetch(await address(card))
    set({ cards: { ...state.cards, [id]: await answer.json() } })
  } catch {
    asked.delete(card) // no network, and not kept yet: asked for again when next shown
  }
}

/** "has seen 90,000 photographs of 200 kinds of things, 64 pixels small" @param {WeightInfo} info */
export function seen(info) {
  const images = cardOf(info)?.seen
  return images ? `has seen ${images}` : `has learned ${info.description}`
}

/** Under which terms its images may be used. @param {WeightInfo} info */
export function terms(info) {
  const images = cardOf(info)?.terms
  return images ? `Terms of its images: ${images}.` : ''
}

/** "mini-photo" of "mini-photo, pretrained on photographs" @param {WeightInfo} info */
export const shortName = info => info.name.split(',')[0]
