
// What the passes of a convolution share. Each is a matrix product of Rows x Columns: a
// workgroup of 8 x 8 threads makes a tile of BM x BN, a thread TM rows and TN times four
// columns of it, BK of the depth at a time. Where the tiles are few, the depth is cut into
// Parts, group.z, of PartSteps times BK, which conv2d_finish.wgsl adds up in their order.
//
// A line with $i stands for one for each row of a thread, with $j for each four columns, with
// $l and $r for each four floats that it loads of the left and the right side (tile.unroll).
const BM = 8u * TM;
const BN = 32u * TN;
const BK = 16u;
const BN4 = BN / 4u;

// Offsets and strides in floats.
struct Row {
  N: u32, H: u32, W: u32, CIn: u32, KH: u32, KW: u32, COut: u32, Stride: u32, PadTop: u32, PadLeft: u32, OH: u32, OW: u32,
  Left: u32, LeftStride: u32, Right: u32, RightStride: u32, // the operands of the product
  Rows: u32, Columns: u32, Parts: u32, PartSteps: u32, Scratch: u32,
  Out: u32, OutStride: u32, OutRegion: u32,
  Residual: u32, ResidualStride: u32, HasResidual: u32,
  Scale: u32, ScaleRegion: u32, Shift: u32, ShiftRegion: u32, // of a column
  DepthScale: u32, DepthScaleRegion: u32, // of a row of Right
  Alpha: f32, ReLU: u32,
  StepN: u32, StepH: u32, StepW: u32, // BK pixels as images, rows and pixels
}

// The regions of lower.go.
const inArena = 0u;
const inTensors = 1u;
const inGradients = 2u;
const inState = 3u;
const nowhere = 4u;

fn operand(region: u32, at: u32, n: u32) -> vec4f {
  if (region == inArena) { return loadArena(at, n); }
  if (region == inTensors) { return loadTensors(at, n); }
  return loadState(at, n);
}

// epilogue finishes four columns of a row and writes them.
fn epilogue(sum: vec4f, row: u32, column: u32) {
  let n = u.Columns - column;
  var v = sum;
  if (u.ScaleRegion != nowhere) { v *= operand(u.ScaleRegion, u.Scale + column, n); }
  if (u.ShiftRegion != nowhere) { v += operand(u.ShiftRegion, u.Shift + column, n); }
  v *= u.Alpha;
  if (u.HasResidual != 0u) { v += loadArena(u.Residual + row * u.ResidualStride + column, n); }
  if (u.ReLU != 0u) { v = max(v, vec4f()); }
  let at = u.Out + row * u.OutStride + column;
  if (u.OutRegion == inGradients) { storeGradients(at, n, v); } else { storeArena(at, n, v); }
}

// finish takes what a part has summed of four columns of a row.
fn finish(sum: vec4f, part: u32, row: u32, column: u32) {
  if (column >= u.Columns) { return; }
  if (u.Parts == 1u) {
    epilogue(sum, row, column);
  } else {
    storeArena(u.Scratch + (part * u.Rows + row) * u.Columns + column, u.Columns - column, sum);
  }
}
