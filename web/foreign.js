// Pictures that the engine does not read and this browser may. Their pixels can differ
// from one browser to the next, so the engine asks only for files that a person allowed.

const types = { AVIF: 'image/avif', HEIC: 'image/heic', 'JPEG XL': 'image/jxl' }

// A picture of one pixel in each format: which of them opens says what is decoded here.
const samples = {
  AVIF: 'AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOltZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ0AAAAYAAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAAGhpcHJwAAAASWlwY28AAAAUaXNwZQAAAAAAAAABAAAAAQAAAA5waXhpAAAAAAEIAAAADGF2MUOBABwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAIG1kYXQSAAoHGAAGmAhoNTILHEXd00wsAJA1kSA=',
  HEIC: 'AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABfG1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAAImlsb2MAAAAAREAAAQABAAAAAAGcAAEAAAAAAAAAKAAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEAAGh2YzEAAAAADnBpdG0AAAAAAAEAAAD8aXBycAAAANxpcGNvAAAAdWh2Y0MBA3AAAACQAAAAAAAe8AD8/fj4AAAPA2AAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAYQABAClCAQEDcAAAAwCQAAADAAADAB6gIIEFluqumubgIaDAgAAADIAAAAMAhGIAAQAGRAHBc8GJAAAAE2NvbHJuY2x4AAEADQAGgAAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAABAAAAAQAAAAEAAAAB////wQAAAAL////BAAAAAgAAABBwaXhpAAAAAAMICAgAAAAYaXBtYQAAAAAAAAABAAEFgQIDBYQAAAAwbWRhdAAAACQoAa8ZITkS712lv/eI/5elfzdbfKZKppcE14iZCwOBgI2RnTg=',
  'JPEG XL': '/woAEBAUNwIIBAEAGABLGIsVggE=',
}

// Upright by the file's own orientation, in the browser's default colour space.
const open = (bytes, format) => createImageBitmap(new Blob([bytes], { type: types[format] }), { imageOrientation: 'from-image' })

// decodes says whether this browser reads the format.
export async function decodes(format) {
  try {
    const bitmap = await open(Uint8Array.from(atob(samples[format]), c => c.charCodeAt(0)), format)
    bitmap.close()
    return true
  } catch {
    return false
  }
}

// decode opens a picture, whose RGBA is then read some rows at a time: a whole copy beside
// the bitmap would cost as much again.
export async function decode(bytes, format) {
  const bitmap = await open(bytes, format)
  const { width, height } = bitmap
  const rows = Math.max(1, Math.min(height, Math.floor(4e6 / width)))
  const context = new OffscreenCanvas(width, rows).getContext('2d', { colorSpace: 'srgb', willReadFrequently: true })
  return {
    width,
    height,
    rows,
    read(y) {
      context.clearRect(0, 0, width, rows)
      context.drawImage(bitmap, 0, -y)
      return context.getImageData(0, 0, width, Math.min(rows, height - y)).data
    },
    close: () => bitmap.close(),
  }
}
