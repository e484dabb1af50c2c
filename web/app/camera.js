// A camera of this machine: its picture in a video element, and single pictures as files.
// What is seen of it is in record.js.

/**
 * Shows a camera in `video`, the one given or the likeliest; rejects by what whyNot explains.
 * @param {HTMLVideoElement} video @param {number} side that pictures have at least, where the camera can
 * @param {string} [id]
 * @returns {Promise<{ id: string | undefined, facesUser: boolean, stop: () => void, onend: (fn: () => void) => void }>}
 */
export async function openCamera(video, side, id) {
  if (!navigator.mediaDevices) throw new DOMException('', 'InsecureContext')
  const wanted = { width: { ideal: Math.round((side * 4) / 3) }, height: { ideal: side } }
  // Of a phone's two, the one that looks at things.
  const stream = await navigator.mediaDevices.getUserMedia({ video: id ? { ...wanted, deviceId: { exact: id } } : { ...wanted, facingMode: { ideal: 'environment' } } })
  const [track] = stream.getVideoTracks()
  video.srcObject = stream
  const stop = () => {
    track.stop()
    if (video.srcObject === stream) video.srcObject = null // not that of a camera chosen since
  }
  try {
    await video.play()
  } catch (error) {
    stop()
    throw error
  }
  const { deviceId, facingMode } = track.getSettings()
  return {
    id: deviceId,
    facesUser: facingMode !== 'environment',
    stop,
    onend: fn => void (track.onended = fn), // it was unplugged, or forbidden
  }
}

/** Cameras by id and name; known once one was allowed. */
export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices()
  return devices.filter(device => device.kind === 'videoinput').map(({ deviceId, label }, i) => ({ id: deviceId, name: label || `Camera ${i + 1}` }))
}

/** What is seen now as a file, as the camera sees it: never mirrored. @param {HTMLVideoElement} video @param {string} name */
export async function picture(video, name) {
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d').drawImage(video, 0, 0)
  const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.95))
  return new File([blob], name + '.jpg', { type: 'image/jpeg' })
}

const reasons = {
  NotAllowedError: 'The camera was refused: allow it for this page beside the browser’s address, and try again.',
  NotFoundError: 'No camera was found: plug one in and try again, or choose files instead.',
  OverconstrainedError: 'That camera is gone: plug it in and try again, or choose another.',
  NotReadableError: 'The camera does not answer, because another program uses it as a rule: close that and try again.',
  AbortError: 'The camera does not answer, because another program uses it as a rule: close that and try again.',
  InsecureContext: 'The browser opens a camera only to a page on https or on this machine itself: open the page there, or choose files instead.',
}

/** Why a camera could not be opened, in a sentence. */
export const whyNot = error => reasons[error.name] ?? `The camera could not be opened (${error.message || error.name}): try again, or choose files instead.`
