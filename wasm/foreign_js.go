package main

import (
	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/wasm/jsutil"
)

// browser decodes pictures by the browser (web/foreign.js): an images.Foreign.
type browser struct{}

// browserFormats are those that were asked for, and whether the browser decodes them.
var browserFormats = map[string]bool{}

func (browser) Decodes(format string) bool {
	known, asked := browserFormats[format]
	if asked {
		return known
	}
	if promise, err := safejs.Global().Call("thawDecodes", format); err == nil {
		answer, err := jsutil.Await(promise)
		known = err == nil && jsutil.Truthy(answer)
	}
	browserFormats[format] = known
	return known
}

func (browser) Decode(data []byte, format string) (*images.RGB8, error) {
	array, err := jsutil.BytesToJS(data)
	if err != nil {
		return nil, err
	}
	promise, err := safejs.Global().Call("thawDecode", array, format)
	if err != nil {
		return nil, err
	}
	picture, err := jsutil.Await(promise)
	if err != nil {
		return nil, err
	}
	defer picture.Call("close")
	img := &images.RGB8{W: jsutil.Int(jsutil.Prop(picture, "width")), H: jsutil.Int(jsutil.Prop(picture, "height"))}
	img.Pix = make([]uint8, 0, 3*img.W*img.H)
	for y := 0; y < img.H; y += jsutil.Int(jsutil.Prop(picture, "rows")) {
		rows, err := picture.Call("read", y)
		if err != nil {
			return nil, err
		}
		rgba, err := jsutil.BytesToGo(rows)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(rgba); i += 4 {
			img.Pix = append(img.Pix, rgba[i], rgba[i+1], rgba[i+2])
		}
	}
	return img, nil
}
