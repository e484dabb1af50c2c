// Command serve builds the engine for the browser and serves the page on a
// loopback address, or writes the whole site to a folder for any static host.
//
//	go run ./serve                                  # build, serve, open the browser
//	go run ./serve -addr 127.0.0.1:0 -open=false    # for scripts: the URL is the first line
//	go run ./serve -build DIR                       # static site
//	go run ./serve -single FILE                      # the whole site in one HTML file, opened from disk
//	go run ./serve -weights FILE                    # either, with weights beside the page
//	go run ./serve -fetch timm                      # published weights into the cache, no page
//	go run ./serve -version                         # what is built, as the page shows it
//
// Read build.go (engine to WebAssembly), site.go (the files), headers.go (what the page
// may do), closed.go (the same where a host sends no headers), single.go (one file of
// all), answer.go (a request), listen.go (who may ask, and how slowly); for weights beside.go (files that come with the
// page), lend.go and package fetch (published files that the server fetches for it).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// options are what the command line asks for.
type options struct {
	addr     string
	open     bool
	build    string
	single   string
	connect  string
	weights  []string
	fetch    string
	fetchAll bool
	version  bool
}

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:8299", "address to listen on; kept weights belong to it, port included")
	flag.BoolVar(&o.open, "open", true, "open the page in the browser")
	flag.StringVar(&o.build, "build", "", "write the site to this folder and exit")
	flag.StringVar(&o.single, "single", "", "write the whole site into this one HTML file, which is opened from disk, and exit")
	flag.StringVar(&o.connect, "connect", "", "further origins that weights may be fetched from, separated by spaces")
	flag.Func("weights", "put this file of weights beside the page; once for each file", func(path string) error {
		o.weights = append(o.weights, path)
		return nil
	})
	flag.StringVar(&o.fetch, "fetch", "", "fetch these published weights into the cache and exit: "+strings.Join(ids(), ", "))
	flag.BoolVar(&o.fetchAll, "fetch-for-all", false, "fetch published weights for pages on other machines too, where -addr is no loopback address")
	flag.BoolVar(&o.version, "version", false, "print the version and the digests of the engines, as the page shows them, and exit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.fetch != "" {
		return fetchHere(ctx, o.fetch)
	}
	connect := strings.Fields(o.connect)
	if err := checkSources(connect); err != nil {
		return err
	}
	beside, err := besides(o.weights)
	if err != nil {
		return err
	}
	engine, err := buildEngine(ctx)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Printf("Thaw %s; where there is a GPU: %s\n", engine.build("thaw.wasm"), engine.build(gpuEngine))
		return nil
	}
	if o.single != "" {
		if len(beside) > 0 {
			return errors.New("-weights is for a site: with the single file hand out the file of weights, to be dropped on its page")
		}
		document, err := single(engine)
		if err != nil {
			return err
		}
		return os.WriteFile(o.single, document, 0o644)
	}
	if o.build != "" {
		site, err := newSite(engine, brotliBest, connect, beside...)
		if err != nil {
			return err
		}
		return site.write(o.build)
	}
	site, err := newSite(engine, brotliQuick, connect, beside...)
	if err != nil {
		return err
	}
	return serve(ctx, site, o)
}
