// One Adam update (see kernels.AdamArgs), one invocation four numbers.
struct Row {
  param: u32, grad: u32, m: u32, v: u32, len: u32,
  alpha: f32, decay1: f32, decay2: f32, eps: f32, kept: f32,
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let i = (group.y * groups.x + group.x) * 64u + invocation;
  if (i >= u.len) { return; }
  let g = gradients[u.grad + i];
  var m = state[u.m + i];
  var v = state[u.v + i];
  m += (g - m) * u.decay1;
  v += (g * g - v) * u.decay2;
  state[u.m + i] = m;
  state[u.v + i] = v;
  tensors[u.param + i] = tensors[u.param + i] * u.kept - m * u.alpha / (sqrt(v) + u.eps);
}
