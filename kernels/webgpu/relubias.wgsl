// Backward through ReLU and bias: D = Out > 0 ? D : 0 in place, and the sum of D over the
// pixels of a chunk, which sums.wgsl joins. A workgroup takes LANES groups of channels of
// one chunk.
struct Row {
  out: u32, outStride: u32, d: u32, dStride: u32,
  channels: u32, pixels: u32, chunk: u32, sums: u32,
  relu: u32, bias: u32,
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let row = invocation / LANES;
  let begin = group.y * u.chunk;
  let end = select(begin, min(begin + u.chunk, u.pixels), c < u.channels);
  var sum = V(0.0);
  for (var p = begin + row; p < end; p += ROWS) {
    let at = u.d + p * u.dStride + c;
    var d = arena[at];
    if (u.relu == 1u) {
      d = select(V(0.0), d, arena[u.out + p * u.outStride + c] > V(0.0));
      arena[at] = d;
    }
    sum += d;
  }
  if (u.bias == 1u) {
    sum = total(invocation, sum);
    if (row == 0u && c < u.channels) { arena[u.sums + group.y * u.channels + c] = sum; }
  }
}
