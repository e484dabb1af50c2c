package keep

import "errors"

// Networks are kept in pieces of at most pieceBytes, so that neither a transaction nor a
// copy is as large as the whole.
const pieceBytes = 4 << 20

// Cutter cuts what is written to it into pieces.
type Cutter struct {
	Put   func(n int, piece []byte) error // keeps piece n, from 0; it is written over afterwards
	Sums  []uint32                        // CRC-32C of each piece
	piece []byte
}

// Write implements io.Writer.
func (c *Cutter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if c.piece == nil {
			c.piece = make([]byte, 0, pieceBytes)
		}
		n := min(len(rest), cap(c.piece)-len(c.piece))
		c.piece = append(c.piece, rest[:n]...)
		rest = rest[n:]
		if len(c.piece) == cap(c.piece) {
			if err := c.flush(); err != nil {
				return len(p) - len(rest), err
			}
		}
	}
	return len(p), nil
}

// Close puts what is left.
func (c *Cutter) Close() error {
	if len(c.piece) == 0 {
		return nil
	}
	return c.flush()
}

func (c *Cutter) flush() error {
	if err := c.Put(len(c.Sums), c.piece); err != nil {
		return err
	}
	c.Sums = append(c.Sums, Sum(c.piece))
	c.piece = c.piece[:0]
	return nil
}

// ErrDamaged is of files that are not there whole.
var ErrDamaged = errors.New("keep: the kept copy is damaged")

// Joiner reads what a Cutter cut.
type Joiner struct {
	Get  func(n int) ([]byte, error) // piece n; nil: there is none
	Sums []uint32
	next int
	rest []byte // not yet read
}

// Fill fills p with what comes next.
func (j *Joiner) Fill(p []byte) error {
	for len(p) > 0 {
		if len(j.rest) == 0 {
			if err := j.Next(); err != nil {
				return err
			}
		}
		n := copy(p, j.rest)
		p, j.rest = p[n:], j.rest[n:]
	}
	return nil
}

// Next gets the next piece, and looks whether it is whole.
func (j *Joiner) Next() error {
	if j.next >= len(j.Sums) {
		return ErrDamaged
	}
	piece, err := j.Get(j.next)
	if err != nil {
		return err
	}
	if len(piece) == 0 || Sum(piece) != j.Sums[j.next] {
		return ErrDamaged
	}
	j.rest = piece
	j.next++
	return nil
}

// Ended says that all pieces were read to their ends.
func (j *Joiner) Ended() bool { return j.next == len(j.Sums) && len(j.rest) == 0 }
