package webgpu

import "thaw/kernels/program"

func (l *lowering) copy(a *program.CopyArgs) { panic("webgpu: copy") }
