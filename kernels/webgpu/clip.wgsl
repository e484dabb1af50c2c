// X *= min(1, norm / sqrt(total of sums)): each workgroup adds the sums in one order, then
// scales its part of X. Sums are taken 2^-10 times, so that their total is finite, and norm
// 2^-5 times.
struct Row { x: u32, inGradients: u32, len: u32, sums: u32, sumsLen: u32, norm: f32 }

var<workgroup> parts: array<f32, 64>;

fn sumAt(at: u32) -> f32 { return arena[at / 4u][at % 4u]; }

// scale is 1 where total is no number, which shows in its bits alone: compilers may assume
// that there is none.
fn scale(total: f32) -> f32 {
  let root = sqrt(total);
  if ((bitcast<u32>(total) & 0x7fffffffu) > 0x7f800000u || u.norm >= root) { return 1.0; }
  return u.norm / root;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  var sum = 0.0;
  for (var i = invocation; i < u.sumsLen; i += 64u) { sum += sumAt(u.sums + i) * 0x1p-10f; }
  parts[invocation] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (invocation < half) { parts[invocation] += parts[invocation + half]; }
  }
  workgroupBarrier();
  let factor = scale(parts[0]);
  if (factor == 1.0) { return; }
  let begin = (group.y * groups.x + group.x) * SHAREu * 64u;
  let end = min(begin + SHAREu * 64u, u.len);
  for (var i = begin + invocation; i < end; i += 64u) {
    if (u.inGradients == 1u) { gradients[u.x + i] *= factor; } else { arena[u.x + i] *= factor; }
  }
}
