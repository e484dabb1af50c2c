package main

import (
	"encoding/json"
	"strconv"

	"thaw/irv2/weights"
	"thaw/wasm/jsutil"
)

// Metadata that export writes into safetensors and import reads back.
const (
	metaModel   = "thaw.model"
	metaDense   = "thaw.dense"
	metaSize    = "thaw.size"
	metaClasses = "thaw.classes" // JSON
	metaWeights = "thaw.weights" // what training started from
)

// export answers export: the network as it is now, as a Blob.
func (e *engine) export(r *request) (any, error) {
	var args struct{ Format string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	n := e.network
	if n == nil {
		return nil, fail(codeInvalid, "There are no weights to export yet.")
	}
	out := &jsutil.BlobWriter{}
	switch args.Format {
	case "safetensors":
		err = weights.WriteSafetensors(out, n.current, n.metadata())
	case "h5":
		err = weights.WriteH5(out, n.current)
	case "onnx":
		err = weights.WriteONNX(out, n.current, n.metadata())
	default:
		return nil, fail(codeInvalid, "There is no export to %q: choose safetensors, h5 or onnx.", args.Format)
	}
	if err != nil {
		return nil, err
	}
	return out.Blob("application/octet-stream")
}

func (n *network) metadata() map[string]string {
	config := n.current.Model.Config
	classes, err := json.Marshal(n.classes)
	if err != nil {
		panic(err) // strings always marshal
	}
	return map[string]string{
		metaModel: config.Name, metaDense: strconv.Itoa(config.Dense), metaSize: strconv.Itoa(config.Size),
		metaClasses: string(classes), metaWeights: n.info.Name,
	}
}
