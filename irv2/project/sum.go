package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// Sum is what whoever offers a file says of it.
type Sum struct {
	Bytes  int64  `json:"bytes"`  // 0: not said
	SHA256 string `json:"sha256"` // in hex; "": not said
}

// check refuses a sum that none can be.
func (s Sum) check() error {
	raw, err := hex.DecodeString(s.SHA256)
	if err != nil || len(raw) != 0 && len(raw) != sha256.Size {
		return Errorf(Invalid, "sha256 is %.100q: give the 64 hexadecimal digits of the file's SHA-256, or none.", s.SHA256)
	}
	if s.Bytes < 0 {
		return Errorf(Invalid, "bytes is %d: give the file's size, or 0.", s.Bytes)
	}
	return nil
}

// Held refuses a file that is not the one that want is of: weights of the right shapes but
// other values would be used unseen. It reads the whole file where a SHA-256 was said.
func (p *Project) Held(ctx context.Context, name string, file File, want Sum, tell Tell) error {
	if err := want.check(); err != nil {
		return err
	}
	size := file.Size()
	if want.Bytes > size {
		return Errorf(Corrupt, "%s is cut: %d of its %d bytes came; try again, or ask whoever offers it for the whole file.", name, size, want.Bytes)
	}
	if want.Bytes > 0 && want.Bytes < size {
		return Errorf(Corrupt, "%s is another file than the one that is offered: it has %d bytes instead of %d; reload the page and try again, or ask whoever offers it.", name, size, want.Bytes)
	}
	if want.SHA256 == "" {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(&patient{file, p.poll(ctx), tell.of("Checking " + name)}, 0, size)); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, want.SHA256) {
		return Errorf(Corrupt, "%s is another file than the one that is offered: its SHA-256 begins with %.8s instead of %.8s; reload the page and try again, or ask whoever offers it.", name, got, want.SHA256)
	}
	return nil
}
