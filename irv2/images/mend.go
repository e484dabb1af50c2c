package images

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"io"
	"iter"
	"slices"
)

// Files are cut, padded and joined on their way. Where all pixels are there, what the
// decoders of Go's library miss is put beside them; a file that lacks pixels stays one
// that is cut off.

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	jpegSOF0 = 0xc0
	jpegSOF2 = 0xc2 // progressive
	jpegDHT  = 0xc4
	jpegJPG  = 0xc8
	jpegDAC  = 0xcc
	jpegRST0 = 0xd0
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegAPP1 = 0xe1
	jpegAPPE = 0xee
)

// segment is a part of a JPEG.
type segment struct {
	marker byte
	body   []byte
	end    int // in the file; of a scan, after its pixels
}

// segments walks a JPEG to its end, or to where it makes no sense.
func segments(data []byte) iter.Seq[segment] {
	return func(yield func(segment) bool) {
		for at := marker(data, 2, false); at < len(data); {
			s := segment{marker: data[at], end: at + 1}
			if s.marker == jpegEOI {
				yield(s)
				return
			}
			if s.marker < jpegRST0 || s.marker > jpegRST0+7 {
				if at+3 > len(data) {
					return
				}
				n := int(binary.BigEndian.Uint16(data[at+1:]))
				if s.marker < jpegSOF0 || n < 2 || at+1+n > len(data) {
					return
				}
				s.body, s.end = data[at+3:at+1+n], at+1+n
			}
			next := marker(data, s.end, s.marker == jpegSOS)
			if s.marker == jpegSOS {
				s.end = min(next-1, len(data))
			}
			if !yield(s) {
				return
			}
			at = next
		}
	}
}

// marker is where the next marker's code stands, len(data)+1 if there is none. Among
// pixels FF 00 is a value, and FF D0 to D7 let a reader begin anew.
func marker(data []byte, at int, pixels bool) int {
	for at < len(data) {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 {
			break
		}
		for at += i; at < len(data) && data[at] == 0xff; at++ {
		}
		if at == len(data) || data[at] == 0 || pixels && jpegRST0 <= data[at] && data[at] <= jpegRST0+7 {
			continue
		}
		return at
	}
	return len(data) + 1
}

// frame is what a JPEG's header says of its components.
type frame struct {
	progressive bool
	components  []byte // three bytes each: name, sampling, table
}

// frameOf reads the header, false where there is none.
func frameOf(s segment) (frame, bool) {
	if s.marker < jpegSOF0 || s.marker > 0xcf || s.marker == jpegDHT || s.marker == jpegJPG || s.marker == jpegDAC || len(s.body) < 6 {
		return frame{}, false
	}
	n := min(3*int(s.body[5]), (len(s.body)-6)/3*3)
	return frame{s.marker == jpegSOF2, s.body[6 : 6+n]}, true
}

// bytes is what a pixel takes: its planes, and 4 bytes for each of a progressive JPEG's
// coefficients. Where chroma's size is unusual Go enlarges it.
func (f frame) bytes() float64 {
	across, down, sum, usual := 1, 1, 0, true
	for i := 0; i < len(f.components); i += 3 {
		x, y := int(f.components[i+1]>>4), int(f.components[i+1]&15)
		across, down, sum = max(across, x), max(down, y), sum+x*y
		usual = usual && (i != 6 || f.components[4] == f.components[7])
	}
	planes := float64(sum) / float64(across*down)
	coefficients := 0.0
	if f.progressive {
		coefficients = 4 * planes
	}
	if !usual || len(f.components) > 0 && int(f.components[1]) != across<<4|down {
		planes = float64(len(f.components) / 3)
	}
	return planes + coefficients
}

// adobe begins a JPEG whose colours are marked: brightness apart from colour, or RGB or
// inks as they are.
func adobe(ycbcr bool) []byte {
	return append([]byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"), map[bool]byte{true: 1}[ycbcr])
}

// mendJPEG puts the end where it is missing, and marks four inks as inks: they are taken
// as Adobe stores them, as Pillow does. ended says that the end was there.
func mendJPEG(data []byte) (mended []byte, ended bool, err error) {
	var f frame
	var seen scans
	marked, pixels := false, 0
	for s := range segments(data) {
		if head, ok := frameOf(s); ok && f.components == nil {
			f = head
		}
		switch s.marker {
		case jpegEOI:
			ended = true
		case jpegAPPE:
			marked = marked || bytes.HasPrefix(s.body, []byte("Adobe")) && len(s.body) >= 12
		case jpegSOS:
			pixels = s.end
			seen.add(f, s.body)
		}
	}
	if !ended {
		if !seen.complete(f) {
			return nil, false, io.ErrUnexpectedEOF
		}
		// Where zeros follow, one at most can be of the pixels: filled with zeros, half a
		// picture would be read as a whole one whose rest is grey.
		whole := bytes.TrimRight(data[:pixels], "\x00")
		data = append(append(whole[:len(whole):len(whole)], data[len(whole):min(len(whole)+1, pixels)]...), 0xff, jpegEOI)
	}
	if len(f.components) == 12 && !marked {
		data = append(adobe(false), data[2:]...)
	}
	return data, ended, nil
}

// scans is which bits of which coefficients came, by component.
type scans map[byte]*[64]uint8

// add notes a scan: every coefficient whole, or of a progressive JPEG some to some bit.
func (c *scans) add(f frame, body []byte) {
	if *c == nil {
		*c = scans{}
	}
	if len(body) < 1 || len(body) < 4+2*int(body[0]) {
		return
	}
	n := int(body[0])
	first, last, bit := 0, 63, uint8(0)
	if f.progressive {
		first, last, bit = int(body[1+2*n]), int(body[2+2*n]), body[3+2*n]&15
	}
	for i := range n {
		name := body[1+2*i]
		if (*c)[name] == nil {
			(*c)[name] = &[64]uint8{}
		}
		for k := first; k <= min(last, 63); k++ {
			(*c)[name][k] = 1 + bit
		}
	}
}

// complete says that every bit came.
func (c scans) complete(f frame) bool {
	for i := 0; i < len(f.components); i += 3 {
		got := c[f.components[i]]
		if got == nil || *got != [64]uint8(bytes.Repeat([]byte{1}, 64)) {
			return false
		}
	}
	return len(f.components) > 0
}

// mendPNG puts the end where it is missing: after the last whole chunk, or after what
// there is of the pixels' last.
func mendPNG(data []byte) []byte {
	const head, tail = 8, 4 // of a chunk: length and name, checksum
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var pixels [][]byte // of the chunks so far
	at := 8
	for at+head+tail <= len(data) {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		name := data[at+4 : at+8]
		if n > int64(len(data)-at-head-tail) || len(bytes.Trim(name, letters)) > 0 {
			break
		}
		if string(name) == "IEND" {
			return data
		}
		if string(name) == "IDAT" {
			pixels = append(pixels, data[at+head:][:n])
		}
		at += head + int(n) + tail
	}
	mended := bytes.Clone(data[:at])
	if at+head < len(data) && string(data[at+4:at+8]) == "IDAT" {
		n := min(int(binary.BigEndian.Uint32(data[at:])), len(data)-at-head)
		last := data[at+head:][:n:n]
		mended = appendChunk(mended, "IDAT", append(last, restOfChecksum(slices.Concat(append(pixels, last)...))...))
	}
	return appendChunk(mended, "IEND", nil)
}

// restOfChecksum is what a zlib stream lacks of the checksum at its end; nil where it lacks
// more.
func restOfChecksum(stream []byte) []byte {
	const head = 2
	r, sum := bytes.NewReader(stream[min(head, len(stream)):]), adler32.New()
	if _, err := io.Copy(sum, flate.NewReader(r)); err != nil {
		return nil
	}
	return sum.Sum(nil)[min(r.Len(), adler32.Size):]
}

func appendChunk(file []byte, name string, body []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(body)))
	from := len(file)
	file = append(append(file, name...), body...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[from:]))
}
