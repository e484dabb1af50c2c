package images

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math/bits"

	"golang.org/x/image/tiff/lzw"
)

const jpegInTIFF = 7

// raw is a block as stored. Some writers leave out its length: it ends with the file then.
func (f *tiffFile) raw(i int) ([]byte, error) {
	at := uint64(f.offsets[i])
	if at > uint64(len(f.data)) {
		return nil, io.ErrUnexpectedEOF
	}
	raw := f.data[at:]
	if i < len(f.counts) && f.counts[i] > 0 {
		raw = raw[:min(uint64(f.counts[i]), uint64(len(raw)))]
	}
	order, err := f.number(tagFillOrder, 1)
	if err == nil && order == 2 && f.compression != jpegInTIFF {
		raw = bytes.Clone(raw)
		for k, b := range raw {
			raw[k] = bits.Reverse8(b)
		}
	}
	return raw, err
}

// reader gives a block's bytes, row after row.
func (f *tiffFile) reader(i int) (io.Reader, error) {
	raw, err := f.raw(i)
	if err != nil {
		return nil, err
	}
	switch f.compression {
	case 1:
		return bytes.NewReader(raw), nil
	case 2, 3, 4:
		group, err := f.number(tagGroup3, 0)
		return newFaxReader(raw, f.blockW, f.compression, group&1 != 0), err
	case 5:
		return lzw.NewReader(bytes.NewReader(raw), lzw.MSB, 8), nil
	case 8, 32946:
		return zlib.NewReader(bytes.NewReader(raw))
	case 32773:
		return &packBits{data: raw}, nil
	case jpegInTIFF:
		return f.jpegBlock(raw)
	}
	names := map[int]string{6: "old JPEG", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL"}
	if name := names[f.compression]; name != "" {
		return nil, unsupported("it is packed as " + name)
	}
	return nil, unsupported(fmt.Sprintf("it is packed in way %d", f.compression))
}

// packBits is Apple's run-length code (TIFF 6.0, section 9).
type packBits struct {
	data []byte
	run  int  // bytes left of a run of one
	text int  // bytes left that stand for themselves
	of   byte // the run's
}

func (p *packBits) Read(b []byte) (n int, err error) {
	for n < len(b) {
		switch {
		case p.run > 0:
			b[n] = p.of
			p.run--
			n++
		case len(p.data) < 2: // also a last text's length without a text
			if p.text == 0 || len(p.data) == 0 {
				return n, io.ErrUnexpectedEOF
			}
			fallthrough
		case p.text > 0:
			k := copy(b[n:min(n+p.text, len(b))], p.data)
			p.data, p.text, n = p.data[k:], p.text-k, n+k
			if k == 0 {
				return n, io.ErrUnexpectedEOF
			}
		default:
			switch head := int8(p.data[0]); {
			case head >= 0:
				p.text, p.data = int(head)+1, p.data[1:]
			case head == -128:
				p.data = p.data[1:]
			default:
				p.run, p.of, p.data = 1-int(head), p.data[1], p.data[2:]
			}
		}
	}
	return n, nil
}

// jpegBlock is the pixels of a block that is a JPEG, whose tables may stand once for all
// (TIFF Technical Note 2). A JPEG does not say whether it is RGB: the TIFF does.
func (f *tiffFile) jpegBlock(raw []byte) (io.Reader, error) {
	values, err := f.list(tagJPEGTables)
	if err != nil {
		return nil, err
	}
	file := adobe(f.photometric == inYCbCr)
	if len(values) > 4 {
		for _, v := range values[2 : len(values)-2] { // without its start and end
			file = append(file, byte(v))
		}
	}
	if len(raw) < 2 {
		return nil, io.ErrUnexpectedEOF
	}
	m, err := jpeg.Decode(bytes.NewReader(append(file, raw[2:]...)))
	if err != nil {
		return nil, err
	}
	p, err := planesOf(m)
	if err != nil {
		return nil, err
	}
	w, h := p.size()
	if grey, ok := p.(*packed); w < f.blockW || f.keep == 1 && (!ok || grey.channels != 1) {
		return nil, errors.New("its parts disagree about their pixels")
	}
	return &jpegRows{planes: p, h: h, w: f.blockW, keep: f.keep}, nil
}

// jpegRows gives a JPEG's rows, one at a time.
type jpegRows struct {
	planes
	y, w, h, keep int
	row3          []uint8
}

func (j *jpegRows) Read(b []byte) (int, error) {
	if j.y == j.h {
		return 0, io.ErrUnexpectedEOF
	}
	if len(b) < j.keep*j.w { // past the last row that was wanted
		return 0, io.EOF
	}
	if j.row3 == nil {
		j.row3 = make([]uint8, 3*j.w)
	}
	j.row(j.row3, j.y, 0, j.w)
	j.y++
	for i := range j.keep * j.w {
		b[i] = j.row3[i*3/j.keep]
	}
	return j.keep * j.w, nil
}
