package images

import (
	"bytes"
)

// format is one that Decode reads. magic is matched at the file's start, '?'
// standing for any byte.
type format struct {
	name   string
	magic  string
	header func([]byte) (header, error)
	decode func([]byte) (planes, error)
	exif   func([]byte) []byte // where its EXIF is; nil: it has none
}

var formats = []format{
	{"JPEG", "\xff\xd8\xff", headerJPEG, decodeJPEG, exifJPEG},
	{"PNG", "\x89PNG\r\n\x1a\n", headerPNG, decodePNG, exifPNG},
	{"GIF", "GIF8?a", headerGIF, decodeGIF, nil},
	{"WebP", "RIFF????WEBP", headerWebP, decodeWebP, exifWebP},
	{"TIFF", "II*\x00", headerTIFF, decodeTIFF, exifTIFF},
	{"TIFF", "MM\x00*", headerTIFF, decodeTIFF, exifTIFF},
}

var formatBMP = format{"BMP", "BM", headerBMP, decodeBMP, nil}

// foreign are files that people drop and Decode does not read, with what to do; browser
// is the name of a format that a browser may read, see Foreign. They are asked before
// formats: camera raw files start like TIFF.
var foreign = []struct {
	at      int
	magic   string
	reason  Reason
	text    string
	browser string
}{
	{4, "ftyphei", Unsupported, heic, "HEIC"},
	{4, "ftyphev", Unsupported, heic, "HEIC"},
	{4, "ftypmif1", Unsupported, heic, "HEIC"},
	{4, "ftypmsf1", Unsupported, heic, "HEIC"},
	{4, "ftypavi", Unsupported, "is an AVIF image, which is not read here: save it as JPEG or PNG and add that.", "AVIF"},
	{4, "ftypcrx", Unsupported, raw, ""},
	{8, "CR\x02", Unsupported, raw, ""},
	{0, "FUJIFILMCCD-RAW", Unsupported, raw, ""},
	{4, "ftyp", NotAnImage, "is a video: save the frames you need as JPEG or PNG and add those.", ""},
	{0, "\xff\x0a", Unsupported, "is a JPEG XL image, which is not read here: save it as JPEG or PNG and add that.", "JPEG XL"},
	{0, "\x00\x00\x00\x0cJXL ", Unsupported, "is a JPEG XL image, which is not read here: save it as JPEG or PNG and add that.", "JPEG XL"},
	{0, "\x00\x00\x00\x0cjP  ", Unsupported, "is a JPEG 2000 image, which is not read here: save it as JPEG or PNG and add that.", ""},
	{0, "II+\x00", Unsupported, "is a BigTIFF image, which is not read here: save it as plain TIFF or PNG and add that.", ""},
	{0, "MM\x00+", Unsupported, "is a BigTIFF image, which is not read here: save it as plain TIFF or PNG and add that.", ""},
	{0, "8BPS", Unsupported, "is a Photoshop document: export it as JPEG or PNG and add that.", ""},
	{0, "\x00\x00\x01\x00", Unsupported, "is an icon file, which is not read here: save it as PNG and add that.", ""},
	{128, "DICM", Unsupported, "is a DICOM file, which is not read here: export its slices as PNG and add those.", ""},
	{0, "%PDF", NotAnImage, "is a PDF document: export its pictures as JPEG or PNG and add those.", ""},
	{0, "Rar!\x1a\x07", NotAnImage, "is a rar archive, which is not read here: unpack it and add the folder, or pack it as zip.", ""},
	{0, "7z\xbc\xaf\x27\x1c", NotAnImage, "is a 7z archive, which is not read here: unpack it and add the folder, or pack it as zip.", ""},
	{0, "\x1f\x8b", NotAnImage, "is packed with gzip, which is not read here: unpack it and add the folder, or pack it as zip.", ""},
	{257, "ustar", NotAnImage, "is a tar archive, which is not read here: unpack it and add the folder, or pack it as zip.", ""},
	{0, "PK\x03\x04", NotAnImage, "is a zip archive (or a document that is one): add it by itself, or unpack it and add the images.", ""},
	{0, "\x89HDF", NotAnImage, "is an HDF5 file: if it holds weights, add it under Network.", ""},
}

const (
	heic = "is a HEIC image, which is not read here: save it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible) and add that."
	raw  = "is a camera raw file, which is not read here: export it as JPEG and add that."
)

// headBytes are enough to tell what a file is.
const headBytes = 1024

// Recognise says from a file's first bytes why it will not be taken, as far as they tell.
func (f File) Recognise() *Refusal {
	name := f.name()
	read := f.Head
	if read == nil {
		read = func(int) ([]byte, error) { return f.Read() }
	}
	head, err := read(headBytes)
	switch {
	case err != nil:
		return refuse(name, Unreadable, "%s", err)
	case len(head) == 0:
		return refuse(name, Empty, "is empty (0 bytes): copy it again from where it came from.")
	}
	_, refusal := sniff(head, name)
	return refusal
}

// sniff says by content, never by name, which of formats data is.
func sniff(data []byte, name string) (*format, *Refusal) {
	for _, f := range foreign {
		if len(data) >= f.at && matches(data[f.at:], f.magic) {
			refusal := refuse(name, f.reason, "%s", f.text)
			refusal.Browser = f.browser
			return nil, refusal
		}
	}
	for i := range formats {
		if matches(data, formats[i].magic) {
			return &formats[i], nil
		}
	}
	if isBMP(data) {
		return &formatBMP, nil
	}
	head := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 1024)], "\xef\xbb\xbf \t\r\n"))
	if bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("<svg")) {
		return nil, refuse(name, Unsupported, "is an SVG drawing, which has no pixels: export it as PNG and add that.")
	}
	return nil, refuse(name, NotAnImage, "is not an image, whatever its name says: use JPEG, PNG, WebP, GIF, BMP or TIFF files.")
}

func matches(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}
