// The network as a strip, block by block: frozen, in part, learning, as pasted code leaves it.
import { h } from '../../dom.js'

/** @param {import('./state.js').State} state @param {import('../../../thaw.js').ModelInfo} full */
export function strip(state, full) {
  const blocks = full.blocks.filter(block => block.name !== 'head').map(({ name, layers }) => {
    const flags = layers.filter(index => state.learns.has(index)).map(index => state.learns.get(index))
    return { name, learns: flags.every(Boolean) ? 'thawed' : flags.some(Boolean) ? 'partly' : 'frozen', live: layers.some(index => state.live.get(index)) }
  })
  return h('div', { class: 'code-strip', role: 'img', 'aria-label': spoken(blocks), 'data-testid': 'code-strip' },
    blocks.map(({ name, learns, live }) => h('span', { class: `swatch ${learns}`, title: `${name}: ${words[learns]}`, 'data-learns': learns }, live && h('i', { class: 'mark statistics' }))))
}

const words = { frozen: 'frozen', partly: 'learns in part', thawed: 'learns' }

/** Runs of blocks that are alike: "stem to block17_20 frozen; mixed_7a learns". */
function spoken(blocks) {
  const runs = []
  for (const { name, learns } of blocks) {
    if (runs.at(-1)?.learns === learns) runs.at(-1).last = name
    else runs.push({ first: name, last: name, learns })
  }
  return runs.map(({ first, last, learns }) => `${first}${last === first ? '' : ` to ${last}`} ${words[learns]}`).join('; ') + '.'
}
