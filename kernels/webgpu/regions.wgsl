// A float of a region that is known by its number only.
fn load(region: u32, at: u32) -> f32 {
  switch region {
    case 0u: { return arena[at]; }
    case 1u: { return tensors[at]; }
    case 2u: { return gradients[at]; }
    default: { return state[at]; }
  }
}
fn store(region: u32, at: u32, v: f32) {
  switch region {
    case 0u: { arena[at] = v; }
    case 1u: { tensors[at] = v; }
    case 2u: { gradients[at] = v; }
    default: { state[at] = v; }
  }
}
