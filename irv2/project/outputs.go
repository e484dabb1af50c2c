package project

import (
	"context"
	"slices"

	"thaw/irv2/images"
)

// NameOutputs says what the outputs of the trained head in use stand for: a name for each,
// none twice. Kept weights keep it, if their head is still the one that came with them.
func (p *Project) NameOutputs(ctx context.Context, names []string) (*ModelInfo, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	n := p.network
	if n == nil || n.current.outputs == nil {
		return nil, Errorf(Invalid, "The network has no trained outputs to name: train it, or load weights that were.")
	}
	if len(names) != len(n.current.outputs) {
		return nil, Errorf(Invalid, "The network has %d outputs, and %d names were given: give each one.", len(n.current.outputs), len(names))
	}
	names = slices.Clone(names)
	for i := range names {
		names[i] = images.CleanName(names[i])
		if names[i] == "" || slices.Contains(names[:i], names[i]) {
			return nil, Errorf(Invalid, "Output %d needs a name that no other output has.", i+1)
		}
	}
	if n.current.Weights == n.loaded.Weights {
		if n.info.Stored {
			if err := p.Library.rename(ctx, n.info.ID, names); err != nil {
				return nil, err
			}
		}
		n.loaded.outputs = outputsOf(names)
	}
	n.current.outputs = outputsOf(names)
	return p.Describe()
}
