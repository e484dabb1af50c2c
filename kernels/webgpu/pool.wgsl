// Max or average pool: one invocation a group of channels of one output pixel, LANES
// groups of channels by ROWS pixels a workgroup.
struct Row {
  in: u32, inStride: u32, out: u32, outStride: u32,
  channels: u32, pixels: u32, h: u32, w: u32, oh: u32, ow: u32,
  k: u32, stride: u32, padTop: u32, padLeft: u32,
  maximum: u32, // 1: a max pool
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let p = (group.z * groups.y + group.y) * ROWS + invocation / LANES;
  if (c >= u.channels || p >= u.pixels) { return; }
  let n = p / (u.oh * u.ow);
  let top = i32(p / u.ow % u.oh * u.stride) - i32(u.padTop);
  let left = i32(p % u.ow * u.stride) - i32(u.padLeft);
  let h0 = u32(max(top, 0));
  let h1 = u32(min(top + i32(u.k), i32(u.h)));
  let w0 = u32(max(left, 0));
  let w1 = u32(min(left + i32(u.k), i32(u.w)));

  let maximum = u.maximum == 1u;
  var v = V(select(0.0, -3.4e38, maximum));
  for (var h = h0; h < h1; h++) {
    for (var w = w0; w < w1; w++) {
      let x = arena[u.in + ((n * u.h + h) * u.w + w) * u.inStride + c];
      if (maximum) { v = max(v, x); } else { v += x; }
    }
  }
  if (!maximum) { v /= f32((h1 - h0) * (w1 - w0)); }
  arena[u.out + p * u.outStride + c] = v;
}
