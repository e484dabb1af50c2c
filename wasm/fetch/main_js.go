// Command fetch downloads files for the engine. It is a program of its own,
// loaded by web/worker.js when first asked for, because net/http and the
// cryptography that comes with it would double the download of every visit.
//
// It hands globalThis.thawFetcher one function:
//
//	(address, limit, progress(done, total), resolve(Blob), reject(code, message), signal)
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/hack-pad/safejs"
	"github.com/syumai/tinyutil/httputil"

	"thaw/wasm/jsutil"
)

func main() {
	fetcher, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		go serve(args)
		return nil
	})
	if err != nil {
		panic(err)
	}
	if _, err := safejs.Global().Call("thawFetcher", fetcher); err != nil {
		panic(err)
	}
	select {}
}

// serve downloads one file and settles its promise.
func serve(args []safejs.Value) {
	resolve, reject := args[3], args[4]
	d := &download{address: jsutil.String(args[0]), limit: int64(jsutil.Int(args[1])), progress: args[2]}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any { cancel(); return nil })
	if err != nil {
		panic(err)
	}
	defer stop.Release()
	args[5].Call("addEventListener", "abort", stop)
	blob, err := d.run(ctx)
	args[5].Call("removeEventListener", "abort", stop)
	var failed *failure
	switch {
	case ctx.Err() != nil:
		reject.Invoke("cancelled", "Cancelled.")
	case errors.As(err, &failed):
		reject.Invoke(failed.code, failed.message)
	case err != nil:
		reject.Invoke("internal", err.Error())
	default:
		resolve.Invoke(blob)
	}
}

// failure has a code and a sentence of web/thaw.d.ts.
type failure struct{ code, message string }

func (f *failure) Error() string { return f.message }

func fail(code, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// download is one file on its way into a Blob.
type download struct {
	address  string
	limit    int64 // bytes
	progress safejs.Value
}

func (d *download) run(ctx context.Context) (safejs.Value, error) {
	none := safejs.Undefined()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.address, nil)
	if err != nil || req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return none, fail("invalid", "%q is not a web address: give one that starts with https://.", d.address)
	}
	resp, err := httputil.DefaultClient.Do(req)
	if err != nil {
		return none, fail("network", "%s could not be fetched: this page may only reach the official addresses, and only online; download the file yourself and drop it here.", d.address)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return none, fail("network", "%s answered %s: check the address.", d.address, resp.Status)
	}
	out := &jsutil.BlobWriter{}
	if err := d.copy(ctx, out, resp); err != nil {
		return none, err
	}
	return out.Blob("application/octet-stream")
}

func (d *download) copy(ctx context.Context, out io.Writer, resp *http.Response) error {
	total := max(resp.ContentLength, 0) // -1: unknown
	chunk := make([]byte, 256<<10)
	for done := int64(0); ; {
		if max(done, total) > d.limit {
			return fail("invalid", "%s has more than the %d MB that weights may have.", d.address, d.limit>>20)
		}
		n, err := resp.Body.Read(chunk)
		if _, err := out.Write(chunk[:n]); err != nil {
			return err
		}
		done += int64(n)
		d.progress.Invoke(done, total)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == io.EOF:
			return nil
		case err != nil:
			return fail("network", "The download of %s broke off after %d MB: try again.", d.address, done>>20)
		}
	}
}
