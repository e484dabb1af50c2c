package images

import (
	"errors"
	"io"
)

// faxReader gives the rows of a fax, a bit a pixel, 1 for what the code calls black: TIFF
// says beside it how that looks. (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11.)
type faxReader struct {
	bits    bitReader
	w       int
	kind    int   // TIFF's compression: 2 (rows on whole bytes), 3 (Group 3) or 4 (Group 4)
	mixed   bool  // Group 3 with rows told by the one above
	ref     []int // the row above: the columns where white begins to be black, and back
	row     []int // this row
	out     []byte
	pending []byte // of out
}

var errFax = errors.New("a fax code that there is none of")

func newFaxReader(data []byte, w, kind int, mixed bool) *faxReader {
	return &faxReader{bits: bitReader{data: data}, w: w, kind: kind, mixed: mixed, out: make([]byte, (w+7)/8)}
}

func (f *faxReader) Read(p []byte) (int, error) {
	if len(f.pending) == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
		f.pending = f.out
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// next decodes a row into out.
func (f *faxReader) next() error {
	f.ref, f.row = f.row, f.ref[:0]
	alone := f.kind != 4
	switch f.kind {
	case 2:
		f.bits.at = (f.bits.at + 7) / 8 * 8
	case 3:
		if ended := f.endOfLine(); f.mixed {
			if !ended {
				return f.failed(errFax)
			}
			alone = f.bits.take(1) == 1
		}
	}
	var err error
	if alone {
		err = f.runs()
	} else {
		err = f.changes()
	}
	if err != nil || f.bits.at > 8*len(f.bits.data) {
		return f.failed(err)
	}
	f.paint()
	return nil
}

// failed tells a fax that ends, or says so by a mark, from one that is wrong.
func (f *faxReader) failed(err error) error {
	if f.bits.peek(11) == 0 || f.bits.at+longestFaxCode > 8*len(f.bits.data) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// endOfLine passes over the mark between rows, 11 or more zeros and a one, if it is there.
func (f *faxReader) endOfLine() bool {
	if f.bits.peek(11) != 0 {
		return false
	}
	for f.bits.peek(1) == 0 {
		if f.bits.at >= 8*len(f.bits.data) {
			return false
		}
		f.bits.at++
	}
	f.bits.at++
	return true
}

// runs decodes a row that stands for itself: white, black, white, ...
func (f *faxReader) runs() error {
	for at := 0; at < f.w; {
		n, err := f.run()
		if err != nil {
			return err
		}
		if at += n; at > f.w {
			return errFax
		}
		f.change(at)
	}
	return nil
}

// run decodes the length of a run of the colour at hand.
func (f *faxReader) run() (int, error) {
	table, n := &faxCodes()[len(f.row)%2], 0
	for {
		code := table[f.bits.peek(longestFaxCode)]
		if code.length == 0 || n > f.w {
			return 0, errFax
		}
		f.bits.at += int(code.length)
		n += int(code.run)
		if code.run < 64 {
			return n, nil
		}
	}
}

// change says that the colour changes at a column. Two changes at one are none.
func (f *faxReader) change(at int) {
	if n := len(f.row); n > 0 && f.row[n-1] == at {
		f.row = f.row[:n-1]
		return
	}
	f.row = append(f.row, at)
}

// changes decodes a row told by where its colours change, compared with the row above.
func (f *faxReader) changes() error {
	above := 0 // an index into ref, near at
	for at := -1; at < f.w; {
		// b1 is the first change above, to the right of at, away from the colour at hand.
		above = max(above-1, 0)
		if above%2 != len(f.row)%2 {
			above++
		}
		for above < len(f.ref) && f.ref[above] <= at {
			above += 2
		}
		b1, b2 := f.above(above), f.above(above+1)
		mode := f.mode()
		switch mode {
		case pass:
			at = b2
			continue
		case horizontal:
			at = max(at, 0)
			for range 2 {
				n, err := f.run()
				if err != nil {
					return err
				}
				if at += n; at > f.w {
					return errFax
				}
				f.change(at)
			}
			continue
		case wrong:
			return errFax
		}
		if b1+mode < max(at, 0) || b1+mode > f.w {
			return errFax
		}
		at = b1 + mode
		f.change(at)
	}
	return nil
}

// above is a change of the row above; after the last comes the right edge.
func (f *faxReader) above(i int) int {
	if i < len(f.ref) {
		return f.ref[i]
	}
	return f.w
}

// Modes of a change besides its distance from b1.
const (
	pass = 10 + iota
	horizontal
	wrong
)

// mode decodes how the next change is told.
func (f *faxReader) mode() int {
	code := f.bits.peek(7)
	for _, m := range [...]struct{ length, code, mode int }{
		{1, 1, 0}, {3, 3, 1}, {3, 2, -1}, {3, 1, horizontal}, {4, 1, pass}, {6, 3, 2}, {6, 2, -2}, {7, 3, 3}, {7, 2, -3},
	} {
		if code>>(7-m.length) == m.code {
			f.bits.at += m.length
			return m.mode
		}
	}
	return wrong
}

// paint makes a row of its changes.
func (f *faxReader) paint() {
	clear(f.out)
	for i := 0; i < len(f.row); i += 2 {
		end := f.w
		if i+1 < len(f.row) {
			end = f.row[i+1]
		}
		for x := f.row[i]; x < end; x++ {
			if x%8 == 0 && x+8 <= end {
				f.out[x/8] = 0xff
				x += 7
				continue
			}
			f.out[x/8] |= 0x80 >> (x % 8)
		}
	}
}

// bitReader reads bits, the highest of a byte first. After the end come zeros.
type bitReader struct {
	data []byte
	at   int // in bits
}

// peek is the next n bits, at most 24.
func (b *bitReader) peek(n int) int {
	v := uint32(0)
	for i := b.at / 8; i < b.at/8+4; i++ {
		v <<= 8
		if i < len(b.data) {
			v |= uint32(b.data[i])
		}
	}
	return int(v << (b.at % 8) >> (32 - n))
}

func (b *bitReader) take(n int) int {
	v := b.peek(n)
	b.at += n
	return v
}
