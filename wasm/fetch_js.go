package main

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/hack-pad/safejs"
	"github.com/syumai/tinyutil/httputil"
)

// maxDownload bounds a fetched file; the largest weights known have 225 MB.
const maxDownload = 1 << 30

// fetch loads address into a Blob, reporting progress in bytes (total 0: unknown).
func fetch(ctx context.Context, address string, progress func(done, total int64)) (safejs.Value, error) {
	none := safejs.Undefined()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return none, fail(codeInvalid, "%q is not a web address: give one that starts with https://.", address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return none, withCode(codeInvalid, err)
	}
	resp, err := httputil.DefaultClient.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		return none, fail(codeNetwork, "%s could not be fetched: this page may only reach the official addresses, and only online; download the file yourself and drop it here.", address)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return none, fail(codeNetwork, "%s answered %s: check the address.", address, resp.Status)
	}
	if resp.ContentLength > maxDownload {
		return none, fail(codeInvalid, "%s has %d MB, more than the %d MB that weights may have.", address, resp.ContentLength>>20, maxDownload>>20)
	}
	w, err := download(ctx, resp, address, progress)
	if err != nil {
		return none, err
	}
	return w.blob("application/octet-stream")
}

func download(ctx context.Context, resp *http.Response, address string, progress func(done, total int64)) (*blobWriter, error) {
	w := &blobWriter{}
	chunk := make([]byte, 256<<10)
	for done := int64(0); ; {
		n, err := resp.Body.Read(chunk)
		if _, err := w.Write(chunk[:n]); err != nil {
			return nil, err
		}
		done += int64(n)
		progress(done, max(resp.ContentLength, 0))
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case done > maxDownload:
			return nil, fail(codeInvalid, "%s has more than the %d MB that weights may have.", address, maxDownload>>20)
		case err == io.EOF:
			return w, nil
		case err != nil:
			return nil, fail(codeNetwork, "The download of %s broke off after %d MB: try again.", address, done>>20)
		}
	}
}
