
// Conv2DBackwardInput: rows are input pixels, columns input channels, the depth taps times
// output channels. Left is DOut, Right is Filter. With stride S the input pixels
// (y, x) fall into S*S classes, by y % S and x % S, which meet different taps: a workgroup's
// rows are of one class.

const LD = BK / 4u + 1u; // one more than a row has: threads' rows lie in different banks
var<workgroup> left: array<vec4f, BM * LD>; // [row][depth / 4]
// [column % 4][column / 4][depth / 4], as the filter lies; a thread transposes four of them.
var<workgroup> right: array<vec4f, BN * LD>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let tx = t % 8u;
  let ty = t / 8u;
  let tile = group.y * groups.x + group.x;
  let tiles = (u.Columns + BN - 1u) / BN;
  let most = (u.H + u.Stride - 1u) / u.Stride * ((u.W + u.Stride - 1u) / u.Stride); // pixels of a class
  let classTiles = (u.N * most + BM - 1u) / BM;
  let firstRow = tile / tiles % classTiles * BM; // of the class
  let firstColumn = tile % tiles * BN;
  let top = tile / tiles / classTiles / u.Stride; // the class's first row and pixel
  let first = tile / tiles / classTiles % u.Stride;
  let h = (u.H + u.Stride - 1u - top) / u.Stride; // its rows and pixels a row
  let w = (u.W + u.Stride - 1u - first) / u.Stride;
  let rows = u.N * h * w;
  if (top >= u.Stride || firstRow >= rows) { return; }

  // Its taps are kh0, kh0+S, ...: the j-th meets, from row i of the class, row i + oh0 - j of DOut.
  let kh0 = (top + u.PadTop) % u.Stride;
  let kw0 = (first + u.PadLeft) % u.Stride;
  let oh0 = (top + u.PadTop) / u.Stride;
  let ow0 = (first + u.PadLeft) / u.Stride;
  let taps = (u.KW + u.Stride - 1u - kw0) / u.Stride; // of a row of the filter
  let allTaps = (u.KH + u.Stride - 1u - kh0) / u.Stride * taps;

  // What this thread brings to a step: four channels from k of rows l0, l1, ... of left, and of
  // columns r0, r1, ... of right.
  let k = t % 4u * 4u;
  let l$l = t / 4u + 16u * $lu;
  let i$l = (firstRow + l$l) % (h * w);
  let n$l = (firstRow + l$l) / (h * w);
  let y$l = i$l / w + oh0;
  let x$l = i$l % w + ow0;
  var at$l = 0u;
  var inside$l = false;
  let r$r = t / 4u + 16u * $ru;

  let steps = (u.COut + BK - 1u) / BK; // of a tap
  var step = group.z * u.PartSteps;
  let end = min(step + u.PartSteps, allTaps * steps);
  var c = step % steps * BK;
  var jh = step / steps / max(taps, 1u);
  var jw = step / steps % max(taps, 1u);
  var filter0 = 0u;
  var newTap = true;
  var sum$i_$j = vec4f();
  for (; step < end; step++) {
    if (newTap) {
      newTap = false;
      inside$l = firstRow + l$l < rows && y$l - jh < u.OH && x$l - jw < u.OW;
      at$l = u.Left + ((n$l * u.OH + y$l - jh) * u.OW + x$l - jw) * u.LeftStride + k;
      filter0 = u.Right + (((kh0 + jh * u.Stride) * u.KW + kw0 + jw * u.Stride) * u.CIn + firstColumn) * u.COut + k;
    }
    let n = u.COut - c - k;
    let some = c + k < u.COut;
    var a$l = vec4f();
    if (some && inside$l) { a$l = loadArena(at$l + c, n); }
    var scale = vec4f(1.0);
    if (some && u.DepthScaleRegion != nowhere) { scale = operand(u.DepthScaleRegion, u.DepthScale + c + k, n); }
    var b$r = vec4f();
    if (some && firstColumn + r$r < u.CIn) { b$r = scale * loadTensors(filter0 + r$r * u.COut + c, n); }
    workgroupBarrier(); // all loads are under way, and the last step's tiles are used
    left[l$l * LD + t % 4u] = a$l;
    right[(r$r % 4u * BN4 + r$r / 4u) * LD + t % 4u] = b$r;
    workgroupBarrier();
    for (var q = 0u; q < BK / 4u; q++) {
      let b0_$j = right[(tx + 8u * $ju) * LD + q];
      let b1_$j = right[(tx + 8u * $ju + BN4) * LD + q];
      let b2_$j = right[(tx + 8u * $ju + 2u * BN4) * LD + q];
      let b3_$j = right[(tx + 8u * $ju + 3u * BN4) * LD + q];
      let x_$j = vec4f(b0_$j.x, b1_$j.x, b2_$j.x, b3_$j.x);
      let y_$j = vec4f(b0_$j.y, b1_$j.y, b2_$j.y, b3_$j.y);
      let z_$j = vec4f(b0_$j.z, b1_$j.z, b2_$j.z, b3_$j.z);
      let w_$j = vec4f(b0_$j.w, b1_$j.w, b2_$j.w, b3_$j.w);
      let a$i = left[(ty + 8u * $iu) * LD + q];
      sum$i_$j = fma(vec4f(a$i.w), w_$j, fma(vec4f(a$i.z), z_$j, fma(vec4f(a$i.y), y_$j, fma(vec4f(a$i.x), x_$j, sum$i_$j))));
    }
    c += BK;
    if (c >= u.COut) {
      c = 0u;
      newTap = true;
      jw++;
      if (jw == taps) { jw = 0u; jh++; }
    }
  }
  let row$i = firstRow + ty + 8u * $iu;
  let p$i = row$i % (h * w);
  let pixel$i = (row$i / (h * w) * u.H + p$i / w * u.Stride + top) * u.W + p$i % w * u.Stride + first;
  if (row$i < rows) { finish(sum$i_$j, group.z, pixel$i, firstColumn + 4u * (tx + 8u * $ju)); }
}
