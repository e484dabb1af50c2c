package main

import (
	"github.com/hack-pad/safejs"

	"thaw/wasm/jsutil"
)

// builtin is the network that comes with the page: mini, pretrained by irv2/pretrain
// on generated images. web/models/mini.json is its model card. It is no larger than
// a photograph, so it is read from the site each time and never kept.
var builtin = weightInfo{
	ID:          "mini-source",
	Name:        "mini, pretrained on generated images",
	Model:       "mini",
	Format:      "safetensors",
	Description: "from generated images",
	Warnings:    []string{},
	Builtin:     true,
}

const builtinFile = "models/mini.safetensors"

// useBuiltin loads the network that comes with the page. Its head for the classes of
// pretraining is dropped: whoever trains has other classes.
func (e *engine) useBuiltin(r *request) (any, error) {
	file, err := asset(builtinFile)
	if err != nil {
		return nil, err
	}
	b, err := newBlob(file)
	if err != nil {
		return nil, err
	}
	in := &importing{engine: e, request: r, name: builtin.Name, file: b}
	w, _, err := in.read()
	if err != nil {
		return nil, err
	}
	if err := e.switchTo(r.ctx, builtin.Model); err != nil {
		return nil, err
	}
	m, err := e.choice.build(len(e.data.set.Classes))
	if err != nil {
		return nil, err
	}
	info := builtin
	info.Bytes = b.Size()
	return info, e.adopt(r.ctx, withBackbone(w, m), info, nil)
}

// asset is a file of the page's own site, which the service worker keeps for visits
// without a network.
func asset(name string) (safejs.Value, error) {
	promise, err := safejs.Global().Call("thawAsset", name)
	if err != nil {
		return safejs.Undefined(), err
	}
	file, err := jsutil.Await(promise)
	if err != nil {
		return file, fail(codeNetwork, "%s, which comes with the page, could not be loaded: go online once, and reload the page.", name)
	}
	return file, nil
}
