alias V = ELEMENT; // a channel, or four

// The workgroup is LANES groups of channels by INVOCATIONS / LANES pixels (or chunks).
const LANES = 8u;
const ROWS = INVOCATIONSu / LANES;

var<workgroup> parts: array<V, INVOCATIONS>;

// total adds v over the rows of each lane: halves onto halves, so always in one order.
fn total(invocation: u32, v: V) -> V {
  parts[invocation] = v;
  for (var half = INVOCATIONSu / 2u; half >= LANES; half /= 2u) {
    workgroupBarrier();
    if (invocation < half) { parts[invocation] += parts[invocation + half]; }
  }
  workgroupBarrier();
  let sum = parts[invocation % LANES];
  workgroupBarrier();
  return sum;
}
