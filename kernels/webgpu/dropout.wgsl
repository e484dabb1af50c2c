// Dropout with kernels/splitmix's numbers, exactly: one invocation an element, LANES
// channels by ROWS pixels a workgroup. A 64-bit number is a vec2u, its low half first.
struct Row {
  x: u32, xStride: u32, out: u32, outStride: u32, channels: u32, pixels: u32,
  seedLow: u32, seedHigh: u32,
  rate: f32, scale: f32,
}

fn add(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

// wide is all 64 bits of a * b.
fn wide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u); // at most 2^32 - 2^16
  let rest = a0 * b1 + (middle & 0xffffu);
  return vec2u(a * b, a1 * b1 + (middle >> 16u) + (rest >> 16u));
}

fn multiply(a: vec2u, b: vec2u) -> vec2u {
  let low = wide(a.x, b.x);
  return vec2u(low.x, low.y + a.x * b.y + a.y * b.x);
}

// fold is a ^ (a >> n), 0 < n < 32.
fn fold(a: vec2u, n: u32) -> vec2u {
  return a ^ vec2u((a.x >> n) | (a.y << (32u - n)), a.y >> n);
}

// splitmix is splitmix.At(seed, i).
fn splitmix(i: u32) -> vec2u {
  let count = add(vec2u(i, 0u), vec2u(1u, 0u));
  let z = add(vec2u(u.seedLow, u.seedHigh), multiply(count, vec2u(0x7F4A7C15u, 0x9E3779B9u)));
  let y = multiply(fold(z, 30u), vec2u(0x1CE4E5B9u, 0xBF58476Du));
  return fold(multiply(fold(y, 27u), vec2u(0x133111EBu, 0x94D049BBu)), 31u);
}

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let p = (group.z * groups.y + group.y) * ROWS + invocation / LANES;
  if (c >= u.channels || p >= u.pixels) { return; }
  let uniform24 = f32(splitmix(p * u.channels + c).y >> 8u) * 0x1p-24f;
  let kept = arena[u.x + p * u.xStride + c] * u.scale;
  arena[u.out + p * u.outStride + c] = select(0.0, kept, uniform24 >= u.rate);
}
