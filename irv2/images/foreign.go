package images

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
)

// Foreign decodes formats that nothing here reads: HEIC, AVIF, JPEG XL. A front end has
// one where it runs in a browser. Its pixels may differ from one browser to the next, so
// it is asked only for files that were said to be for it.
type Foreign interface {
	Decodes(format string) bool
	// Decode gives the picture upright, in sRGB, its alpha dropped. Its error goes on
	// where a sentence names the file.
	Decode(data []byte, format string) (*RGB8, error)
}

// DecodeWith is Decode, and by's where it alone knows the format and allowed says that it
// may. by may be nil.
func DecodeWith(by Foreign, allowed bool, data []byte, name string, l Limits) (*Picture, error) {
	_, refusal := sniff(data, name)
	if refusal == nil || refusal.Browser == "" || by == nil || !by.Decodes(refusal.Browser) {
		return Decode(data, name, l)
	}
	format := refusal.Browser
	if !allowed {
		return nil, refusedForeign(name, format, "is %s image, which only this browser can decode, and pixels may differ in another: allow that when you add it, or save it as JPEG or PNG.", an(format))
	}
	if refusal := l.checkBytes(data, name); refusal != nil {
		return nil, refusal
	}
	if refusal := l.check(foreignHeader(data), name); refusal != nil {
		return nil, refusal
	}
	img, err := by.Decode(data, format)
	if err != nil {
		return nil, refusedForeign(name, format, "is %s image that this browser cannot decode (%v): save it as JPEG or PNG and add that.", an(format), err)
	}
	if refusal := l.check(header{img.W, img.H, foreignBytes}, name); refusal != nil {
		return nil, refusal
	}
	p := newPicture(&packed{image.Rect(0, 0, img.W, img.H), img.Pix, 3 * img.W, 3, 3}, 1)
	p.Format, p.Browser = format, true
	return p, nil
}

func refusedForeign(name, format, text string, args ...any) *Refusal {
	r := refuse(name, Unsupported, text, args...)
	r.Browser = format
	return r
}

func an(format string) string {
	if format == "AVIF" {
		return "an AVIF"
	}
	return fmt.Sprintf("a %s", format)
}

// foreignBytes a pixel are a browser's bitmap, its copy and the RGB made of it.
const foreignBytes = 11

// foreignHeader is the largest size that a HEIC or AVIF states of a picture in it (ISO/IEC
// 23008-12, "ispe"), 1 x 1 where it states none: then the picture itself is asked.
func foreignHeader(data []byte) header {
	h := header{1, 1, foreignBytes}
	rest := data[:min(len(data), 1<<16)]
	for {
		at := bytes.Index(rest, []byte("ispe"))
		if at < 0 || len(rest) < at+16 {
			return h
		}
		rest = rest[at+8:]
		w, high := int(binary.BigEndian.Uint32(rest)), int(binary.BigEndian.Uint32(rest[4:]))
		h.w, h.h = max(h.w, w), max(h.h, high)
	}
}
