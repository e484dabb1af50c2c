// Mean and sum of squares about it (M2) of each channel over a chunk of pixels, which
// batchnorm_join.wgsl joins. A workgroup takes LANES groups of channels of one chunk and
// reads it twice. The mean is summed about the chunk's first pixel: a mean far from 0
// costs no accuracy.
struct Row { x: u32, xStride: u32, channels: u32, pixels: u32, chunk: u32, moments: u32 }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let wanted = group.x * LANES + invocation % LANES;
  let c = min(wanted, u.channels - 1u); // lanes too many take the last once more
  let row = invocation / LANES;
  let begin = group.y * u.chunk;
  let end = min(begin + u.chunk, u.pixels);
  let pivot = arena[u.x + begin * u.xStride + c];

  var sum = V(0.0);
  for (var p = begin + row; p < end; p += ROWS) { sum += arena[u.x + p * u.xStride + c] - pivot; }
  let mean = pivot + total(invocation, sum) / f32(end - begin);

  var squares = V(0.0);
  for (var p = begin + row; p < end; p += ROWS) {
    let d = arena[u.x + p * u.xStride + c] - mean;
    squares += d * d;
  }
  let m2 = total(invocation, squares);
  if (row == 0u && wanted < u.channels) {
    let at = u.moments + 2u * group.y * u.channels + c;
    arena[at] = mean;
    arena[at + u.channels] = m2;
  }
}
