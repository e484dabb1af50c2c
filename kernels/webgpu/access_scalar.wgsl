
// Four floats of REGION from float at, where n >= 1 are left: 0 beyond them, or not written.
fn loadNAME(at: u32, n: u32) -> vec4f {
  var v = vec4f(REGION[at], 0.0, 0.0, 0.0);
  if (n > 1u) { v.y = REGION[at + 1u]; }
  if (n > 2u) { v.z = REGION[at + 2u]; }
  if (n > 3u) { v.w = REGION[at + 3u]; }
  return v;
}
fn storeNAME(at: u32, n: u32, v: vec4f) {
  REGION[at] = v.x;
  if (n > 1u) { REGION[at + 1u] = v.y; }
  if (n > 2u) { REGION[at + 2u] = v.z; }
  if (n > 3u) { REGION[at + 3u] = v.w; }
}
