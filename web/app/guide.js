// The way to the guided pages, and what a link asks for: they are loaded then.
import { byID, h } from './dom.js'
import { addWorld } from './intake.js'
import { guarded, notice } from './notices.js'
import { state } from './store.js'
import { hasOwn } from './worlds.js'

const guides = () => import('./lab/guides.js')

export function startGuide() {
  const button = (label, testid, show) => h('button', { type: 'button', class: 'quiet', 'data-testid': testid, onclick: () => guarded(show) }, label)
  byID('guides').append(
    button('Guided pages', 'guides', async () => (await guides()).showGuide()), ' \u00b7 ',
    button('Make a link', 'make-link', async () => (await guides()).showLinkMaker()))
  addEventListener('hashchange', () => document.body.dataset.ready === '' && guarded(followLink)) // the page itself replaces its address without this
}

/** Opens what the address names, once the page is ready: a guided page, generated images, a question. */
export async function followLink() {
  const link = new URLSearchParams(location.hash.slice(1))
  const [guide, world, ask] = ['guide', 'world', 'ask'].map(key => link.get(key))
  if (world && !state.worlds.some(({ name }) => name === world)) notice('warning', `The link asks for world=${world.slice(0, 40)}: no generated images are called so.`)
  else if (world && !hasOwn(state.data) && !state.data.classes.length) await addWorld(world)
  else if (world) notice('info', 'The link brings generated images; those that are here stay.')
  if (guide !== null) (await guides()).showGuide(guide)
  else if (ask) (await guides()).showQuestion(ask.slice(0, 200), (link.get('answers') || 'Yes|No').slice(0, 200).split('|'))
}
