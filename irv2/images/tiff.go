package images

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Tags of a TIFF's directory (TIFF 6.0, sections 8 and 15 to 22) that say how its pixels
// are stored.
const (
	tagWidth = 256 + iota
	tagHeight
	tagBits
	tagCompression
)

const (
	tagPhotometric  = 262
	tagFillOrder    = 266
	tagStrips       = 273
	tagSamples      = 277
	tagRows         = 278
	tagStripBytes   = 279
	tagPlanar       = 284
	tagGroup3       = 292
	tagPredictor    = 317
	tagColours      = 320
	tagTileWidth    = 322
	tagTileHeight   = 323
	tagTiles        = 324
	tagTileBytes    = 325
	tagInks         = 332
	tagExtra        = 338
	tagSampleFormat = 339
	tagJPEGTables   = 347
)

// Values of tagPhotometric.
const (
	whiteIsZero = iota
	blackIsZero
	inRGB
	inPalette
	inMask
	inCMYK
	inYCbCr
)

// tiffFile is the first page of a TIFF.
type tiffFile struct {
	data  []byte
	order binary.ByteOrder
	tags  map[uint16][]byte // an entry: type, count, value or its offset

	w, h        int
	bits        int // of a value
	samples     int // a pixel
	keep        int // of them that make its colour: 1, 3 or 4
	compression int
	photometric int
	predictor   int
	separate    bool // planes of a sample each
	clear       bool // colours are stored multiplied with alpha, the fourth sample
	blockW      int  // of a strip or a tile
	blockH      int
	offsets     []uint32
	counts      []uint32
}

// unsupported is why a file of a format that is read is not: what it is.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func openTIFF(data []byte) (*tiffFile, error) {
	f := &tiffFile{data: data, order: binary.LittleEndian, tags: map[uint16][]byte{}}
	if data[0] == 'M' {
		f.order = binary.BigEndian
	}
	if len(data) < 8 {
		return nil, io.ErrUnexpectedEOF
	}
	at := uint64(f.order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return nil, io.ErrUnexpectedEOF
	}
	entries := data[at+2:]
	for range f.order.Uint16(data[at:]) {
		if len(entries) < 12 {
			return nil, io.ErrUnexpectedEOF
		}
		if tag := f.order.Uint16(entries); f.tags[tag] == nil {
			f.tags[tag] = entries[2:12]
		}
		entries = entries[12:]
	}
	if err := f.readLayout(); err != nil {
		return nil, err
	}
	return f, f.readColours()
}

// list is the whole numbers of a tag, nil where it is missing.
func (f *tiffFile) list(tag uint16) ([]uint32, error) {
	entry := f.tags[tag]
	if entry == nil {
		return nil, nil
	}
	kind, n := f.order.Uint16(entry), uint64(f.order.Uint32(entry[2:]))
	size, ok := map[uint16]uint64{1: 1, 3: 2, 4: 4, 7: 1}[kind] // byte, short, long, undefined
	if !ok {
		return nil, fmt.Errorf("its tag %d has type %d", tag, kind)
	}
	raw := entry[6:]
	if n*size > 4 {
		at := uint64(f.order.Uint32(raw))
		if at+n*size > uint64(len(f.data)) {
			return nil, io.ErrUnexpectedEOF
		}
		raw = f.data[at:]
	}
	values := make([]uint32, n)
	for i := range values {
		switch size {
		case 1:
			values[i] = uint32(raw[i])
		case 2:
			values[i] = uint32(f.order.Uint16(raw[2*i:]))
		case 4:
			values[i] = f.order.Uint32(raw[4*i:])
		}
	}
	return values, nil
}

// number is a tag's first value.
func (f *tiffFile) number(tag uint16, otherwise uint32) (int, error) {
	values, err := f.list(tag)
	if err != nil || len(values) == 0 {
		return int(otherwise), err
	}
	return int(min(values[0], 1<<30)), nil
}

// readLayout reads what the numbers are.
func (f *tiffFile) readLayout() error {
	depths, err := f.list(tagBits)
	if err != nil {
		return err
	}
	if len(depths) == 0 {
		depths = []uint32{1}
	}
	formats, err := f.list(tagSampleFormat)
	if err != nil {
		return err
	}
	planar, group := 0, 0
	for _, n := range []struct {
		to        *int
		tag       uint16
		otherwise uint32
	}{
		{&f.w, tagWidth, 0},
		{&f.h, tagHeight, 0},
		{&f.samples, tagSamples, uint32(len(depths))},
		{&f.compression, tagCompression, 1},
		{&f.photometric, tagPhotometric, whiteIsZero},
		{&f.predictor, tagPredictor, 1},
		{&planar, tagPlanar, 1},
		{&group, tagGroup3, 0},
	} {
		if *n.to, err = f.number(n.tag, n.otherwise); err != nil {
			return err
		}
	}
	f.bits, f.separate = int(min(depths[0], 1<<16)), planar == 2 && f.samples > 1
	for _, d := range depths[:min(len(depths), max(f.samples, 1))] {
		if int(d) != f.bits {
			return unsupported("its colours have different numbers of bits")
		}
	}
	for _, format := range formats {
		switch format {
		case 1:
		case 2:
			return unsupported("its values have a sign")
		case 3:
			return unsupported("its values are floating-point numbers")
		default:
			return unsupported(fmt.Sprintf("its values are of format %d", format))
		}
	}
	switch f.bits {
	case 1, 2, 4, 8, 10, 12, 14, 16:
	default:
		return unsupported(fmt.Sprintf("its values have %d bits", f.bits))
	}
	switch {
	case f.compression == 3 && group&2 != 0:
		return unsupported("its fax has stretches without code")
	case 2 <= f.compression && f.compression <= 4 && (f.bits != 1 || f.samples != 1):
		return errors.New("its pixels do not fit a fax")
	case f.predictor != 1 && (f.predictor != 2 || f.bits != 8 && f.bits != 16):
		return unsupported(fmt.Sprintf("its values are predicted in way %d from others of %d bits", f.predictor, f.bits))
	}
	return nil
}

// readColours reads what the numbers mean.
func (f *tiffFile) readColours() error {
	extra, err := f.list(tagExtra)
	if err != nil {
		return err
	}
	inks, err := f.number(tagInks, 1)
	if err != nil {
		return err
	}
	most := 0 // samples a pixel
	switch f.photometric {
	case whiteIsZero, blackIsZero:
		f.keep, most = 1, 2
	case inPalette:
		f.keep, most = 1, 1
		if f.bits > 8 {
			return unsupported("its palette has more than 256 colours")
		}
	case inRGB:
		f.keep, most = 3, 6
	case inCMYK:
		f.keep, most = 4, 5
		if inks != 1 {
			return unsupported("it is printed with other inks than cyan, magenta, yellow and black")
		}
	case inYCbCr:
		f.keep, most = 3, 3
		if f.compression != jpegInTIFF {
			return unsupported("it stores brightness apart from colour, without JPEG")
		}
	default:
		names := map[int]string{inMask: "a mask", 8: "in CIE Lab", 9: "in ICC Lab", 10: "in ITU Lab", 32803: "a camera's raw pixels", 32844: "in LogL", 32845: "in LogLuv"}
		if name := names[f.photometric]; name != "" {
			return unsupported("it is " + name)
		}
		return unsupported(fmt.Sprintf("its colours are of kind %d", f.photometric))
	}
	if f.samples < f.keep || f.samples > most {
		return unsupported(fmt.Sprintf("it has %d values a pixel, and does not say which are colours", f.samples))
	}
	const multiplied = 1
	if f.photometric == inRGB && len(extra) > 0 && extra[0] == multiplied && f.samples > 3 {
		f.keep, f.clear = 4, true
	}
	if f.compression == jpegInTIFF && (f.bits != 8 || f.separate || f.keep != f.samples || f.keep == 4) {
		return unsupported("it holds JPEGs of other pixels than 8-bit grey or RGB")
	}
	return nil
}

// readBlocks reads where the strips or tiles lie.
func (f *tiffFile) readBlocks() error {
	where, sizes := uint16(tagStrips), uint16(tagStripBytes)
	if f.tags[tagTileWidth] != nil {
		where, sizes = tagTiles, tagTileBytes
	}
	var err error
	if f.blockW, err = f.number(tagTileWidth, uint32(f.w)); err != nil {
		return err
	}
	rows := uint16(tagRows)
	if where == tagTiles {
		rows = tagTileHeight
	}
	if f.blockH, err = f.number(rows, uint32(f.h)); err != nil {
		return err
	}
	if where == tagStrips {
		f.blockH = min(f.blockH, f.h)
	}
	if f.blockW <= 0 || f.blockH <= 0 || f.blockW > 1<<20 || f.blockH > 1<<20 {
		return fmt.Errorf("its parts have %d x %d pixels", f.blockW, f.blockH)
	}
	if f.offsets, err = f.list(where); err != nil {
		return err
	}
	if f.counts, err = f.list(sizes); err != nil {
		return err
	}
	across, down := f.blocks()
	n := across * down
	if f.separate {
		n *= f.samples
	}
	if len(f.offsets) < n {
		return fmt.Errorf("it lists %d of its %d parts", len(f.offsets), n)
	}
	return nil
}

// blocks is how many strips or tiles lie beside and below each other.
func (f *tiffFile) blocks() (across, down int) {
	return (f.w + f.blockW - 1) / f.blockW, (f.h + f.blockH - 1) / f.blockH
}
