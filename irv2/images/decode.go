package images

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"

	"thaw/irv2/internal/text"
)

// Decode reads a JPEG, PNG, WebP, GIF, BMP or TIFF file, told by its content. The
// picture is upright by its EXIF orientation, cut to 8 bits a value (the high ones of
// those in use, see Picture.Depth), and the first frame of an animation or page of a TIFF.
//
// Alpha is dropped, not laid over a colour, because Keras does so
// (load_img: PIL's convert("RGB"); tf.io.decode_image(channels=3)): the hidden
// colour of a transparent pixel is what a network trained there has seen.
//
// Pixels are Pillow's, bit for bit, but for JPEG (DCT and rounding: one or two
// levels) and lossy WebP; decode_test.go has the figures. The only errors are
// *Refusal.
func Decode(data []byte, name string, l Limits) (img *Picture, err error) {
	if len(data) == 0 {
		return nil, refuse(name, Empty, "is empty (0 bytes): copy it again from where it came from.")
	}
	if refusal := l.checkBytes(data, name); refusal != nil {
		return nil, refusal
	}
	f, refusal := sniff(data, name)
	if refusal != nil {
		return nil, refusal
	}
	// Decoders of foreign bytes have panicked before (golang.org/x/image has had
	// advisories): one bad file must not end the user's session.
	defer func() {
		if r := recover(); r != nil {
			img, err = nil, broken(name, f, fmt.Errorf("%v", r))
		}
	}()
	h, err := f.header(data)
	if err != nil {
		return nil, broken(name, f, err)
	}
	if refusal := l.check(h, name); refusal != nil {
		return nil, refusal
	}
	large := h.total() > collectAbove
	if large {
		runtime.GC() // the picture before
	}
	p, err := f.decode(data)
	if large {
		runtime.GC() // what the decoder needed: coefficients
	}
	if err != nil {
		return nil, broken(name, f, err)
	}
	// The header was believed for the limits: the pixels have to agree with it.
	if w, high := p.size(); w != h.w || high != h.h {
		return nil, broken(name, f, errors.New("its parts disagree about its size"))
	}
	img = newPicture(p, orientation(data, f.exif))
	img.Format = f.name
	return img, nil
}

// collectAbove is how many bytes a picture may take before what it replaces is collected at
// once: two large ones do not fit into a page side by side.
const collectAbove = 200 << 20

// header is what a file says of its picture before pixels are decoded.
type header struct {
	w, h  int
	bytes float64 // a pixel, at most, while it is decoded
}

func (h header) total() float64 { return float64(h.w) * float64(h.h) * h.bytes }

// checkBytes refuses a file that is too large itself.
func (l Limits) checkBytes(data []byte, name string) *Refusal {
	if n := int64(len(data)); n > l.FileBytes {
		return refuse(name, TooLarge, "has %s MB, more than the %s MB taken here: save it smaller.", text.Thousands(int(n>>20)), text.Thousands(int(l.FileBytes>>20)))
	}
	return nil
}

// check refuses what would cost more than the limits.
func (l Limits) check(h header, name string) *Refusal {
	switch {
	case h.w <= 0 || h.h <= 0:
		return refuse(name, Damaged, "says that it is %d x %d pixels: save it again from the original.", h.w, h.h)
	case h.w > l.Side || h.h > l.Side || h.w > l.Pixels/h.h:
		return refuse(name, TooLarge, "is %s x %s pixels, more than the %s a side and %s megapixels taken here: save it smaller.",
			text.Thousands(h.w), text.Thousands(h.h), text.Thousands(l.Side), text.Thousands(l.Pixels/1_000_000))
	case h.total() > float64(l.Bytes):
		return refuse(name, TooLarge, "is %s x %s pixels, which take %.1f GB to decode as they are stored, more than the %.1f GB given to one picture here: save it smaller, or as a plain JPEG that is not progressive.",
			text.Thousands(h.w), text.Thousands(h.h), h.total()/1e9, float64(l.Bytes)/1e9)
	}
	return nil
}

// broken words a decoder's error.
func broken(name string, f *format, err error) *Refusal {
	unread := false
	for _, is := range []bool{as[jpeg.UnsupportedError](err), as[png.UnsupportedError](err), as[unsupported](err)} {
		unread = unread || is
	}
	text := err.Error() // gif, riff and jpeg tell a short file by text only
	switch {
	case unread:
		return refuse(name, Unsupported, "is a kind of %s that is not read here (%s): save it as plain JPEG or PNG and add that.", f.name, text)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		strings.Contains(text, "EOF"), strings.Contains(text, "short "), strings.Contains(text, "not enough"):
		return refuse(name, Truncated, "is cut off: the %s ends before its last pixel; copy it again from where it came from.", f.name)
	}
	return refuse(name, Damaged, "is damaged (%s): open it in another program and save it again, or leave it out.", text)
}

func as[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// headerJPEG counts the planes, and the coefficients of a progressive one, which Go keeps
// in 32 bits; inks and RGB are copied once more.
func headerJPEG(data []byte) (header, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	h := header{c.Width, c.Height, 0}
	for s := range segments(data) {
		if f, ok := frameOf(s); ok {
			h.bytes = f.bytes()
			break
		}
	}
	if c.ColorModel == color.CMYKModel || c.ColorModel == color.RGBAModel {
		h.bytes += 4
	}
	return h, nil
}

func decodeJPEG(data []byte) (planes, error) {
	data, ended, err := mendJPEG(data)
	if err != nil {
		return nil, err
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if as[jpeg.FormatError](err) && !ended {
		return nil, io.ErrUnexpectedEOF // it ran into the end that was put there
	}
	if err != nil {
		return nil, err
	}
	return planesOf(m)
}

// headerPNG counts the pixels, and the passes of an interlaced one beside them.
func headerPNG(data []byte) (header, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	h := header{c.Width, c.Height, 4}
	switch c.ColorModel {
	case color.GrayModel:
		h.bytes = 1
	case color.Gray16Model:
		h.bytes = 2
	case color.RGBA64Model, color.NRGBA64Model:
		h.bytes = 8
	}
	const interlaced = 28
	if data[interlaced] != 0 {
		h.bytes *= 1.5
	}
	return h, nil
}

func decodePNG(data []byte) (planes, error) {
	m, err := png.Decode(bytes.NewReader(mendPNG(data)))
	if err != nil {
		return nil, err
	}
	return planesOf(m)
}

func headerGIF(data []byte) (header, error) {
	c, err := gif.DecodeConfig(bytes.NewReader(data))
	return header{c.Width, c.Height, 2}, err
}

// decodeGIF lays the first frame on its screen. Go blanks the transparent palette
// entry; PIL keeps its colour, so it is taken back from the global palette. What
// the frame leaves open has that colour too, or the first palette entry.
func decodeGIF(data []byte) (planes, error) {
	c, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	first, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	frame, ok := first.(*image.Paletted)
	if !ok {
		return nil, fmt.Errorf("gif: frame is a %T", first)
	}
	open := 0
	if global, ok := c.ColorModel.(color.Palette); ok {
		for i, p := range frame.Palette {
			if _, _, _, a := p.RGBA(); a == 0 && i < len(global) {
				frame.Palette[i], open = global[i], i
			}
		}
	}
	screen := image.NewPaletted(image.Rect(0, 0, c.Width, c.Height), frame.Palette)
	if open != 0 {
		for i := range screen.Pix {
			screen.Pix[i] = uint8(open)
		}
	}
	for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
		copy(screen.Pix[screen.PixOffset(frame.Rect.Min.X, y):], frame.Pix[frame.PixOffset(frame.Rect.Min.X, y):][:frame.Rect.Dx()])
	}
	return planesOf(screen)
}
