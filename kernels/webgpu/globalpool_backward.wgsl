// Gradient of the mean over an image's pixels: one invocation a group of channels of one
// pixel, LANES groups of channels by ROWS pixels a workgroup.
struct Row { map: u32, mapStride: u32, vec: u32, vecStride: u32, channels: u32, pixels: u32, area: u32 }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let p = (group.z * groups.y + group.y) * ROWS + invocation / LANES;
  if (c >= u.channels || p >= u.pixels) { return; }
  arena[u.map + p * u.mapStride + c] = arena[u.vec + p / u.area * u.vecStride + c] / f32(u.area);
}
