// Out = (X - mean) * invStd + beta, then ReLU if asked. A workgroup takes LANES groups of
// channels of a tile of pixels.
struct Row {
  x: u32, xStride: u32, out: u32, outStride: u32, beta: u32, mean: u32, invStd: u32,
  channels: u32, pixels: u32, tile: u32, relu: u32,
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  if (c >= u.channels) { return; }
  let beta = tensors[u.beta + c];
  let mean = arena[u.mean + c];
  let invStd = arena[u.invStd + c];
  let begin = group.y * u.tile;
  let end = min(begin + u.tile, u.pixels);
  for (var p = begin + invocation / LANES; p < end; p += ROWS) {
    var v = normalized(arena[u.x + p * u.xStride + c], mean, invStd, beta);
    if (u.relu == 1u) { v = max(v, V(0.0)); }
    arena[u.out + p * u.outStride + c] = v;
  }
}
