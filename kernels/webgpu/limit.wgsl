// The most that the adapter multiplies and adds: chains of fused multiply-adds in
// registers, eight of four lanes a thread, that touch memory once.
struct Row { rounds: u32, at: u32 }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(f32(id.x & 7u)) * 1e-9 + 0.999;
  var a = x; var b = x * 0.9; var c = x * 0.8; var d = x * 0.7;
  var e = x * 0.6; var f = x * 0.5; var g = x * 0.4; var h = x * 0.3;
  for (var i = 0u; i < u.rounds; i++) {
    a = fma(a, x, x); b = fma(b, x, x); c = fma(c, x, x); d = fma(d, x, x);
    e = fma(e, x, x); f = fma(f, x, x); g = fma(g, x, x); h = fma(h, x, x);
  }
  let sum = a + b + c + d + e + f + g + h;
  if (sum.x == 12345.0) { arena[u.at] = sum.y + sum.z + sum.w; } // never: keeps the compiler from dropping it
}
