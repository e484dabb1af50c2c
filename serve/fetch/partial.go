package fetch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"

	"thaw/irv2/weights"
)

// partial says what the bytes so far are part of.
type partial struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`     // a strong one
	Modified string `json:"modified,omitempty"` // where there is no ETag
	Bytes    int64  `json:"bytes"`              // of the whole; 0: unknown
	Sum      string `json:"sum,omitempty"`      // SHA-256 that the host names
}

// validator is what If-Range asks with; "": the part cannot be gone on with.
func (p partial) validator() string {
	if p.ETag != "" {
		return p.ETag
	}
	return p.Modified
}

// download is one file on its way.
type download struct {
	known weights.Known
	file  *os.File
	part  partial
	have  int64 // bytes in file
	tell  func(done, total int64)

	size int64  // of the whole, as a redirect promised; 0: it did not
	sum  string // its SHA-256, likewise
}

// resume opens what there is of k, or begins.
func (c *Cache) resume(k weights.Known) (*download, error) {
	d := &download{known: k}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, d.unwritten(err)
	}
	var err error
	if d.file, err = os.OpenFile(c.part(k), os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, d.unwritten(err)
	}
	text, err := os.ReadFile(d.file.Name() + ".json")
	if err != nil || json.Unmarshal(text, &d.part) != nil || d.part.URL != k.URL {
		d.part = partial{}
		return d, nil
	}
	info, err := d.file.Stat()
	if err != nil {
		return nil, d.unwritten(err)
	}
	d.have = info.Size()
	return d, nil
}

// begin throws away what came and remembers what comes.
func (d *download) begin(p partial) error {
	d.part, d.have = p, 0
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := d.file.Truncate(0); err != nil {
		return d.unwritten(err)
	}
	if err := os.WriteFile(d.file.Name()+".json", text, 0o644); err != nil {
		return d.unwritten(err)
	}
	return nil
}

// whole says whether all has come, as far as that can be known without asking.
func (d *download) whole() bool { return d.part.Bytes > 0 && d.have == d.part.Bytes }

// discard removes what is of no use any more.
func (d *download) discard() {
	d.Close()
	os.Remove(d.file.Name())
	os.Remove(d.file.Name() + ".json")
	d.have, d.part = 0, partial{}
}

func (d *download) Close() error { return d.file.Close() }

func (d *download) unwritten(err error) error {
	return problemf("%s could not be kept (%v): make room or access there, and try again%s.", d.known.Name, err, d.keptSoFar())
}

// keptSoFar is the end of a sentence.
func (d *download) keptSoFar() string {
	if d.have == 0 || d.part.validator() == "" {
		return ""
	}
	return fmt.Sprintf("; the %s that came are kept, and it goes on from there", megabytes(d.have))
}

func megabytes(n int64) string {
	return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// promised reads what Hugging Face's redirects say of the file: its size, and as
// X-Linked-Etag its SHA-256.
func (d *download) promised(h http.Header) {
	if n, err := strconv.ParseInt(h.Get("X-Linked-Size"), 10, 64); err == nil && n > 0 {
		d.size = n
	}
	if sum := strings.ToLower(strings.Trim(h.Get("X-Linked-Etag"), `"`)); sha256Hex.MatchString(sum) {
		d.sum = sum
	}
}
