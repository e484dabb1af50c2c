package project

import (
	"context"
	"slices"
	"strings"
)

// Builtins are the networks that come with Thaw, the usual one first: mini, pretrained by
// irv2/cmd/pretrain on generated images or on photographs. A model card says more of
// each; the weights lie beside it. They are no larger than a photograph, so they are read
// each time and never kept.
func Builtins() []WeightInfo {
	return []WeightInfo{
		{ID: "mini-source", Name: "mini, pretrained on generated images", Model: "mini", Format: "safetensors",
			Description: "from generated images", Warnings: []string{}, Builtin: true, Card: "models/mini.json"},
		{ID: "mini-photo", Name: "mini-photo, pretrained on photographs", Model: "mini", Format: "safetensors",
			Description: "from photographs", Warnings: []string{}, Builtin: true, Card: "models/mini-photo.json"},
	}
}

// Builtin is the network of that ID that comes with Thaw, if there is one.
func Builtin(id string) (WeightInfo, bool) {
	list := Builtins()
	i := slices.IndexFunc(list, func(info WeightInfo) bool { return info.ID == id })
	if i < 0 {
		return WeightInfo{}, false
	}
	return list[i], true
}

// builtinFile is the address of its weights in the site.
func builtinFile(info WeightInfo) string {
	return strings.TrimSuffix(info.Card, ".json") + ".safetensors"
}

// UseBuiltin loads a network that comes with Thaw from the file of the site that open
// finds. Its head for the classes of pretraining is dropped: whoever trains has others.
func (p *Project) UseBuiltin(ctx context.Context, info WeightInfo, open func(name string) (File, error), tell Tell) (WeightInfo, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return info, err
	}
	defer done()
	file, err := open(builtinFile(info))
	if err != nil {
		return info, err
	}
	w, _, _, err := p.read(ctx, info.Name, file, tell)
	if err != nil {
		return info, err
	}
	if err := p.switchTo(ctx, info.Model); err != nil {
		return info, err
	}
	m, err := p.model()
	if err != nil {
		return info, err
	}
	info.Bytes = file.Size()
	return info, p.adopt(ctx, withBackbone(w, m), info, nil)
}
