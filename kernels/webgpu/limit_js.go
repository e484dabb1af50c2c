package webgpu

import (
	_ "embed"
	"time"

	"thaw/kernels/program"
)

//go:embed limit.wgsl
var limitSource string

var limitPipeline = newShader("limit", limitSource, nil)

// A launch of limitGroups workgroups fills any adapter; its FLOPs are those of limit.wgsl.
const (
	limitGroups   = 2048
	limitThreads  = 64
	limitFLOPs    = 8 * 4 * 2 // a round of a thread
	limitLeast    = 5 * time.Millisecond
	limitMostRuns = 1 << 16 // rounds
)

// Limit is the GFLOP/s of multiply-adds in registers alone, 0 where that cannot be
// measured.
func (m *Machine) Limit() float64 {
	p := program.New(m)
	b := p.Buffer("limit", bindAlign, program.Transient)
	b.ToEnd()
	p.Finish()
	loaded, err := m.Load(nil, nil, p)
	if err != nil {
		return 0
	}
	defer loaded.Close()
	if m.compile(map[pipeline]bool{limitPipeline: true}) != nil {
		return 0
	}
	mem := loaded.(*memory)
	for rounds := 64; ; rounds *= 4 {
		start := time.Now()
		l := mem.lowering
		dispatchRow(&l, limitPipeline, &struct{ rounds, at uint32 }{uint32(rounds), 0}, limitGroups, 1, 1)
		if mem.submit(&l, 0, 1, 0) != nil || mem.oldest() != nil {
			return 0
		}
		if took := time.Since(start); took > limitLeast || rounds >= limitMostRuns {
			return float64(rounds) * limitFLOPs * limitGroups * limitThreads / took.Seconds() / 1e9
		}
	}
}
