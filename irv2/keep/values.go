package keep

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"unsafe"
)

// Values are many float32 values kept end to end, little-endian, in pieces. Where they are parameters, Names and Shapes are theirs in order.
type Values struct {
	File   string   `json:"file"` // pieces are File.000000 and so on
	Names  []string `json:"names,omitempty"`
	Shapes [][]int  `json:"shapes,omitempty"`
	Length int64    `json:"length"`
	Sums   []uint32 `json:"sums"` // CRC-32C of each piece
}

// sound says that the shapes make the length.
func (v *Values) sound() bool {
	if len(v.Names) != len(v.Shapes) || v.Length < 0 {
		return false
	}
	left := v.Length
	for _, shape := range v.Shapes {
		n := int64(1)
		for _, d := range shape {
			if d < 1 || int64(d) > left/n {
				return false
			}
			n *= int64(d)
		}
		left -= n
	}
	return left == 0
}

const pieceMark = ".piece"

func pieceName(id, file string, n int) string {
	return fmt.Sprintf("%s/%s%s%06d", id, file, pieceMark, n)
}

// Writer writes values piece by piece.
type Writer struct {
	values Values
	cut    Cutter
}

// Write begins values under a file name of a project, in the place of what was there.
func (s *Store) Write(ctx context.Context, id, file string) *Writer {
	return &Writer{Values{File: file}, Cutter{Sums: []uint32{}, Put: func(n int, piece []byte) error {
		if err := s.Files.Put(ctx, pieceName(id, file, n), piece); err != nil {
			return err
		}
		return ctx.Err()
	}}}
}

// Add appends values.
func (w *Writer) Add(values []float32) error {
	w.values.Length += int64(len(values))
	_, err := w.cut.Write(Bytes(values))
	return err
}

// Copy appends values from their bytes, little-endian.
func (w *Writer) Copy(from io.Reader) error {
	buffer := make([]float32, 1<<16)
	for {
		n, err := io.ReadFull(from, Bytes(buffer))
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if err := w.Add(buffer[:n/4]); err != nil || n < 4*len(buffer) {
			return err
		}
	}
}

// Close writes what is left; the values are then to be named by a document or checkpoint.
func (w *Writer) Close() (*Values, error) {
	if err := w.cut.Close(); err != nil {
		return nil, err
	}
	w.values.Sums = w.cut.Sums
	return &w.values, nil
}

// Reader reads values in the order in which they were written.
type Reader struct {
	join Joiner
	left int64
}

// Read begins to read values of a project.
func (s *Store) Read(ctx context.Context, id string, v *Values) *Reader {
	return &Reader{Joiner{Sums: v.Sums, Get: func(n int) ([]byte, error) {
		piece, err := s.Files.Get(ctx, pieceName(id, v.File, n))
		return piece, cmp.Or(err, ctx.Err())
	}}, v.Length}
}

// Left is how many values are still to be read.
func (r *Reader) Left() int64 { return r.left }

// Fill fills dst with the next values.
func (r *Reader) Fill(dst []float32) error {
	if int64(len(dst)) > r.left {
		return ErrDamaged
	}
	r.left -= int64(len(dst))
	return r.join.Fill(Bytes(dst))
}

// Bytes views f as its bytes; all machines that Thaw runs on are little-endian.
func Bytes(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), 4*len(f))
}

// Checkpoint is a run under way as it stood between two steps: what to begin it from
// again, and where it was.
type Checkpoint struct {
	Run      Run             `json:"run"`  // without an end
	From     string          `json:"from"` // the run whose network it went on from, "": as loaded
	Steps    int             `json:"steps"`
	Of       int             `json:"of"` // steps of the whole run
	Position json.RawMessage `json:"position"`
	Values   Values          `json:"values"`
	Machine  string          `json:"machine"` // who computed, and with how many threads
	Images   string          `json:"images"`  // identifies what it trains on
	Seconds  float64         `json:"seconds"` // that it has trained
	Saved    int64           `json:"saved"`   // Unix milliseconds
}

// Checkpoint reads a project's checkpoint, nil where there is none.
func (s *Store) Checkpoint(ctx context.Context, id string) (*Checkpoint, error) {
	c := &Checkpoint{}
	ok, err := s.note(ctx, id, checkpointName, c)
	if !ok || err != nil {
		return nil, err
	}
	return c, nil
}

// SaveCheckpoint puts c, whose values are written, in the place of the one before.
func (s *Store) SaveCheckpoint(ctx context.Context, id string, c *Checkpoint) error {
	return s.putNote(ctx, id, checkpointName, c)
}

// DropCheckpoint forgets it: the run has ended. Its values are swept with the next visit.
func (s *Store) DropCheckpoint(ctx context.Context, id string) error {
	return s.Notes.Delete(ctx, id+"/"+checkpointName)
}
