package project

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"thaw/irv2/images"
	"thaw/irv2/keep"
)

// storeImage stores a picture's file. One that can no longer be read is left out.
func (k *keeper) storeImage(s *images.Sample) error {
	kept := keep.Image{Width: s.Width, Height: s.Height, Hash: uint64(s.Hash), Look: s.Look, Depth: s.Depth, Browser: s.Browser, Origin: s.File.Origin}
	if !s.File.Generated() {
		content, err := s.File.Read()
		if err != nil {
			k.lost++
			return k.closed.Err()
		}
		kept.File, kept.Bytes, kept.Sum = fmt.Sprintf("image-%d", s.ID), len(content), keep.Sum(content)
		if same := k.same(content, kept); same != "" {
			kept.File = same
		} else if err := k.places.store.Files.Put(k.closed, k.doc.ID+"/"+kept.File, content); err != nil {
			return err
		}
	}
	k.mu.Lock()
	k.has(s.ID, kept)
	k.mu.Unlock()
	return k.closed.Err()
}

// same is the name of a stored file with this content, "" where there is none: equal files
// are stored once, and a copy that is damaged is mended.
func (k *keeper) same(content []byte, kept keep.Image) string {
	k.mu.Lock()
	other, ok := k.sums[kept.Sum]
	k.mu.Unlock()
	if !ok || other.Bytes != kept.Bytes {
		return ""
	}
	files, name := k.places.store.Files, k.doc.ID+"/"+other.File
	there, err := files.Get(k.closed, name)
	switch {
	case err != nil:
		return ""
	case bytes.Equal(there, content):
		return other.File
	case keep.Sum(there) == other.Sum || files.Put(k.closed, name, content) != nil: // another content, of the same sum
		return ""
	}
	return other.File
}

// packBytes is about how large a file of pixels is.
const packBytes = 4 << 20

// storePixels keeps the pixels of pictures whose kept ones are of another size or range:
// so that they need not be decoded at the next visit.
func (k *keeper) storePixels(s *snapshot) (packed int, err error) {
	var pack, buffer []byte
	var in []*images.Sample
	flush := func() error {
		if len(in) == 0 {
			return nil
		}
		k.packs++
		file := fmt.Sprintf("pixels-%d-%d", time.Now().UnixMilli(), k.packs)
		if err := k.places.store.Files.Put(k.closed, k.doc.ID+"/"+file, pack); err != nil {
			return err
		}
		offset := 0
		k.mu.Lock()
		for _, s := range in {
			values := pack[offset:][:s.Size*s.Size*3]
			k.pixels[s.ID] = &keep.Pixels{File: file, Offset: offset, Size: s.Size, Range: s.Range, Sum: keep.Sum(values)}
			offset += len(values)
		}
		k.mu.Unlock()
		packed += len(in)
		pack, in = pack[:0], nil
		return k.closed.Err()
	}
	for _, c := range s.classes {
		for i := range c.samples {
			sample := &c.samples[i]
			has := k.pixels[sample.ID]
			if _, stored := k.images[sample.ID]; !stored || sample.Pixels == nil || has != nil && has.Size == sample.Size && has.Range == sample.Range {
				continue
			}
			values, err := sample.Pixels.Read(buffer)
			if err != nil { // decoded at the next visit, from the copy of its file
				continue
			}
			pack, in = append(pack, values...), append(in, sample)
			if len(pack) >= packBytes {
				if err := flush(); err != nil {
					return packed, err
				}
			}
		}
	}
	return packed, flush()
}

// kept is the file of a picture: the copy that is kept or, before there is one, the
// user's own, which may be moved or changed.
func (p *Project) keptFile(f images.File, id int) images.File {
	k, own := p.keeper, f.Read
	if k == nil || f.Generated() {
		return f
	}
	f.Read = func() ([]byte, error) {
		content, err := k.content(id)
		if content == nil && own != nil {
			return own()
		}
		return content, err
	}
	return f
}

// content is the kept copy of a picture's file; nil: there is none, or it is damaged.
func (k *keeper) content(id int) ([]byte, error) {
	k.mu.Lock()
	image, ok := k.images[id]
	k.mu.Unlock()
	if !ok {
		return nil, Errorf(Invalid, "is not kept here: add it again.")
	}
	content, err := k.places.store.Files.Get(context.Background(), k.doc.ID+"/"+image.File)
	if err == nil && (len(content) != image.Bytes || keep.Sum(content) != image.Sum) {
		content, err = nil, Errorf(Corrupt, "has a damaged copy here: add it again.")
	}
	return content, err
}
