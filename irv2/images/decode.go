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
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Decode reads a JPEG, PNG, WebP, GIF, BMP or TIFF file, told by its content. The
// picture is turned upright by its EXIF orientation, cut to 8 bits a value (the
// high byte of 16), and is the first frame of an animation or page of a TIFF.
//
// Alpha is dropped, not laid over a colour, because Keras does so
// (load_img: PIL's convert("RGB"); tf.io.decode_image(channels=3)): the hidden
// colour of a transparent pixel is what a network trained there has seen.
//
// Pixels are Pillow's, bit for bit, but for JPEG (DCT and rounding: one or two
// levels) and lossy WebP; decode_test.go has the figures. The only errors are
// *Refusal.
func Decode(data []byte, name string, l Limits) (img *RGB8, err error) {
	if len(data) == 0 {
		return nil, refuse(name, Empty, "is empty (0 bytes): copy it again from where it came from.")
	}
	if n := int64(len(data)); n > l.FileBytes {
		return nil, refuse(name, TooLarge, "has %s MB, more than the %s MB taken here: save it smaller.", thousands(int(n>>20)), thousands(int(l.FileBytes>>20)))
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
	c, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, broken(name, f, err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, refuse(name, Damaged, "says that it is %d x %d pixels: save it again from the original.", c.Width, c.Height)
	}
	if c.Width > l.Side || c.Height > l.Side || c.Width > l.Pixels/c.Height {
		return nil, refuse(name, TooLarge, "is %s x %s pixels, more than the %s a side and %s megapixels taken here: save it smaller.",
			thousands(c.Width), thousands(c.Height), thousands(l.Side), thousands(l.Pixels/1_000_000))
	}
	m, err := f.decode(data)
	if err != nil {
		return nil, broken(name, f, err)
	}
	// The header was believed for the limits: the pixels have to agree with it.
	if m.Bounds() != image.Rect(0, 0, c.Width, c.Height) {
		return nil, broken(name, f, errors.New("its parts disagree about its size"))
	}
	img = toRGB(m, orientation(data, f.exif))
	img.Format = f.name
	return img, nil
}

// broken words a decoder's error.
func broken(name string, f *format, err error) *Refusal {
	var unsupported bool
	for _, is := range []bool{
		as[jpeg.UnsupportedError](err), as[png.UnsupportedError](err), as[tiff.UnsupportedError](err),
		errors.Is(err, bmp.ErrUnsupported),
	} {
		unsupported = unsupported || is
	}
	text := err.Error() // gif, riff and jpeg tell a short file by text only
	switch {
	case unsupported:
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

// decodeGIF lays the first frame on its screen. Go blanks the transparent palette
// entry; PIL keeps its colour, so it is taken back from the global palette. What
// the frame leaves open has that colour too, or the first palette entry.
func decodeGIF(data []byte) (image.Image, error) {
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
	return screen, nil
}
