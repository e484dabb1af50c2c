// A guess before the comparison, which nobody has to make: what will freezing cost here?
// Afterwards it is held against what was measured, like the page's own prediction.
import { h } from './dom.js'

/** In accuracy, from and to. */
const guesses = [
  { key: 'little', title: 'less than 5 points', from: -Infinity, to: 0.05 },
  { key: 'some', title: '5 to 15', from: 0.05, to: 0.15 },
  { key: 'much', title: 'more than 15', from: 0.15, to: Infinity },
]

/** @param {string | null} chosen @param {(key: string) => void} choose */
export const guessRow = (chosen, choose) => h('div', { class: 'row guess', role: 'group', 'aria-label': 'Your guess, if you like: in accuracy, freezing costs' },
  h('span', {}, 'Your guess? In accuracy, freezing costs'),
  guesses.map(({ key, title }) => h('button', { type: 'button', class: 'chip', 'data-keep': 'guess-' + key, 'data-guess': key, 'aria-pressed': String(chosen === key), onclick: () => choose(key) }, title)))

/** What became of a guess, in a sentence. @param {string} chosen @param {number} cost @param {number} noise two standard errors */
export function guessed(chosen, cost, noise) {
  const { title, from, to } = guesses.find(({ key }) => key === chosen)
  const outcome = cost >= from && cost < to ? 'It was right.' : cost + noise >= from && cost - noise < to ? 'It may be right: the noise reaches that far.' : 'It was something else.'
  return `You guessed: ${title}. ${outcome}`
}
