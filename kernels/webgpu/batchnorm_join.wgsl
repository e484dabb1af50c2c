// Joins the chunks' means and M2 into those of all pixels (Chan, Golub, LeVeque 1979), one
// workgroup for LANES channels: the mean first, about the first chunk's, then the squares
// about it. Keeps mean and inverse deviation, and moves the running statistics.
struct Row {
  moments: u32, chunk: u32, chunks: u32, channels: u32, pixels: u32,
  mean: u32, invStd: u32,
  moves: u32, runningMean: u32, runningVariance: u32,
  eps: f32, momentum: f32,
}

fn pixelsOf(chunk: u32) -> f32 { return f32(min(u.chunk, u.pixels - chunk * u.chunk)); }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let wanted = group.x * LANES + invocation % LANES;
  let c = min(wanted, u.channels - 1u); // lanes too many take the last once more
  let row = invocation / LANES;
  let count = f32(u.pixels);
  let pivot = arena[u.moments + c];

  var sum = 0.0;
  for (var i = row; i < u.chunks; i += ROWS) {
    sum += pixelsOf(i) * (arena[u.moments + 2u * i * u.channels + c] - pivot);
  }
  if (u.chunks > 1u) { sum = total(invocation, sum); } // else row 0, which alone writes, has it
  let mean = pivot + sum / count;

  var squares = 0.0;
  for (var i = row; i < u.chunks; i += ROWS) {
    let at = u.moments + 2u * i * u.channels + c;
    let d = arena[at] - mean;
    squares += arena[at + u.channels] + pixelsOf(i) * d * d;
  }
  if (u.chunks > 1u) { squares = total(invocation, squares); }
  let variance = squares / count;

  if (row == 0u && wanted < u.channels) {
    arena[u.mean + c] = mean;
    arena[u.invStd + c] = inverseSqrt(variance + u.eps);
    if (u.moves == 1u) {
      let m = u.runningMean + c;
      let v = u.runningVariance + c;
      tensors[m] = tensors[m] * u.momentum + mean * (1.0 - u.momentum);
      tensors[v] = tensors[v] * u.momentum + variance * (1.0 - u.momentum);
    }
  }
}
