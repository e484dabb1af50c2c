package text

import "github.com/hack-pad/safejs"

// decoders are the browser's, by encoding; one that it lacks is undefined.
var decoders = map[string]safejs.Value{}

func decode(encoding string, raw []byte) (string, bool) {
	decoder, known := decoders[encoding]
	if !known {
		if class, err := safejs.Global().Get("TextDecoder"); err == nil {
			decoder, _ = class.New(encoding, map[string]any{"fatal": true})
		}
		decoders[encoding] = decoder
	}
	class, err := safejs.Global().Get("Uint8Array")
	if err != nil || decoder.IsUndefined() {
		return "", false
	}
	array, err := class.New(len(raw))
	if err != nil {
		return "", false
	}
	if _, err := safejs.CopyBytesToJS(array, raw); err != nil {
		return "", false
	}
	decoded, err := decoder.Call("decode", array)
	if err != nil {
		return "", false
	}
	s, err := decoded.String()
	return s, err == nil
}

func nfc(s string) string {
	// A primitive has no methods in Go's eyes: String.prototype's is called on it.
	method := safejs.Global()
	for _, name := range []string{"String", "prototype", "normalize"} {
		var err error
		if method, err = method.Get(name); err != nil {
			return s
		}
	}
	composed, err := method.Call("call", s, "NFC")
	if err != nil {
		return s
	}
	out, err := composed.String()
	if err != nil {
		return s
	}
	return out
}
