// Package images turns image files into inputs for the network: decode, orient,
// resize, collect into classes, split, augment.
//
// It is free of pages, models and devices, and gives the same bits natively and
// in js/wasm: products that are added are rounded by an explicit float32 or
// float64 conversion, which forbids fused multiply-add (go.dev/ref/spec,
// "Floating-point operators"; math.Sincos may still differ in a last bit off
// amd64 and wasm). Browsers decode what nothing here reads, and only where that was
// asked for, because their pixels differ from one to the next.
//
// Files enter at Dataset.Add and Dataset.AddAll and leave, divided by Dataset.Split,
// at Augment.Apply or Normalize as float32 [size, size, 3] in [-1, 1]. Read in that order:
// sniff.go (what a file is), decode.go, mend.go, webp.go, bmp.go, tiff.go, tiffpack.go,
// tiffpixels.go, fax.go, foreign.go (to planes), rgb.go, chroma.go, orient.go, picture.go (to upright
// RGB, row by row), resize.go (to the network's size), job.go (all of that for one file), ahead.go (for several
// at once), dataset.go, arrive.go, room.go and pixels.go (in memory or on disk), zip.go,
// duplicates.go (collecting), arrange.go, reread.go (another size), split.go, augment.go (what one step sees).
package images

import "fmt"

// Limits bound what one file may cost. They are checked against the header,
// before pixels are decoded.
type Limits struct {
	FileBytes int64 // of one file
	Side      int   // pixels
	Pixels    int
	Bytes     int64 // while it is decoded, besides the file
}

// DefaultLimits take every phone's photographs (200 megapixels) and panoramas. What a
// picture takes depends on how it is stored: a photograph of 200 megapixels 0.3 GB (1.5
// bytes a pixel, as chroma has half the size), 1.5 GB if it is progressive (its
// coefficients take 4 bytes more for each), 0.8 GB as PNG. No picture takes more than
// Bytes.
var DefaultLimits = Limits{FileBytes: 128 << 20, Side: 65_535, Pixels: 220_000_000, Bytes: 1_700_000_000}

// Reason is why a file was refused.
type Reason string

const (
	Empty       Reason = "empty"
	Truncated   Reason = "truncated"   // cut off
	Damaged     Reason = "damaged"     // the format's decoder found it wrong
	NotAnImage  Reason = "not-image"   // text, video, archive, ...
	Unsupported Reason = "unsupported" // an image, of a format or variant not read here
	TooLarge    Reason = "too-large"   // see Limits
	NoClass     Reason = "no-class"    // lies in no folder, and no class was given
	Unreadable  Reason = "unreadable"  // its file, or its entry in a zip, cannot be read
)

// Refusal is a file that was not taken. Its error text is one sentence for the
// user, naming the file, saying what is wrong and what to do.
type Refusal struct {
	Name   string `json:"name"`
	Reason Reason `json:"-"`
	Text   string `json:"reason"`
	// Browser is the file's format where a browser may decode it: HEIC, AVIF or JPEG XL.
	Browser string `json:"-"`
}

func (r *Refusal) Error() string { return r.Text }

func refuse(name string, why Reason, format string, args ...any) *Refusal {
	return &Refusal{Name: name, Reason: why, Text: name + " " + fmt.Sprintf(format, args...)}
}

// problem is an error that is a sentence for the user.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }
