// A question with a few answers, each a button.
import { byID, h, iconButton } from './dom.js'

/**
 * @template T
 * @param {string} question @param {string} why
 * @param {{ label: string, value: T, testid?: string }[]} answers the first is the likeliest
 * @returns {Promise<T | null>} null: none of them
 */
export function ask(question, why, answers) {
  const dialog = byID('which-dialog')
  let answer = null
  const choose = value => { answer = value; dialog.close() }
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'which-title' }, question), iconButton('close', 'Leave things as they are', () => dialog.close())),
    h('p', {}, why),
    h('footer', { class: 'row' }, answers.map(({ label, value, testid }, i) =>
      h('button', { type: 'button', class: i ? 'button' : 'primary', 'data-testid': testid, onclick: () => choose(value) }, label))))
  dialog.showModal()
  dialog.querySelector('footer button').focus()
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(answer), { once: true }))
}
