// Gradient of a max or average pool: one invocation a group of channels of one input pixel,
// which gathers from the windows that hold it, in order. LANES groups of channels by ROWS
// pixels a workgroup.
struct Row {
  in: u32, inStride: u32, out: u32, outStride: u32, d: u32, dStride: u32, dIn: u32, dInStride: u32,
  channels: u32, pixels: u32, h: u32, w: u32, oh: u32, ow: u32,
  k: u32, stride: u32, padTop: u32, padLeft: u32, accumulate: u32,
  maximum: u32, // 1: of a max pool
}

// first is the first window that reaches beyond place, which counts the padding in front.
fn first(place: u32) -> u32 { return select(0u, (place - u.k) / u.stride + 1u, place >= u.k); }

fn input(pixel: u32, c: u32) -> V { return arena[u.in + pixel * u.inStride + c]; }

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let c = group.x * LANES + invocation % LANES;
  let p = (group.z * groups.y + group.y) * ROWS + invocation / LANES;
  if (c >= u.channels || p >= u.pixels) { return; }
  let n = p / (u.h * u.w);
  let ih = p / u.w % u.h;
  let iw = p % u.w;
  let lastH = min((ih + u.padTop) / u.stride + 1u, u.oh);
  let lastW = min((iw + u.padLeft) / u.stride + 1u, u.ow);

  var sum = V(0.0);
  for (var oh = first(ih + u.padTop); oh < lastH; oh++) {
    for (var ow = first(iw + u.padLeft); ow < lastW; ow++) {
      // The window [h0, h1) x [w0, w1).
      let h0 = u32(max(i32(oh * u.stride) - i32(u.padTop), 0));
      let w0 = u32(max(i32(ow * u.stride) - i32(u.padLeft), 0));
      let h1 = min(oh * u.stride + u.k - u.padTop, u.h);
      let w1 = min(ow * u.stride + u.k - u.padLeft, u.w);
      let o = (n * u.oh + oh) * u.ow + ow;
      let d = arena[u.d + o * u.dStride + c];
      if (u.maximum == 1u) {
        let top = arena[u.out + o * u.outStride + c];
        var mine = input(p, c) == top;
        for (var h = h0; h <= ih; h++) {
          let row = (n * u.h + h) * u.w;
          let end = select(w1, iw, h == ih); // pixels before this one
          for (var w = w0; w < end; w++) { mine = mine & (input(row + w, c) != top); }
        }
        sum += select(V(0.0), d, mine);
      } else {
        sum += d / f32((h1 - h0) * (w1 - w0));
      }
    }
  }
  let at = u.dIn + p * u.dInStride + c;
  if (u.accumulate == 1u) { sum += arena[at]; }
  arena[at] = sum;
}
