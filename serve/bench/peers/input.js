// The same images for every contender, in [-1, 1].
export function images(batch, size) {
  const x = new Float32Array(batch * size * size * 3)
  for (let i = 0, state = 1; i < x.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    x[i] = state / 2 ** 31 - 1
  }
  return x
}

export async function timed(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}
