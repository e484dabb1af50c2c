// Files of this session for pixels that memory has no room for, in the origin private file
// system. A worker reads and writes them synchronously through a handle that is theirs
// alone: while it is open nobody can remove the file, so what can be removed is left over.
const folder = 'thaw-scratch'
const tries = 3 // another tab may sweep a new file away before it is open

const scratch = async () => (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true })

// sweepScratch removes what sessions left that have ended. It rejects where a browser, or a
// private window, has no such files.
export async function sweepScratch() {
  if (!globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle) throw new Error('no synchronous files')
  const files = await scratch()
  const names = []
  for await (const name of files.keys()) names.push(name)
  await Promise.allSettled(names.map(name => files.removeEntry(name)))
}

// openScratch resolves to a new, empty file: { read(bytes, at), write(bytes, at), close() }.
export async function openScratch() {
  const files = await scratch()
  for (let n = 1; ; n++) {
    const name = crypto.randomUUID()
    try {
      const file = await files.getFileHandle(name, { create: true })
      const handle = await file.createSyncAccessHandle()
      return {
        read: (bytes, at) => handle.read(bytes, { at }),
        write: (bytes, at) => handle.write(bytes, { at }),
        close: () => { handle.close(); files.removeEntry(name).catch(() => {}) }, // or the next visit does
      }
    } catch (error) {
      if (n === tries) throw error
    }
  }
}
