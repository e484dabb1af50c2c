// Mean of each channel over the pixels of an image: a workgroup takes LANES groups of
// channels of one image.
struct Row { map: u32, mapStride: u32, vec: u32, vecStride: u32, channels: u32, pixels: u32, area: u32 }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let row = invocation / LANES;
  let n = group.z * groups.y + group.y;
  let begin = n * u.area;
  let inside = c < u.channels && begin < u.pixels;
  let end = select(begin, begin + u.area, inside);
  var v = V(0.0);
  for (var p = begin + row; p < end; p += ROWS) { v += arena[u.map + p * u.mapStride + c]; }
  let sum = total(invocation, v);
  if (row == 0u && inside) { arena[u.vec + n * u.vecStride + c] = sum / f32(u.area); }
}
