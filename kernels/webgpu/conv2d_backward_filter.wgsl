
// Conv2DBackwardFilter: rows are the filter's (tap, input channel), a workgroup's all of one
// tap; columns output channels, the depth output pixels. Left is In, Right is DOut.

var<workgroup> left: array<vec4f, BK * BM / 4u>; // [depth][row / 4]
var<workgroup> right: array<vec4f, BK * BN4>; // [depth][column / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let tx = t % 8u;
  let ty = t / 8u;
  let tile = group.y * groups.x + group.x;
  let tiles = (u.Columns + BN - 1u) / BN;
  let tapTiles = (u.CIn + BM - 1u) / BM;
  let tap = tile / tiles / tapTiles;
  let firstRow = tile / tiles % tapTiles * BM; // of the tap
  let firstColumn = tile % tiles * BN;
  if (tap >= u.KH * u.KW) { return; }
  let kh = tap / u.KW - u.PadTop; // less than 0: wraps around
  let kw = tap % u.KW - u.PadLeft;

  let pixels = u.N * u.OH * u.OW;
  let begin = group.z * u.PartSteps * BK;
  let end = min(begin + u.PartSteps * BK, pixels);

  // What this thread brings to a step: of left four channels of pixels p0, p1, ..., which
  // move on by BK; of right four columns of the pixels r0, r1, ... of the step.
  var p$l = begin + (t + 64u * $lu) / (BM / 4u);
  var w$l = p$l % u.OW;
  var h$l = p$l / u.OW % u.OH;
  var n$l = p$l / u.OW / u.OH;
  let channel$l = firstRow + (t + 64u * $lu) % (BM / 4u) * 4u;
  let r$r = (t + 64u * $ru) / BN4;
  let column$r = firstColumn + (t + 64u * $ru) % BN4 * 4u;

  var sum$h0_$j = vec4f();
  var sum$h1_$j = vec4f();
  var sum$h2_$j = vec4f();
  var sum$h3_$j = vec4f();
  for (var p = begin; p < end; p += BK) {
    let y$l = h$l * u.Stride + kh;
    let x$l = w$l * u.Stride + kw;
    var a$l = vec4f();
    if (p$l < end && channel$l < u.CIn && y$l < u.H && x$l < u.W) { a$l = loadArena(u.Left + ((n$l * u.H + y$l) * u.W + x$l) * u.LeftStride + channel$l, u.CIn - channel$l); }
    p$l += BK;
    w$l += u.StepW;
    h$l += u.StepH;
    n$l += u.StepN;
    if (w$l >= u.OW) { w$l -= u.OW; h$l++; }
    if (h$l >= u.OH) { h$l -= u.OH; n$l++; }
    var b$r = vec4f();
    if (p + r$r < end && column$r < u.COut) { b$r = loadArena(u.Right + (p + r$r) * u.RightStride + column$r, u.COut - column$r); }
    workgroupBarrier(); // all loads are under way, and the last step's tiles are used
    left[t + 64u * $lu] = a$l;
    right[t + 64u * $ru] = b$r;
    workgroupBarrier();
    for (var k = 0u; k < BK; k++) {
      let b$j = right[k * BN4 + tx + 8u * $ju];
      let a$h = left[k * (BM / 4u) + ty + 8u * $hu];
      sum$h0_$j = fma(vec4f(a$h.x), b$j, sum$h0_$j);
      sum$h1_$j = fma(vec4f(a$h.y), b$j, sum$h1_$j);
      sum$h2_$j = fma(vec4f(a$h.z), b$j, sum$h2_$j);
      sum$h3_$j = fma(vec4f(a$h.w), b$j, sum$h3_$j);
    }
  }
  let row$h = firstRow + 4u * (ty + 8u * $hu);
  if (row$h < u.CIn) { finish(sum$h0_$j, group.z, tap * u.CIn + row$h, firstColumn + 4u * (tx + 8u * $ju)); }
  if (row$h + 1u < u.CIn) { finish(sum$h1_$j, group.z, tap * u.CIn + row$h + 1u, firstColumn + 4u * (tx + 8u * $ju)); }
  if (row$h + 2u < u.CIn) { finish(sum$h2_$j, group.z, tap * u.CIn + row$h + 2u, firstColumn + 4u * (tx + 8u * $ju)); }
  if (row$h + 3u < u.CIn) { finish(sum$h3_$j, group.z, tap * u.CIn + row$h + 3u, firstColumn + 4u * (tx + 8u * $ju)); }
}
