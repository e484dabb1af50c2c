package images

import (
	"bytes"

	"github.com/bep/imagemeta"
)

// orientation returns the EXIF orientation of a file, 1 (upright) to 8; 1 where
// there is none or it cannot be read, as every viewer does.
func orientation(data []byte, format imagemeta.ImageFormat) int {
	if format == 0 {
		return 1
	}
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: format, Sources: imagemeta.EXIF,
		LimitNumTags: 500, LimitTagSize: 64,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Namespace == "IFD0" && t.Tag == "Orientation" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if v, ok := t.Value.(uint16); ok && 1 <= v && v <= 8 {
				found = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return 1 // broken metadata of a readable picture
	}
	return found
}

// upright says where pixel (0, 0) of a w x h picture goes under an EXIF
// orientation, and how far one step in x and in y moves there, in pixels of the
// upright picture, whose width and height follow.
func upright(orientation, w, h int) (first, stepX, stepY, outW, outH int) {
	switch orientation {
	case 2: // mirrored left to right
		return w - 1, -1, w, w, h
	case 3: // half a turn
		return w*h - 1, -1, -w, w, h
	case 4: // mirrored top to bottom
		return (h - 1) * w, 1, -w, w, h
	case 5: // transposed
		return 0, h, 1, h, w
	case 6: // to be turned clockwise
		return h - 1, h, -1, h, w
	case 7: // transposed along the other diagonal
		return w*h - 1, -h, -1, h, w
	case 8: // to be turned anticlockwise
		return (w - 1) * h, -h, 1, h, w
	}
	return 0, 1, w, w, h
}
