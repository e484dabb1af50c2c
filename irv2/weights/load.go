package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"thaw/irv2"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

// widths are the bytes of one value of the types that weights come in.
var widths = map[string]int{"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}

// bufferSize keeps the reads of a Blob few: each costs a turn of its thread.
const bufferSize = 512 << 10

// loader reads the values of one file.
type loader struct {
	buffer      []byte
	spare       []float32 // a tensor that must be permuted
	done, total int64
	progress    func(done, total int64)
}

// load reads every assigned tensor into w.
func (f *Matched) load(w *irv2.Weights, progress func(done, total int64)) (Report, error) {
	l := &loader{buffer: make([]byte, bufferSize), progress: progress}
	for _, a := range f.assign {
		l.total += int64(len(w.Of(a.param)) * widths[a.from.dtype])
	}
	folded := map[string]bool{}
	for _, a := range f.assign {
		dst := w.Of(a.param)
		if err := l.assign(dst, a); err != nil {
			return f.Report(), err
		}
		if a.gamma != nil {
			changed, err := l.fold(dst, *a.gamma)
			if err != nil {
				return f.Report(), err
			}
			if changed {
				folded[a.gamma.name] = true
			}
		}
		f.report.Set = append(f.report.Set, a.param.Name())
	}
	if len(folded) > 0 {
		f.warn("%d of its batch norms scale their output (gamma is not 1), which Keras's do not; the scale was moved into their convolutions. "+
			"Frozen or in inference mode this is exact; batch norms that run on batch statistics lose it.", len(folded))
	}
	return f.Report(), nil
}

func (l *loader) assign(dst []float32, a assignment) error {
	if !a.torch || len(a.from.shape) == 1 && a.skip == 0 {
		return l.read(dst, a.from, a.param.Kind)
	}
	n := 1
	for _, side := range a.from.shape {
		n *= side
	}
	if cap(l.spare) < n {
		l.spare = make([]float32, n)
	}
	src := l.spare[:n]
	if err := l.read(src, a.from, a.param.Kind); err != nil {
		return err
	}
	src = src[n-len(dst):] // without the rows skipped
	switch s := a.param.Shape; len(s) {
	case 4:
		transpose(dst, src, s[3], s[2], s[0]*s[1])
	case 2:
		transpose(dst, src, s[1], s[0], 1)
	default:
		copy(dst, src)
	}
	return nil
}

// transpose turns [o][i][k] into [k][i][o].
func transpose(dst, src []float32, out, in, taps int) {
	for o := range out {
		for i := range in {
			for k := range taps {
				dst[(k*in+i)*out+o] = src[(o*in+i)*taps+k]
			}
		}
	}
}

// fold multiplies the output channels of a filter, or the moving mean behind
// it, by a batch norm's gamma. With filter and mean scaled and the variance
// left, inference is exactly what it was, for gamma of any sign:
//
//	(gamma*x - gamma*mean)/sqrt(variance+eps) + beta
//
// Batch statistics of gamma*x would undo the scale.
func (l *loader) fold(dst []float32, from tensor) (changed bool, err error) {
	gamma := make([]float32, from.shape[0])
	if err := l.read(gamma, from, "gamma"); err != nil {
		return false, err
	}
	for _, g := range gamma {
		changed = changed || g != 1
	}
	if changed {
		for i := range dst {
			dst[i] *= gamma[i%len(gamma)]
		}
	}
	return changed, nil
}

// read reads all values of t into dst as float32 and checks each.
func (l *loader) read(dst []float32, t tensor, kind string) error {
	r, err := t.open()
	if err != nil {
		return err
	}
	width := widths[t.dtype]
	for at := 0; at < len(dst); {
		n := min(len(dst)-at, len(l.buffer)/width)
		b := l.buffer[:n*width]
		if _, err := io.ReadFull(r, b); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = hdf5.ErrTruncated
			}
			return fmt.Errorf("tensor %s: %w", t.name, err)
		}
		decode(dst[at:at+n], b, t.dtype)
		if i := firstBad(dst[at:at+n], kind); i >= 0 {
			return bad(t, at+i, dst[at+i])
		}
		at += n
		if kind != "gamma" && l.progress != nil {
			l.done += int64(len(b))
			l.progress(min(l.done, l.total), l.total)
		}
	}
	return nil
}

// firstBad is the index of the first value that no weight can have, or -1.
func firstBad(v []float32, kind string) int {
	for i, x := range v {
		if x-x != 0 || x < 0 && kind == "moving_variance" { // Inf-Inf and NaN-NaN are NaN
			return i
		}
	}
	return -1
}

func bad(t tensor, i int, v float32) error {
	if v < 0 && !math.IsInf(float64(v), 0) {
		return fmt.Errorf("tensor %s holds the variance %g at index %d, and a variance cannot be negative: the file is damaged or its training failed, use another one", t.name, v, i)
	}
	return fmt.Errorf("tensor %s holds %g at index %d: the file is damaged or its training failed, use another one", t.name, v, i)
}

func decode(dst []float32, b []byte, dtype string) {
	switch dtype {
	case "float32":
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case "float64":
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
	case "float16":
		for i := range dst {
			dst[i] = safetensors.Float16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case "bfloat16":
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
	}
}
