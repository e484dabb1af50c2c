package images

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"

	"golang.org/x/image/webp"
)

// decodeWebP adds to golang.org/x/image/webp the first frame of an animation (RFC
// 9649, section 2.7: RIFF chunks VP8X, ANIM, then an ANMF per frame).
func decodeWebP(data []byte) (planes, error) {
	if !animatedWebP(data) {
		return decodeStill(data)
	}
	screen := image.NewNRGBA(image.Rect(0, 0, uint24(data[24:])+1, uint24(data[27:])+1)) // black, as libwebp's
	anmf := chunk(data[12:], "ANMF")
	if len(anmf) < 16 {
		return nil, errors.New("webp: unexpected EOF before the first frame")
	}
	at := image.Pt(2*uint24(anmf), 2*uint24(anmf[3:]))
	w, h := uint24(anmf[6:])+1, uint24(anmf[9:])+1
	if !image.Rect(at.X, at.Y, at.X+w, at.Y+h).In(screen.Rect) {
		return nil, errors.New("webp: first frame lies outside the screen")
	}
	frame, err := decodeStill(still(anmf[16:], w, h))
	if err != nil {
		return nil, err
	}
	if fw, fh := frame.size(); fw != w || fh != h {
		return nil, errors.New("webp: first frame is not of its stated size")
	}
	row := make([]uint8, 3*w)
	for y := range h {
		frame.row(row, y, 0, w)
		for x := range w {
			copy(screen.Pix[screen.PixOffset(at.X+x, at.Y+y):][:3], row[3*x:])
		}
	}
	return planesOf(screen)
}

func animatedWebP(data []byte) bool {
	const animated = 1 << 1
	return len(data) >= 30 && string(data[12:16]) == "VP8X" && data[20]&animated != 0
}

// headerWebP counts what the decoder takes: planes with alpha, or the colours of a lossless
// one twice; and an animation's screen.
func headerWebP(data []byte) (header, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	h := header{c.Width, c.Height, 8}
	switch {
	case animatedWebP(data):
		h.bytes = 12
	case c.ColorModel == color.YCbCrModel || c.ColorModel == color.NYCbCrAModel:
		h.bytes = 3.5
	}
	return h, err
}

// decodeStill reads one picture and says which are lossy, without their alpha.
func decodeStill(data []byte) (planes, error) {
	m, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return newVP8(m), nil
	case *image.NYCbCrA:
		return newVP8(&m.YCbCr), nil
	}
	return planesOf(m)
}

// still wraps a frame's chunks (ALPH, VP8 or VP8L) as a file of one picture.
func still(chunks []byte, w, h int) []byte {
	const alpha = 1 << 4
	file := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00")
	header := make([]byte, 10)
	if chunk(chunks, "ALPH") != nil {
		header[0] = alpha
	}
	putUint24(header[4:], w-1)
	putUint24(header[7:], h-1)
	file = append(append(file, header...), chunks...)
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	return file
}

// chunk returns the payload of the first chunk of that name, or nil.
func chunk(chunks []byte, name string) []byte {
	for len(chunks) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(chunks[4:]))
		if n > uint64(len(chunks)-8) {
			return nil
		}
		if string(chunks[:4]) == name {
			return chunks[8 : 8+n]
		}
		chunks = chunks[min(8+n+n%2, uint64(len(chunks))):]
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func putUint24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
