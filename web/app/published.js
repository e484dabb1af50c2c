// Weights that can be had: beside the page, and from their makers. What there is stands in
// weights.json, which package serve writes; it may fetch for the page, too.
import { address } from '../site.js'
import { ThawError } from '../thaw.js'

/**
 * @typedef {{ id: string, name: string, url?: string, page?: string, file?: string, about: string, kept: boolean }} Source
 * @typedef {{ name: string, bytes: number, sha256: string, about: string }} Beside
 * @typedef {{ sources: Source[], beside: Beside[], fetches: boolean }} Offer
 */

const here = path => new URL(path, document.baseURI).href
/** With the file's sum behind it, which hosts pass over: a browser's cache may hold an earlier file of this name. @param {Beside} file */
export const besideAddress = ({ name, sha256 }) => `${here('weights/' + encodeURIComponent(name))}?${sha256.slice(0, 16)}`
export const fetchedAddress = ({ id }) => here('fetched/' + id)

/** @returns {Promise<Offer>} */
export async function lookForPublished() {
  const answer = await address('weights.json').then(url => fetch(url, { cache: 'no-cache' })).catch(() => null)
  return answer?.ok ? answer.json() : { sources: [], beside: [], fetches: false } // offline, and nothing kept
}

/**
 * Has the server of this page fetch a source: it tells how far it is, a line of JSON each time.
 * @param {Source} source
 * @param {{ onProgress: (p: import('../thaw.js').Progress) => void, signal: AbortSignal }} options
 */
export async function fetchThroughServer({ id, name }, { onProgress, signal }) {
  try {
    const answer = await fetch(here('fetch/' + id), { headers: { 'Thaw-Fetch': '1' }, signal, cache: 'no-store' })
    if (!answer.ok) throw new ThawError('network', `The server of this page does not fetch ${name} (${answer.status}): download the file yourself and drop it here.`)
    const left = timeLeft()
    for await (const { done = 0, total = 0, error, kept } of lines(answer.body)) {
      if (error) throw new ThawError('network', error)
      if (kept) return
      onProgress({ what: `The server fetches ${name}`, done, total, secondsLeft: left(done, total) })
    }
    throw new ThawError('network', `The server of this page stopped in the middle of ${name}: start it again, and it goes on from there.`)
  } catch (error) {
    if (signal.aborted) throw new ThawError('cancelled', 'Cancelled.')
    throw error instanceof ThawError ? error : new ThawError('network', `The server of this page could not be reached (${error.message}): start it again.`)
  }
}

/** The seconds left at the pace so far; undefined before that can be told. */
function timeLeft() {
  let first = null
  return (done, total) => {
    const now = performance.now()
    if (!done) return undefined
    first ??= { done, now } // what an earlier try brought counts as no pace
    const pace = (done - first.done) / (now - first.now)
    return now - first.now > 1000 && pace > 0 && total > 0 ? (total - done) / pace / 1000 : undefined
  }
}

/** The JSON values of a stream, one a line. */
async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const parts = (rest + value).split('\n')
    rest = parts.pop()
    for (const part of parts) yield JSON.parse(part)
  }
}
