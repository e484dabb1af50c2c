// The five guided pages: what is said, what is done, and what is made of the figures. No
// figure stands here: every one is computed before the reader's eyes, on generated images.
import { exact, percent, plural, seconds } from '../format.js'
import { accuracyOf } from '../run.js'
import { measure, noise, withNoise } from '../verdict.js'

/**
 * What a page can do: see guides.js.
 * @typedef {Object} Hands
 * @property {(world: string) => Promise<void>} world   brings its images, in place of others
 * @property {(spec: any) => Promise<import('../../thaw.js').Plan>} plan
 * @property {(spec: any, passes?: number) => Promise<import('../run.js').RunView>} train   to its end, with readings; passes: times the usual
 * @property {() => Promise<import('../../thaw.js').Probe>} probe
 *
 * @typedef {{ say: string, act?: string, run?: (hands: Hands, notes: any) => Promise<string | string[]> }} Step
 * @typedef {{ ask: string, answers: string[], run: (hands: Hands, notes: any) => Promise<{ right: number | null, text: string }> }} Question   right null: it cannot be told
 * @typedef {{ key: string, title: string, steps: Step[], question: Question }} Page
 */

const headOnly = { preset: 'head-only' }
const everything = { preset: 'unfreeze-all', batchNorm: 'inference' } // so that only freezing differs
const stemAlone = { thaw: ['stem'], batchNorm: 'inference' }
const freezeConv = { preset: 'freeze-conv', asWritten: true }

const small = x => (x === null || x === undefined ? '–' : x < 0.001 ? x.toExponential(1) : x.toPrecision(2))
const at = (run, values, block) => values?.[run.inside.blocks.findIndex(({ name }) => name === block)] ?? null
const moved = (run, block) => at(run, run.inside.epoch.moved, block)
const shift = run => run.inside.epoch.drift.reduce((sum, d) => sum + d.shift, 0) / (run.inside.epoch.drift.length || 1)
const result = run => `${percent(accuracyOf(run))} of ${run.heldBack} held-back images`
const gapOf = probe => probe.blocks.reduce((sum, { gap }) => sum + (gap ?? 0), 0) / probe.blocks.length

/** Of a step, in multiplications and additions. */
const work = ({ cost: { flops } }) => flops.forward + flops.inputGradient + flops.filterGradient

/** Thawed less frozen, with two standard errors. */
const cost = (frozen, thawed) => {
  const [a, b] = [measure(frozen.result), measure(thawed.result)]
  return { cost: b.share - a.share, margin: noise(a, b) }
}
const pointsOf = ({ cost, margin }) => `${withNoise(cost, margin)} points`

/** @type {Page[]} */
export const pages = [
  {
    key: 'freezing', title: 'What freezing is',
    steps: [
      { say: 'A network turns an image into features, block by block, from left to right on the map; the head at its end turns features into your classes. A block that is frozen keeps the numbers that pretraining gave it. One that is thawed learns: training changes them.',
        act: 'Count what learns',
        run: async ({ world, plan }, notes) => {
          await world('near')
          const [frozen, thawed] = [await plan(headOnly), await plan(everything)]
          notes.all = thawed.cost.trained
          return `With the backbone frozen ${exact(frozen.cost.trained)} numbers learn, all in the head. With everything thawed ${exact(thawed.cost.trained)} do.`
        } },
      { say: 'Train both on the same images. The frozen part gives the same features for an image every time: it is computed once, kept, and no pass computes it again.',
        act: 'Train frozen, then thawed',
        run: async ({ train }, notes) => {
          const frozen = notes.frozen = await train(headOnly)
          const thawed = await train(everything)
          return [`Frozen: the stem moved by ${percent(moved(frozen, 'stem'))} of its size, the head by ${percent(moved(frozen, 'head'))}; ${seconds(frozen.result.seconds)}; ${result(frozen)} recognised.`,
            `Thawed: the stem moved by ${percent(moved(thawed, 'stem'))}, the head by ${percent(moved(thawed, 'head'))}; ${seconds(thawed.result.seconds)}; ${result(thawed)}.`]
        } },
    ],
    question: { ask: 'The frozen network is trained for three times as many passes. How far does its stem move?', answers: ['Three times as far', 'A little', 'Not at all'],
      run: async ({ train }, notes) => {
        const run = await train(headOnly, 3)
        const far = moved(run, 'stem')
        return { right: far === 0 ? 2 : 1, text: `By ${percent(far)}; the head by ${percent(moved(run, 'head'))}, after ${percent(moved(notes.frozen, 'head'))} before. Passes teach what is thawed, and nothing else.` }
      } },
  },
  {
    key: 'batch-norm', title: 'Why batch norm moves',
    steps: [
      { say: 'Batch norm rescales each channel by a mean and a variance. One that is trained takes those of the batch in front of it, and with each step moves the stored ones, which it uses afterwards, by 1 % of the way. A well-known piece of code freezes every layer with “conv” in its name.',
        act: 'Look what that code freezes',
        run: async ({ world, plan }, notes) => {
          await world('shadow')
          const p = notes.written = await plan(freezeConv)
          return `${plural(p.batchStatistics.length, 'batch norm')} of the backbone are not called conv: they run on the statistics of each batch. ${exact(p.cost.trained)} numbers learn.`
        } },
      { say: 'So a network that was meant to be frozen changes, though no convolution learns.',
        act: 'Train it',
        run: async ({ train }) => {
          const run = await train(freezeConv)
          const anew = run.inside.looked?.anew
          return [`In ${plural(run.steps, 'step')} the stored means moved by ${small(shift(run))} standard deviations on average. By the law 0.99^steps, ${percent(run.inside.epoch.remaining)} of the old statistics remain.`,
            anew ? `With the statistics as they stand then, ${percent(accuracyOf(run))} of the held-back images are recognised; with statistics computed anew from the training images, ${percent(anew.accuracy.value)}. What these differ by beyond chance is drift, not learning.` : '']
        } },
    ],
    question: { ask: 'Now base.trainable = False, which freezes batch norm too. How many batch norms move?', answers: ['All of them', 'Those near the head', 'None'],
      run: async ({ plan, train }) => {
        const live = (await plan(headOnly)).batchStatistics.length
        const run = await train(headOnly)
        const n = run.inside.epoch.drift.length
        return { right: n === 0 ? 2 : 0, text: `${n === 0 ? 'None' : n}: the plan lets ${plural(live, 'batch norm')} run on batch statistics, and the run saw ${n} move. In Keras a frozen batch norm runs on its stored statistics and keeps them.` }
      } },
  },
  {
    key: 'near-and-far', title: 'Near and far, and why looks deceive',
    steps: [
      { say: 'It is often said that freezing hurts where images look unlike those of pretraining. The network itself can be asked how foreign images are to it: how far the means of its channels are from those that it has stored.',
        act: 'Ask it about three worlds',
        run: async ({ world, probe }, notes) => {
          for (const name of ['near', 'margin', 'shadow']) {
            await world(name)
            notes[name] = await probe()
          }
          return [`Near: ${small(gapOf(notes.near))} standard deviations. Margin: ${small(gapOf(notes.margin))}. Shadow: ${small(gapOf(notes.shadow))}.`,
            `What a linear classifier recognises by the last block’s features: near ${percent(notes.near.blocks.at(-1).accuracy.value)}, margin ${percent(notes.margin.blocks.at(-1).accuracy.value)}, shadow ${percent(notes.shadow.blocks.at(-1).accuracy.value)}.`]
        } },
      { say: 'Margin and shadow are both grey and speckled scans. In margin the classes differ by outline and texture, which this network was taught to see; in shadow by direction and place, which it was taught to ignore.',
        act: 'Train frozen and thawed on shadow',
        run: async ({ world, train }, notes) => {
          await world('shadow')
          notes.there = cost(await train(headOnly), await train(everything))
          return `Freezing cost ${pointsOf(notes.there)} on shadow.`
        } },
    ],
    question: { ask: 'Margin looks as foreign as shadow. What does freezing cost there?', answers: ['About as much', 'Much less', 'Much more'],
      run: async ({ world, train }, notes) => {
        await world('margin')
        const here = cost(await train(headOnly), await train(everything))
        const difference = here.cost - notes.there.cost
        const margin = Math.hypot(here.margin, notes.there.margin)
        const right = difference < -margin ? 1 : difference > margin ? 2 : 0
        return { right, text: `${pointsOf(here)}, against ${pointsOf(notes.there)} on shadow. ${['So few images show no difference.', 'Looks deceive: what counts is whether pretraining kept what the classes need.', 'This time it cost more here: what was measured counts.'][right]}` }
      } },
  },
  {
    key: 'gradients', title: 'Where gradients go',
    steps: [
      { say: 'The error is traced back from the head towards the image. That stops where nothing further back learns: gradients that nobody needs are not computed.',
        act: 'Thaw the last blocks and train',
        run: async ({ world, train }, notes) => {
          await world('near')
          const run = notes.late = await train({ from: 'block8_1', batchNorm: 'inference' })
          return `Gradient at the output of conv_7b: ${small(at(run, run.inside.gradient, 'conv_7b'))}. At the stem’s: ${at(run, run.inside.gradient, 'stem') === null ? 'none was computed' : small(at(run, run.inside.gradient, 'stem'))}.`
        } },
      { say: 'Now the stem alone learns, at the far end, and all blocks between it and the head are frozen.',
        act: 'Thaw the stem alone and train',
        run: async ({ train }, notes) => {
          const run = notes.early = await train(stemAlone)
          return `Gradient at the output of the frozen mixed_6a: ${small(at(run, run.inside.gradient, 'mixed_6a'))}. It moved by ${percent(moved(run, 'mixed_6a'))}, the stem by ${percent(moved(run, 'stem'))}. Gradients flow through frozen blocks: freezing stops the update, not the flow.`
        } },
    ],
    question: { ask: 'With the stem alone thawed, how much less work is a step than with everything thawed?', answers: ['More than half less', 'A fifth to a half less', 'Less than a fifth less'],
      run: async ({ plan }) => {
        const [stem, all] = [await plan(stemAlone), await plan(everything)]
        const saved = 1 - work(stem) / work(all)
        return { right: saved > 0.5 ? 0 : saved > 0.2 ? 1 : 2, text: `${percent(saved)} less, though ${percent(1 - stem.cost.trained / all.cost.trained)} less learns: the way there and back stays. Only the gradients of the frozen weights themselves are saved. Freezing from the front saves most, since there the way back ends early and the way there is computed once.` }
      } },
  },
  {
    key: 'how-much', title: 'How much to thaw',
    steps: [
      { say: 'Between all frozen and all thawed lies every block. What thawing gives depends on where the network has lost what the classes need, and on how many images there are to learn it from.',
        act: 'Ask the images beforehand',
        run: async ({ world, probe }, notes) => {
          await world('upright')
          const { blocks, forecast } = await probe()
          const best = blocks.reduce((a, b) => (b.accuracy.value > a.accuracy.value ? b : a))
          notes.forecast = forecast
          return [`A linear classifier recognises most by ${best.block}’s features: ${percent(best.accuracy.value)}; by the last block’s ${percent(blocks.at(-1).accuracy.value)}.`,
            forecast ? `Foretold from that: freezing costs ${(100 * forecast.low).toFixed(0)} to ${(100 * forecast.high).toFixed(0)} points.` : '']
        } },
    ],
    question: { ask: 'On the same images for the same passes: which plan recognises most?', answers: ['Head only', 'From block8 on', 'From block17 on', 'Everything'],
      run: async ({ train }, notes) => {
        const specs = [headOnly, { from: 'block8_1', batchNorm: 'inference' }, { from: 'block17_1', batchNorm: 'inference' }, everything]
        const runs = []
        for (const spec of specs) runs.push(await train(spec))
        const found = runs.map(run => measure(run.result))
        const best = found.reduce((a, b, i) => (b.share > found[a].share ? i : a), 0)
        const rivals = found.filter((one, i) => i !== best && found[best].share - one.share <= noise(one, found[best]))
        const said = notes.forecast && ` Freezing cost ${pointsOf(cost(runs[0], runs[3]))}.`
        return { right: rivals.length ? null : best, text: `Head only ${percent(found[0].share)}, from block8 ${percent(found[1].share)}, from block17 ${percent(found[2].share)}, everything ${percent(found[3].share)}.${rivals.length ? ' The best are nearer to each other than so few images can tell.' : ''}${said ?? ''} One run says little: repeat it with other seeds.` }
      } },
  },
]
