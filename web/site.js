// Where the files of this site are: beside this module. In the single file
// (serve/single.go) another module takes its place; nothing else knows of that.

/** The address of a file of the site. @param {string} name @returns {Promise<string>} */
export const address = async name => new URL(name, import.meta.url).href

/**
 * What starts workers of a script of the site, each by its name. `asked` is in their address.
 * @param {string} script
 * @param {Record<string, string>} [asked]
 * @returns {Promise<(name: string) => Worker>}
 */
export async function starter(script, asked = {}) {
  const url = new URL(script, import.meta.url)
  for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, value)
  return name => new Worker(url, { type: 'module', name })
}
