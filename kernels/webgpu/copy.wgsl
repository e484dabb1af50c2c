// Copies between any regions: workgroups of row y do pair y, x of them together.
struct Pair { src: u32, dst: u32, len: u32, regions: u32 }
struct Row { pairs: array<Pair, 16> }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let pair = u.pairs[id.y];
  for (var i = id.x; i < pair.len; i += groups.x * 64u) {
    store(pair.regions >> 8u, pair.dst + i, load(pair.regions & 255u, pair.src + i));
  }
}
