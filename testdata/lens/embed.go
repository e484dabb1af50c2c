// Package lens holds the figures that irv2/lens is held to: made by lens.py with numpy, and
// by cam.py with Keras.
package lens

import _ "embed"

// Figures are figures.json.
//
//go:embed figures.json
var Figures []byte

// Cam is cam.json.
//
//go:embed cam.json
var Cam []byte
