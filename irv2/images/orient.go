package images

import (
	"bytes"
	"encoding/binary"
)

// orientation returns a file's EXIF orientation, 1 (upright) to 8; 1 where there
// is none or it cannot be read, as every viewer does. exif finds the block of EXIF
// in the file, and is nil for formats without.
//
// One tag is read here because github.com/bep/imagemeta, the tests' oracle, adds
// 0.43 MB (compressed) of XML and text tables to the page's download.
func orientation(data []byte, exif func([]byte) []byte) int {
	if exif == nil {
		return 1
	}
	block := bytes.TrimPrefix(exif(data), exifPrefix)
	if len(block) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if block[0] == 'M' {
		order = binary.BigEndian
	}
	ifd := uint64(order.Uint32(block[4:]))
	if ifd+2 > uint64(len(block)) {
		return 1
	}
	entries := block[ifd+2:]
	for range order.Uint16(block[ifd:]) {
		if len(entries) < 12 {
			break
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if v := order.Uint16(entries[8:]); 1 <= v && v <= 8 {
				return int(v)
			}
		}
		entries = entries[12:]
	}
	return 1
}

var exifPrefix = []byte("Exif\x00\x00")

// exifJPEG is the first APP1 segment that is EXIF, before the first scan.
func exifJPEG(data []byte) []byte {
	const app1, sos = 0xe1, 0xda
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker := data[1]
		if marker == 0xff { // fill
			data = data[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(data[2:])) + 2
		if marker == sos || n < 4 || n > len(data) {
			return nil
		}
		if segment := data[4:n]; marker == app1 && bytes.HasPrefix(segment, exifPrefix) {
			return segment
		}
		data = data[n:]
	}
	return nil
}

// exifPNG is the eXIf chunk.
func exifPNG(data []byte) []byte {
	for data = data[8:]; len(data) >= 12; {
		n := uint64(binary.BigEndian.Uint32(data))
		if n > uint64(len(data)-12) {
			return nil
		}
		if string(data[4:8]) == "eXIf" {
			return data[8 : 8+n]
		}
		data = data[12+n:]
	}
	return nil
}

func exifWebP(data []byte) []byte { return chunk(data[12:], "EXIF") }

// exifTIFF is the file: EXIF is written as a TIFF.
func exifTIFF(data []byte) []byte { return data }

// turn is how a stored picture is brought upright: its rows and columns mirrored, then
// changed for each other.
type turn struct{ mirrorX, mirrorY, transposed bool }

// upright is the turn of an EXIF orientation (CIPA DC-008, tag 274).
func upright(orientation int) turn {
	return turn{
		mirrorX:    orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8,
		mirrorY:    orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7,
		transposed: orientation >= 5,
	}
}
