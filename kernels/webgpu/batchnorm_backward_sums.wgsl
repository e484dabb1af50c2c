// Sums of g and of g * xhat (see kernels.BatchNormBackwardArgs) over a chunk of pixels,
// which sums.wgsl joins. A workgroup takes LANES groups of channels of one chunk.
struct Row {
  x: u32, xStride: u32, d: u32, dStride: u32, dX: u32, dXStride: u32,
  beta: u32, mean: u32, invStd: u32,
  channels: u32, pixels: u32, chunk: u32, sums: u32, relu: u32,
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let wanted = group.x * LANES + invocation % LANES;
  let c = min(wanted, u.channels - 1u); // lanes too many take the last once more
  let row = invocation / LANES;
  let beta = tensors[u.beta + c];
  let mean = arena[u.mean + c];
  let invStd = arena[u.invStd + c];
  let begin = group.y * u.chunk;
  let end = min(begin + u.chunk, u.pixels);
  var sum = V(0.0);
  var sumX = V(0.0);
  for (var p = begin + row; p < end; p += ROWS) {
    let x = arena[u.x + p * u.xStride + c];
    var g = arena[u.d + p * u.dStride + c];
    if (u.relu == 1u) { g = select(V(0.0), g, normalized(x, mean, invStd, beta) > V(0.0)); }
    sum += g;
    sumX += g * ((x - mean) * invStd);
  }
  sum = total(invocation, sum);
  sumX = total(invocation, sumX);
  if (row == 0u && wanted < u.channels) {
    let at = u.sums + 2u * group.y * u.channels + c;
    arena[at] = sum;
    arena[at + u.channels] = sumX;
  }
}
