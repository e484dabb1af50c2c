package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"thaw/irv2/release"
)

// interruption is trouble that may pass.
type interruption struct{ says string }

func (i *interruption) Error() string { return i.says }

func interrupted(format string, args ...any) error {
	return &interruption{fmt.Sprintf(format, args...)}
}

// attempt asks for what is missing and takes it. nil: the file is whole.
func (d *download) attempt(ctx context.Context, stall time.Duration) error {
	if d.whole() {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(stall, cancel)
	defer watchdog.Stop()
	resp, err := d.ask(ctx)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body := &alive{resp.Body, watchdog, stall}
	first := make([]byte, 512)
	n, err := io.ReadFull(body, first)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return interrupted("broke off")
	}
	if err := d.accept(resp, first[:n]); err != nil {
		return err
	}
	return d.take(io.MultiReader(bytes.NewReader(first[:n]), body))
}

// alive puts a watchdog off with every byte.
type alive struct {
	io.Reader
	watchdog *time.Timer
	stall    time.Duration
}

func (a *alive) Read(b []byte) (int, error) {
	n, err := a.Reader.Read(b)
	if n > 0 {
		a.watchdog.Reset(a.stall)
	}
	return n, err
}

// ask requests the file, from where it stopped if that can be said.
func (d *download) ask(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.known.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "thaw/"+release.Version)
	req.Header.Set("Accept-Encoding", "identity") // ranges are of the file itself
	if validator := d.part.validator(); d.have > 0 && validator != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.have))
		req.Header.Set("If-Range", validator)
	}
	d.size, d.sum = 0, ""
	resp, err := d.client().Do(req)
	var refused problem
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case err != nil:
		return nil, interrupted("could not be reached (%v)", reason(err))
	}
	return resp, nil
}

// reason is why a request failed, without the address, which the sentence has.
func reason(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// allowed says whether a redirect may be followed: to the same host, or below the
// domain that the source names.
func (d *download) allowed(to *url.URL) bool {
	from, err := url.Parse(d.known.URL)
	if err != nil {
		return false
	}
	return to.Scheme == from.Scheme && (to.Host == from.Host || d.known.CDN != "" && strings.HasSuffix(to.Hostname(), "."+d.known.CDN))
}

// accept checks an answer before anything that came is touched, and makes room for it.
func (d *download) accept(resp *http.Response, first []byte) error {
	u := d.known.URL
	html := strings.Contains(resp.Header.Get("Content-Type"), "html")
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch s := resp.StatusCode; {
	case s == http.StatusRequestedRangeNotSatisfiable:
		return cmp.Or(d.begin(partial{URL: u}), interrupted("has changed in the middle"))
	case s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s >= 500:
		return interrupted("answered %s", resp.Status)
	case s != http.StatusOK && s != http.StatusPartialContent:
		return problemf("%s answered %s: the file may have moved; download it from its makers and drop it on the page.", u, resp.Status)
	case html || s == http.StatusOK && bytes.HasPrefix(text, []byte("<")):
		return problemf("%s sent a web page instead of the file: a network that asks for a login may be in between; open the address in a browser%s.", u, d.keptSoFar())
	case s == http.StatusPartialContent:
		return d.goOn(resp)
	}
	total := max(resp.ContentLength, 0) // -1: unknown
	for _, expected := range []int64{d.known.Bytes, d.size} {
		if total > 0 && expected > 0 && total != expected {
			return problemf("%s announces %d bytes, and the published file has %d: something in between changes it; try from another network%s.", u, total, expected, d.keptSoFar())
		}
		total = cmp.Or(total, expected)
	}
	if total > maxBytes {
		return problemf("%s announces %s, more than the %s that weights may have.", u, megabytes(total), megabytes(maxBytes))
	}
	p := partial{URL: u, ETag: resp.Header.Get("ETag"), Bytes: total, Sum: d.sum}
	if strings.HasPrefix(p.ETag, "W/") {
		p.ETag = ""
	}
	if p.ETag == "" {
		p.Modified = resp.Header.Get("Last-Modified")
	}
	return d.begin(p)
}

// goOn checks that a part is the one that was asked for. It is not where the server does
// as it likes: then all begins anew.
func (d *download) goOn(resp *http.Response) error {
	var from, to, total int64
	_, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total)
	etag := resp.Header.Get("ETag")
	same := etag == "" || d.part.ETag == "" || etag == d.part.ETag
	if err != nil || from != d.have || !same || d.part.Bytes > 0 && total != d.part.Bytes || total > maxBytes || d.sum != "" && d.part.Sum != "" && d.sum != d.part.Sum {
		return cmp.Or(d.begin(partial{URL: d.known.URL}), interrupted("sent another part than the one that was missing"))
	}
	d.part.Bytes = total
	return nil
}

// take writes what comes.
func (d *download) take(r io.Reader) error {
	chunk := make([]byte, 256<<10)
	for {
		n, err := r.Read(chunk)
		if limit := cmp.Or(d.part.Bytes, maxBytes); d.have+int64(n) > limit {
			d.discard()
			return problemf("%s sent more than the %d bytes that the file has, and what came was thrown away: try again, or from another network.", d.known.URL, limit)
		}
		if _, err := d.file.WriteAt(chunk[:n], d.have); err != nil {
			return d.unwritten(err)
		}
		d.have += int64(n)
		if d.tell != nil {
			d.tell(d.have, d.part.Bytes)
		}
		switch {
		case err == io.EOF && (d.part.Bytes == 0 || d.whole()):
			d.part.Bytes = d.have
			return nil
		case err != nil:
			return interrupted("broke off after %s", megabytes(d.have))
		}
	}
}
