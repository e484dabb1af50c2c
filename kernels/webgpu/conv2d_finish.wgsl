
// The second pass of a convolution cut into parts: their sum, in order, and the epilogue.
// One thread for four columns of a row.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let i = (group.y * groups.x + group.x) * 64u + t;
  let quads = (u.Columns + 3u) / 4u;
  let row = i / quads;
  let column = i % quads * 4u;
  if (row >= u.Rows) { return; }
  var sum = vec4f();
  for (var part = 0u; part < u.Parts; part++) {
    sum += loadArena(u.Scratch + (part * u.Rows + row) * u.Columns + column, u.Columns - column);
  }
  epilogue(sum, row, column);
}
