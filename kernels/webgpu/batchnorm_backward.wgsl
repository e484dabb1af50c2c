// DX = invStd * (g - mean(g) - xhat * mean(g * xhat)) from the totals of g and g * xhat at
// sums, channel by channel. A workgroup takes LANES groups of channels of a chunk of pixels.
struct Row {
  x: u32, xStride: u32, d: u32, dStride: u32, dX: u32, dXStride: u32,
  beta: u32, mean: u32, invStd: u32,
  channels: u32, pixels: u32, chunk: u32, sums: u32, relu: u32,
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  if (c >= u.channels) { return; }
  let beta = tensors[u.beta + c];
  let mean = arena[u.mean + c];
  let invStd = arena[u.invStd + c];
  let meanG = arena[u.sums + c] / f32(u.pixels);
  let meanGX = arena[u.sums + u.channels + c] / f32(u.pixels);
  let begin = group.y * u.chunk;
  let end = min(begin + u.chunk, u.pixels);
  for (var p = begin + invocation / LANES; p < end; p += ROWS) {
    let x = arena[u.x + p * u.xStride + c];
    var g = arena[u.d + p * u.dStride + c];
    if (u.relu == 1u) { g = select(V(0.0), g, normalized(x, mean, invStd, beta) > V(0.0)); }
    arena[u.dX + p * u.dXStride + c] = invStd * (g - meanG - (x - mean) * invStd * meanGX);
  }
}
