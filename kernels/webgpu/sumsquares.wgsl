// Sum of squares of a tensor as if in float64: a pair of floats is a sum and what rounding
// took from it (Knuth's two-sum). A workgroup takes SHARE elements; its invocations every
// 256th of them into four sums, one for each float of an element, and halves are added onto
// halves. Where there are several workgroups each leaves its pair in an element of scratch,
// and one joins these in the same way.
struct Row {
  x: u32, region: u32, len: u32, floats: u32, sum: u32,
  scratch: u32, join: u32,
  zero: u32,
}

struct Sum { high: vec4f, low: vec4f }
var<workgroup> sums: array<Sum, 256>;

// WGSL lets compilers reorder float arithmetic, but they cannot see through u.zero.
fn opaque(v: vec4f) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(v) ^ vec4u(u.zero)); }

fn plus(s: Sum, t: Sum) -> Sum {
  let high = opaque(s.high + t.high);
  let added = opaque(high - s.high);
  let lost = opaque(s.high - opaque(high - added)) + opaque(t.high - added);
  return Sum(high, s.low + (t.low + lost));
}

// squares are those of element i, exact where it is split: a head of 12 bits and the rest.
fn squares(i: u32) -> Sum {
  var x: vec4f;
  switch u.region {
    case 0u: { x = arena[u.x + i]; }
    case 1u: { x = tensors[u.x + i]; }
    case 2u: { x = gradients[u.x + i]; }
    default: { x = state[u.x + i]; }
  }
  let v = select(vec4f(), x, 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(u.floats));
  let head = bitcast<vec4f>(bitcast<vec4u>(v) & vec4u(0xfffff000u));
  return Sum(head * head, (v + head) * (v - head));
}

fn part(i: u32) -> Sum {
  let pair = arena[u.scratch + i];
  return Sum(vec4f(pair.x, 0.0, 0.0, 0.0), vec4f(pair.y, 0.0, 0.0, 0.0));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  var s = Sum(vec4f(), vec4f());
  let begin = group.x * SHAREu;
  let end = min(begin + SHAREu, u.len);
  for (var i = begin + invocation; i < end; i += 256u) {
    if (u.join == 1u) { s = plus(s, part(i)); } else { s = plus(s, squares(i)); }
  }
  sums[invocation] = s;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (invocation < half) { sums[invocation] = plus(sums[invocation], sums[invocation + half]); }
  }
  if (invocation == 0u) {
    s = sums[0];
    s = plus(s, Sum(s.high.zwxy, s.low.zwxy));
    s = plus(s, Sum(s.high.yxwz, s.low.yxwz));
    if (groups.x > 1u) {
      arena[u.scratch + group.x] = vec4f(s.high.x, s.low.x, 0.0, 0.0);
      return;
    }
    let at = u.sum;
    let infinite = (bitcast<u32>(s.high.x) & 0x7f800000u) == 0x7f800000u; // and low no number
    arena[at / 4u][at % 4u] = select(s.high.x + s.low.x, s.high.x, infinite);
  }
}
