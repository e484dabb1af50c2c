package project

import (
	"context"
	"io"

	"thaw/irv2/weights"
)

// Export writes the network as it is now: safetensors, h5 or onnx.
func (p *Project) Export(ctx context.Context, format string, out io.Writer) error {
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	n := p.network
	if n == nil {
		return Errorf(Invalid, "There are no weights to export yet.")
	}
	config := n.current.Model.Config
	w := n.current.Weights
	about := weights.About{Model: config.Name, Size: config.Size, Dense: config.Dense, Classes: n.current.names(), From: n.info.Name, Preprocessing: n.info.Preprocessing}
	switch format {
	case "safetensors":
		return weights.WriteSafetensors(out, w, about.Metadata())
	case "h5":
		return weights.WriteH5(out, w, about)
	case "onnx":
		return weights.WriteONNX(out, w, about)
	}
	return Errorf(Invalid, "There is no export to %.100q: choose safetensors, h5 or onnx.", format)
}
