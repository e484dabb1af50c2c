// Inference-mode batch norm as scale and shift, one invocation a channel.
struct Row {
  beta: u32, betaRegion: u32, mean: u32, meanRegion: u32, variance: u32, varianceRegion: u32,
  scale: u32, scaleRegion: u32, shift: u32, shiftRegion: u32,
  channels: u32,
  eps: f32,
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= u.channels) { return; }
  let scale = inverseSqrt(load(u.varianceRegion, u.variance + c) + u.eps);
  store(u.scaleRegion, u.scale + c, scale);
  store(u.shiftRegion, u.shift + c, load(u.betaRegion, u.beta + c) - load(u.meanRegion, u.mean + c) * scale);
}
