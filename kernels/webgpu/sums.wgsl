// Joins the sums of chunks of pixels into totals, one workgroup for LANES channels of one
// kind of sum. Sum k of chunk i and channel c is at sums + (i * kinds + k) * channels + c,
// its total at totals + k * channels + c. Kind 0 goes, times alpha, to out too.
struct Row {
  sums: u32, kinds: u32, chunks: u32, channels: u32, totals: u32,
  given: u32, out: u32,
  alpha: f32,
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let kind = group.y;
  let row = invocation / LANES;
  let end = select(0u, u.chunks, c < u.channels);
  var v = 0.0;
  for (var i = row; i < end; i += ROWS) { v += arena[u.sums + (i * u.kinds + kind) * u.channels + c]; }
  var sum = v;
  if (u.chunks > 1u) { sum = total(invocation, v); } // else row 0 has it
  if (row == 0u && c < u.channels) {
    arena[u.totals + kind * u.channels + c] = sum;
    if (kind == 0u && u.given == 1u) { gradients[u.out + c] = u.alpha * sum; }
  }
}
