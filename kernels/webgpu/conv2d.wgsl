
// Conv2D: rows are output pixels, columns output channels, the depth taps times input
// channels. Left is In, Right is Filter. The steps go through a tap's channels, then to
// the next tap: nothing is divided in between.

const LD = BK / 4u + 1u; // one more than a row has: threads' rows lie in different banks
var<workgroup> left: array<vec4f, BM * LD>; // [row][depth / 4]
var<workgroup> right: array<vec4f, BK * BN4>; // [depth][column / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let tx = t % 8u;
  let ty = t / 8u;
  let tile = group.y * groups.x + group.x;
  let tiles = (u.Columns + BN - 1u) / BN;
  let firstRow = tile / tiles * BM;
  let firstColumn = tile % tiles * BN;
  if (firstRow >= u.Rows) { return; }

  // What this thread brings to a step: of left four channels from k of rows l0, l1, ...; of
  // right four columns of r0, r1, ...
  let k = t % 4u * 4u;
  let l$l = t / 4u + 16u * $lu;
  let i$l = (firstRow + l$l) % (u.OH * u.OW);
  let n$l = (firstRow + l$l) / (u.OH * u.OW);
  let y$l = i$l / u.OW * u.Stride - u.PadTop; // above the map: wraps around, and is not < H
  let x$l = i$l % u.OW * u.Stride - u.PadLeft;
  var at$l = 0u;
  var inside$l = false;
  let r$r = (t + 64u * $ru) / BN4;
  let column$r = firstColumn + (t + 64u * $ru) % BN4 * 4u;

  let steps = (u.CIn + BK - 1u) / BK; // of a tap
  var step = group.z * u.PartSteps;
  let end = min(step + u.PartSteps, u.KH * u.KW * steps);
  var c = step % steps * BK;
  var kh = step / steps / u.KW;
  var kw = step / steps % u.KW;
  var newTap = true;
  var sum$i_$j = vec4f();
  for (; step < end; step++) {
    if (newTap) {
      newTap = false;
      inside$l = firstRow + l$l < u.Rows && y$l + kh < u.H && x$l + kw < u.W;
      at$l = u.Left + ((n$l * u.H + y$l + kh) * u.W + x$l + kw) * u.LeftStride + k;
    }
    var a$l = vec4f();
    if (inside$l && c + k < u.CIn) { a$l = loadArena(at$l + c, u.CIn - c - k); }
    let filter0 = u.Right + ((kh * u.KW + kw) * u.CIn + c) * u.COut;
    var b$r = vec4f();
    if (c + r$r < u.CIn && column$r < u.COut) { b$r = loadTensors(filter0 + r$r * u.COut + column$r, u.COut - column$r); }
    workgroupBarrier(); // all loads are under way, and the last step's tiles are used
    left[l$l * LD + t % 4u] = a$l;
    right[t + 64u * $ru] = b$r;
    workgroupBarrier();
    for (var q = 0u; q < BK / 4u; q++) {
      let x_$j = right[(4u * q) * BN4 + tx + 8u * $ju];
      let y_$j = right[(4u * q + 1u) * BN4 + tx + 8u * $ju];
      let z_$j = right[(4u * q + 2u) * BN4 + tx + 8u * $ju];
      let w_$j = right[(4u * q + 3u) * BN4 + tx + 8u * $ju];
      let a$i = left[(ty + 8u * $iu) * LD + q];
      sum$i_$j = fma(vec4f(a$i.w), w_$j, fma(vec4f(a$i.z), z_$j, fma(vec4f(a$i.y), y_$j, fma(vec4f(a$i.x), x_$j, sum$i_$j))));
    }
    c += BK;
    if (c >= u.CIn) {
      c = 0u;
      newTap = true;
      kw++;
      if (kw == u.KW) { kw = 0u; kh++; }
    }
  }
  let row$i = firstRow + ty + 8u * $iu;
  if (row$i < u.Rows) { finish(sum$i_$j, group.z, row$i, firstColumn + 4u * (tx + 8u * $ju)); }
}
