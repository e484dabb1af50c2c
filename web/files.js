// Files of kept projects, in the browser's origin private file system: folders of one
// level. The engine calls these; a worker writes there without a copy in between.

const place = async create => (await navigator.storage.getDirectory()).getDirectoryHandle('thaw-projects', { create })
const missing = error => { if (error.name !== 'NotFoundError') throw error; return null }

/** Whether files can be kept here: not in every private window. */
export async function keeps() {
  if (!globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle) return false
  return place(true).then(() => true, () => false)
}

/** Names of all files, `folder/file`, or of those in one folder. @param {string} folder */
export async function names(folder) {
  const root = await place(true)
  const found = []
  const list = async (name, directory) => { for await (const file of directory.keys()) found.push(`${name}/${file}`) }
  if (folder) {
    const directory = await root.getDirectoryHandle(folder).catch(missing)
    if (directory) await list(folder, directory)
  } else for await (const [name, handle] of root.entries()) if (handle.kind === 'directory') await list(name, handle)
  return found
}

/** A file's bytes, null where there is none. @param {string} name */
export async function get(name) {
  const [folder, file] = name.split('/')
  const directory = await (await place(true)).getDirectoryHandle(folder).catch(missing)
  const handle = await directory?.getFileHandle(file).catch(missing)
  return handle ? new Uint8Array(await (await handle.getFile()).arrayBuffer()) : null
}

// While site data are being cleared a folder goes under one's hands: it is made anew.
const tries = 5, pause = 250 // ms

/** @param {string} name @param {Uint8Array} bytes */
export async function put(name, bytes) {
  for (let n = 1; ; n++) {
    try {
      return await write(name, bytes)
    } catch (error) {
      if (n === tries || !['InvalidStateError', 'NotFoundError'].includes(error.name)) throw error
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }
}

async function write(name, bytes) {
  const [folder, file] = name.split('/')
  const directory = await (await place(true)).getDirectoryHandle(folder, { create: true })
  const handle = await directory.getFileHandle(file, { create: true })
  const access = await handle.createSyncAccessHandle()
  try {
    access.truncate(0)
    if (access.write(bytes, { at: 0 }) !== bytes.length) throw new DOMException('the disk is full', 'QuotaExceededError')
    access.flush()
  } finally {
    access.close()
  }
}

/** Deletes files, and folders that are empty then. @param {string[]} names */
export async function remove(names) {
  const root = await place(true)
  const folders = Map.groupBy(names, name => name.split('/')[0])
  for (const [folder, files] of folders) {
    const directory = await root.getDirectoryHandle(folder).catch(missing)
    if (!directory) continue
    for (const file of files) await directory.removeEntry(file.slice(folder.length + 1)).catch(missing)
    await root.removeEntry(folder).catch(() => {}) // it has other files
  }
}
