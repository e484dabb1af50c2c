package weights

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Sizes between which published files lie (219,055,592 bytes and up to 226 MB):
// others need not be hashed.
const minPublished, maxPublished = 200 << 20, 240 << 20

// Fingerprint says which published file r is, by MD5 or SHA-256 of all its size
// bytes; nil if none. It reads the whole file, which takes about a second.
func Fingerprint(r io.ReaderAt, size int64) (*Known, error) {
	if size < minPublished || size > maxPublished {
		return nil, nil
	}
	m, s := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(m, s), io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	return bySum(hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(s.Sum(nil))), nil
}

func bySum(md5, sha256 string) *Known {
	for _, k := range Published() {
		if k.Is(md5, sha256) {
			return &k
		}
	}
	return nil
}
