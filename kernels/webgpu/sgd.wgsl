// One SGD update (see kernels.SGDArgs), one invocation four numbers.
struct Row {
  param: u32, grad: u32, m: u32, len: u32, usesM: u32, nesterov: u32,
  rate: f32, momentum: f32, kept: f32,
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let i = (group.y * groups.x + group.x) * 64u + invocation;
  if (i >= u.len) { return; }
  let step = u.rate * gradients[u.grad + i];
  var change = -step;
  if (u.usesM == 1u) {
    let m = state[u.m + i] * u.momentum - step;
    state[u.m + i] = m;
    change = m;
    if (u.nesterov == 1u) { change = m * u.momentum - step; }
  }
  tensors[u.param + i] = tensors[u.param + i] * u.kept + change;
}
