// The JavaScript side of kernels/webgpu: the adapter and its device, pipelines,
// buffers, and the recording of a table of dispatches that Go has filled. Numbers that
// Go hands over by address stand in its memory; nothing of the page is known here.
//
// All that takes time returns a promise, and every promise is rejected when the device
// is lost: the browser may leave some of them unsettled.

import { isSoftware } from './adapter.js'

const rowBytes = 256 // of a row of the uniform buffer
const tableLen = 8 // numbers of a dispatch: pipeline, workgroups, offsets of the regions
const readBytes = 16 << 20 // read back at a time
const nudgeAfter = 2 // ms; Firefox delivers results only when it is given more work

// openGPU resolves to the user's GPU, or rejects with a sentence that says why there is
// none. software admits an adapter that computes on the CPU.
export async function openGPU(memory, { software = false } = {}) {
  if (!navigator.gpu) throw new Error('this browser has no WebGPU')
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new Error('this browser offers no GPU')
  const inSoftware = isSoftware(adapter)
  if (inSoftware && !software) throw new Error('WebGPU would run on the CPU here, more slowly than SIMD')
  const requiredLimits = {}
  for (const name of ['maxBufferSize', 'maxStorageBufferBindingSize']) requiredLimits[name] = adapter.limits[name]
  const device = await adapter.requestDevice({ requiredLimits })
  return new GPU(memory, adapter, device, inSoftware)
}

class GPU {
  constructor(memory, adapter, device, software) {
    this.memory = memory
    this.device = device
    this.software = software
    const { vendor, architecture, description } = adapter.info
    this.name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed GPU'
    this.maxBuffer = device.limits.maxBufferSize
    this.maxBinding = device.limits.maxStorageBufferBindingSize
    this.pipelines = []
    this.gone = null // why the device is lost
    // Nobody can say what an error that no promise reported left undone: the device goes.
    device.onuncapturederror = ({ error }) => this.destroy(error.message)
    this.lost = device.lost.then(({ message, reason }) => { this.gone ??= message || reason || 'the GPU was lost'; throw new Error(this.gone) })
    this.lost.catch(() => {})

    const buffer = (binding, type) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type, hasDynamicOffset: true } })
    this.layout = device.createBindGroupLayout({ entries: [buffer(0, 'uniform'), ...[1, 2, 3, 4].map(i => buffer(i, 'storage'))] })
    this.pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [this.layout] })
  }

  // orLost is promise, rejected when the device is lost.
  async orLost(promise) {
    const value = await Promise.race([promise, this.lost])
    if (this.gone) throw new Error(this.gone)
    return value
  }

  // scoped runs make and resolves to what it returns, or rejects with the GPU's error.
  async scoped(make) {
    const kinds = ['validation', 'out-of-memory', 'internal']
    for (const kind of kinds) this.device.pushErrorScope(kind)
    const made = await make()
    const errors = await this.orLost(Promise.all(kinds.map(() => this.device.popErrorScope())))
    for (const error of errors) if (error) throw new Error(error.message || 'the GPU has not enough memory')
    return made
  }

  // compile makes pipeline number index. It is of use when the promise is resolved.
  async compile(index, name, code) {
    if (this.pipelines[index]) return
    const module = this.device.createShaderModule({ label: name, code })
    const { messages } = await this.orLost(module.getCompilationInfo())
    const wrong = messages.find(m => m.type === 'error')
    if (wrong) throw new Error(`${name}, line ${wrong.lineNum}: ${wrong.message}`)
    this.pipelines[index] = await this.orLost(this.device.createComputePipelineAsync({ label: name, layout: this.pipelineLayout, compute: { module, entryPoint: 'main' } }))
  }

  // allocate resolves to a Memory of regions and further buffers of so many bytes.
  async allocate(regions, kept, rows) {
    return this.scoped(() => new Memory(this, regions, kept, rows))
  }

  destroy(why = 'the GPU was given back') { this.gone ??= why; this.device.destroy() }
}

// Memory is buffers by number: the regions, then the kept ones.
class Memory {
  constructor(gpu, regions, kept, rows) {
    this.gpu = gpu
    const { device } = gpu
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC
    this.buffers = [...regions, ...kept].map(size => device.createBuffer({ size: Math.max(size, rowBytes), usage }))
    this.uniforms = device.createBuffer({ size: rows * rowBytes, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST })
    const bound = buffer => ({ buffer, size: Math.min(buffer.size, Math.floor(gpu.maxBinding / rowBytes) * rowBytes) })
    this.group = device.createBindGroup({
      layout: gpu.layout,
      entries: [{ binding: 0, resource: { buffer: this.uniforms, size: rowBytes } },
        ...regions.map((_, i) => ({ binding: i + 1, resource: bound(this.buffers[i]) }))],
    })
    this.encoder = null // copies that are not yet submitted
  }

  write(buffer, offset, address, bytes) {
    this.flush()
    this.gpu.device.queue.writeBuffer(this.buffers[buffer], offset, this.gpu.memory.buffer, address, bytes)
  }

  copy(dst, dstOffset, src, srcOffset, bytes) {
    this.encoder ??= this.gpu.device.createCommandEncoder()
    this.encoder.copyBufferToBuffer(this.buffers[src], srcOffset, this.buffers[dst], dstOffset, bytes)
  }

  flush() {
    if (!this.encoder) return
    this.gpu.device.queue.submit([this.encoder.finish()])
    this.encoder = null
  }

  // run records and submits n dispatches; the promise is resolved when they are done.
  run(table, rows, n) {
    this.flush()
    const { device, pipelines, memory } = this.gpu
    device.queue.writeBuffer(this.uniforms, 0, memory.buffer, rows, n * rowBytes)
    const t = new Uint32Array(memory.buffer, table, n * tableLen)
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    let last = -1
    for (let i = 0, at = 0; i < n; i++, at += tableLen) {
      if (t[at] !== last) pass.setPipeline(pipelines[last = t[at]])
      pass.setBindGroup(0, this.group, [i * rowBytes, t[at + 4], t[at + 5], t[at + 6], t[at + 7]])
      pass.dispatchWorkgroups(t[at + 1], t[at + 2], t[at + 3])
    }
    pass.end()
    device.queue.submit([encoder.finish()])
    return this.gpu.orLost(nudged(device, device.queue.onSubmittedWorkDone()))
  }

  // read copies bytes of a buffer to Go's memory at address.
  async read(buffer, offset, address, bytes) {
    for (let at = 0; at < bytes; at += readBytes) await this.gather([[buffer, offset + at, address + at, Math.min(readBytes, bytes - at)]])
  }

  // gather copies parts, [buffer, offset, address, bytes] each, as they are now, to Go's memory.
  async gather(parts) {
    this.flush()
    const { device, memory } = this.gpu
    const size = parts.reduce((sum, part) => sum + part[3], 0)
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
    const encoder = device.createCommandEncoder()
    let to = 0
    for (const [buffer, offset, , bytes] of parts) {
      encoder.copyBufferToBuffer(this.buffers[buffer], offset, staging, to, bytes)
      to += bytes
    }
    device.queue.submit([encoder.finish()])
    await this.gpu.orLost(nudged(device, staging.mapAsync(GPUMapMode.READ)))
    const mapped = staging.getMappedRange()
    let from = 0
    for (const [, , address, bytes] of parts) {
      new Uint8Array(memory.buffer, address, bytes).set(new Uint8Array(mapped, from, bytes))
      from += bytes
    }
    staging.destroy()
  }

  destroy() {
    for (const buffer of [...this.buffers, this.uniforms]) buffer.destroy()
  }
}

// nudged is promise; while it takes long, empty work is submitted, the less often the longer.
async function nudged(device, promise) {
  const start = performance.now()
  const nudge = () => {
    device.queue.submit([])
    timer = setTimeout(nudge, (performance.now() - start) / 8)
  }
  let timer = setTimeout(nudge, nudgeAfter)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
