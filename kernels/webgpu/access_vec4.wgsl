
// Four floats of REGION from float at, a multiple of 4, where n >= 1 are left: a multiple of 4.
fn loadNAME(at: u32, n: u32) -> vec4f { return REGION[at >> 2u]; }
fn storeNAME(at: u32, n: u32, v: vec4f) { REGION[at >> 2u] = v; }
