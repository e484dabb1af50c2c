// Package fetch brings published weights to this machine and keeps them: each file of
// weights.Published by its ID in one folder, whole and checked, or as far as it came.
//
//	Cache.Get   what is kept, else the file from its makers (cache.go)
//	attempt     one request: resumed, checked, written (attempt.go)
//	partial     what came so far and what it is part of (partial.go)
//
// An interrupted download goes on where it stopped, by Range and If-Range: a file that
// has changed since, or a server that knows no ranges, begins anew.
package fetch

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"thaw/irv2/weights"
)

// Cache is a folder of published weights.
type Cache struct {
	Dir string

	busy     sync.Map      // IDs that are being fetched
	verified sync.Map      // IDs whose file has the sum of its record
	pause    time.Duration // before the second attempt in a row that brings nothing, doubled before each further one
	stall    time.Duration // without a byte before an attempt is given up
}

const (
	attempts = 4       // in a row that bring nothing new
	maxBytes = 1 << 30 // of a file: the largest published has 226 MB
)

// Open is the cache in the user's cache folder.
func Open() (*Cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, problemf("There is no folder to keep weights in (%v): set HOME or XDG_CACHE_HOME.", err)
	}
	return At(filepath.Join(dir, "thaw")), nil
}

// At is the cache in dir.
func At(dir string) *Cache { return &Cache{Dir: dir, pause: time.Second, stall: time.Minute} }

// Kept is a whole file of the cache.
type Kept struct {
	Path    string `json:"-"`
	URL     string `json:"url"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Checked bool   `json:"checked"` // against a sum of its makers; else the sum is of what came
}

// problem is a sentence for the user: what is wrong, and what to do.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// Has says whether there is a file of k, by its record and size alone.
func (c *Cache) Has(k weights.Known) bool {
	_, ok := c.recorded(k)
	return ok
}

func (c *Cache) recorded(k weights.Known) (Kept, bool) {
	var kept Kept
	text, err := os.ReadFile(c.record(k))
	if err != nil || json.Unmarshal(text, &kept) != nil || kept.URL != k.URL {
		return Kept{}, false
	}
	kept.Path = c.file(k)
	info, err := os.Stat(kept.Path)
	return kept, err == nil && info.Size() == kept.Bytes
}

// Have is the kept file of k. It reads the file once a run, to hold it to its record; one
// that is damaged is removed.
func (c *Cache) Have(k weights.Known) (Kept, bool) {
	kept, ok := c.recorded(k)
	if !ok {
		return Kept{}, false
	}
	if _, done := c.verified.Load(k.ID); done {
		return kept, true
	}
	if _, sum, err := sums(kept.Path); err != nil || sum != kept.SHA256 {
		os.Remove(kept.Path)
		return Kept{}, false
	}
	c.verified.Store(k.ID, true)
	return kept, true
}

// Get returns the kept file of k, fetched if need be. tell hears of bytes, done and total
// (0: unknown). An error is a sentence, or ctx's; what came is kept for the next time
// wherever it can still be of use.
func (c *Cache) Get(ctx context.Context, k weights.Known, tell func(done, total int64)) (Kept, error) {
	if k.URL == "" {
		return Kept{}, problemf("%s lies where only a person can fetch it: download %s from %s and drop it on the page.", k.Name, k.File, k.Page)
	}
	if _, taken := c.busy.LoadOrStore(k.ID, true); taken {
		return Kept{}, problemf("%s is being fetched already: wait for it, or cancel it there.", k.Name)
	}
	defer c.busy.Delete(k.ID)
	if kept, ok := c.Have(k); ok {
		return kept, nil
	}
	d, err := c.resume(k)
	if err != nil {
		return Kept{}, err
	}
	defer d.Close()
	d.tell = tell
	if err := c.persist(ctx, d); err != nil {
		return Kept{}, err
	}
	return c.finish(d)
}

// persist tries until the file is whole, something is wrong that trying does not mend, or
// attempts in a row brought nothing.
func (c *Cache) persist(ctx context.Context, d *download) error {
	most := d.have
	for idle := 0; ; {
		err := d.attempt(ctx, c.stall)
		var passing *interruption
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &passing):
			return err
		}
		if idle++; d.have > most {
			most, idle = d.have, 0
		}
		if idle == attempts {
			return problemf("%s %s: try again later%s.", d.known.URL, passing.says, d.keptSoFar())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.pause << max(idle-1, 0)):
		}
	}
}

// finish checks what is whole and gives it its name.
func (c *Cache) finish(d *download) (Kept, error) {
	k := d.known
	m, s, err := sums(d.file.Name())
	if err != nil {
		return Kept{}, d.unwritten(err)
	}
	checked := k.HasSum() || d.part.Sum != ""
	switch {
	case k.HasSum() && !k.Is(m, s), d.part.Sum != "" && d.part.Sum != s:
		d.discard()
		return Kept{}, problemf("What came from %s is not the published file (it has another check sum) and was thrown away: try again, or from another network.", k.URL)
	case !checked && !weights.Recognise(path.Base(k.URL), d.file, d.have).Readable:
		d.discard()
		return Kept{}, problemf("What came from %s is no weights file and was thrown away: open the address in a browser to see what answers there.", k.URL)
	}
	kept := Kept{Path: c.file(k), URL: k.URL, Bytes: d.have, SHA256: s, Checked: checked}
	text, err := json.Marshal(kept)
	if err != nil {
		return Kept{}, err
	}
	d.Close()
	if err := os.Rename(d.file.Name(), kept.Path); err != nil {
		return Kept{}, d.unwritten(err)
	}
	if err := os.WriteFile(c.record(k), text, 0o644); err != nil {
		return Kept{}, d.unwritten(err)
	}
	os.Remove(c.part(k) + ".json")
	c.verified.Store(k.ID, true)
	return kept, nil
}

// sums are a file's MD5 and SHA-256 in hex.
func sums(name string) (m, s string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	hm, hs := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(hm, hs), f); err != nil {
		return "", "", err
	}
	return hex.EncodeToString(hm.Sum(nil)), hex.EncodeToString(hs.Sum(nil)), nil
}

func (c *Cache) file(k weights.Known) string   { return filepath.Join(c.Dir, k.ID+path.Ext(k.URL)) }
func (c *Cache) record(k weights.Known) string { return filepath.Join(c.Dir, k.ID+".json") }
func (c *Cache) part(k weights.Known) string   { return filepath.Join(c.Dir, k.ID+".part") }

// client follows redirects as far as allowed does.
func (d *download) client() *http.Client {
	return &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 || !d.allowed(req.URL) {
			return problemf("%s leads to %s, where Thaw does not follow: download the file yourself and drop it on the page.", d.known.URL, req.URL.Host)
		}
		if len(via) == 1 && req.Response != nil {
			d.promised(req.Response.Header)
		}
		return nil
	}}
}
