// Package images turns image files into inputs for the network: decode, orient,
// resize, collect into classes, split, augment.
//
// It is free of pages, models and devices, and gives the same bits natively and
// in js/wasm: products that are added are rounded by an explicit float32 or
// float64 conversion, which forbids fused multiply-add (go.dev/ref/spec,
// "Floating-point operators"; math.Sincos may still differ in a last bit off
// amd64 and wasm). Browsers decode for thumbnails only, because their
// pixels differ from one to the next.
//
// Files enter at Dataset.Add and Dataset.AddZip and leave, divided by Dataset.Split,
// at Augment.Apply or Normalize as float32 [size, size, 3] in [-1, 1]. Read in that order:
// sniff.go (what a file is), decode.go, webp.go, orient.go, rgb.go, chroma.go
// (to upright RGB), resize.go (to the network's size), dataset.go, zip.go, duplicates.go
// (collecting), reread.go (another size), split.go, augment.go (what one step sees).
package images

import "fmt"

// RGB8 is an upright picture: row-major RGB, 8 bits a value, no alpha.
type RGB8 struct {
	W, H   int
	Pix    []uint8 // [H, W, 3]
	Format string  // JPEG, PNG, GIF, WebP, BMP or TIFF
}

// Limits bound what one file may cost. They are checked against the header,
// before pixels are decoded.
type Limits struct {
	FileBytes int64 // of one file
	Side      int   // pixels
	Pixels    int
}

// DefaultLimits take every phone's photographs (48 megapixels) and hold the worst
// case, a progressive JPEG with full chroma, to 1.2 GB while it is decoded: 12
// bytes a pixel of coefficients, 3 of YCbCr and 3 of RGB.
var DefaultLimits = Limits{FileBytes: 64 << 20, Side: 12_000, Pixels: 64_000_000}

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
}

func (r *Refusal) Error() string { return r.Text }

func refuse(name string, why Reason, format string, args ...any) *Refusal {
	return &Refusal{Name: name, Reason: why, Text: name + " " + fmt.Sprintf(format, args...)}
}

// problem is an error that is a sentence for the user.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// thousands writes n with commas: 20,000.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
