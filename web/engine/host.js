// What differs between a browser and node, and between files of the page's own origin and
// files elsewhere.

export const isNode = !!globalThis.process?.versions?.node

/** A module of node, by a name that bundlers for browsers do not see. @param {string} name */
export const fromNode = name => import(/* @vite-ignore */ /* webpackIgnore: true */ `node:${name}`)

// Browsers start no worker from an address of another origin, such as a CDN's. Where these
// files lie on one, a script of the page's own origin imports the worker from there.
// Where they do not, the caller says `new Worker(new URL('./x.js', import.meta.url), ...)`
// itself, to the letter: that is what bundlers look for.

/** @param {string | URL} base */
export const isElsewhere = base => new URL(base).origin !== globalThis.origin

/** @param {string} file @param {string | URL} base of the file's address @param {string} name */
export function spawn(file, base, name) {
  const script = `import ${JSON.stringify(new URL(file, base).href)}`
  return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module', name })
}
