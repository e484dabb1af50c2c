// Softmax, cross-entropy by log-sum-exp, and its gradient: one workgroup a row, whose
// invocations take every 64th class; sums are halves added onto halves.
struct Row {
  logits: u32, logitsStride: u32, labels: u32, labelsStride: u32,
  probs: u32, probsStride: u32, dLogits: u32, dLogitsStride: u32,
  loss: u32, rows: u32, classes: u32, train: u32,
}

var<workgroup> parts: array<f32, 64>;

fn maximum(invocation: u32, v: f32) -> f32 {
  parts[invocation] = v;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (invocation < half) { parts[invocation] = max(parts[invocation], parts[invocation + half]); }
  }
  workgroupBarrier();
  let top = parts[0];
  workgroupBarrier();
  return top;
}

fn total(invocation: u32, v: f32) -> f32 {
  parts[invocation] = v;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (invocation < half) { parts[invocation] += parts[invocation + half]; }
  }
  workgroupBarrier();
  let sum = parts[0];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let n = group.y * groups.x + group.x;
  if (n >= u.rows) { return; }
  let logits = u.logits + n * u.logitsStride;
  let labels = u.labels + n * u.labelsStride;

  var v = -3.4e38;
  for (var c = invocation; c < u.classes; c += 64u) { v = max(v, arena[logits + c]); }
  let top = maximum(invocation, v);

  v = 0.0;
  var m = 0.0;
  for (var c = invocation; c < u.classes; c += 64u) {
    v += exp(arena[logits + c] - top);
    m += arena[labels + c];
  }
  let sum = total(invocation, v);
  let mass = total(invocation, m);

  v = 0.0;
  let logSum = log(sum);
  for (var c = invocation; c < u.classes; c += 64u) {
    let logit = arena[logits + c] - top;
    let label = arena[labels + c];
    let prob = exp(logit) / sum;
    v += label * (logSum - logit);
    arena[u.probs + n * u.probsStride + c] = prob;
    if (u.train == 1u) { arena[u.dLogits + n * u.dLogitsStride + c] = (prob * mass - label) / f32(u.rows); }
  }
  let loss = total(invocation, v);
  if (invocation == 0u) { arena[u.loss + n] = loss; }
}
