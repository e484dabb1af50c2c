// isSoftware says whether a GPU adapter computes on the CPU, where SIMD is faster.
export function isSoftware(adapter) {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info
  return Boolean(isFallbackAdapter ?? adapter.isFallbackAdapter) ||
    /swiftshader|llvmpipe|lavapipe|basic render|software/i.test([vendor, architecture, device, description].join(' '))
}
