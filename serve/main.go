// Command serve builds the engine for the browser and serves the page on a
// loopback address, or writes the whole site to a folder for any static host.
//
//	go run ./serve                                  # build, serve, open the browser
//	go run ./serve -addr 127.0.0.1:0 -open=false    # for scripts: the URL is the first line
//	go run ./serve -build DIR                       # static site
//	go run ./serve -version                         # what is built, as the page shows it
//
// Read build.go (engine to WebAssembly), site.go (the files), headers.go (what the page
// may do), closed.go (the same where a host sends no headers), answer.go (a request),
// listen.go (who may ask, and how slowly).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8299", "address to listen on; kept weights belong to it, port included")
	open := flag.Bool("open", true, "open the page in the browser")
	build := flag.String("build", "", "write the site to this folder and exit")
	connect := flag.String("connect", "", "further origins that weights may be fetched from, separated by spaces")
	version := flag.Bool("version", false, "print the version and the digests of the engines, as the page shows them, and exit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *open, *version, *build, strings.Fields(*connect)); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, open, version bool, dir string, connect []string) error {
	if err := checkSources(connect); err != nil {
		return err
	}
	engine, err := buildEngine(ctx)
	if err != nil {
		return err
	}
	if version {
		fmt.Printf("Thaw %s; where there is a GPU: %s\n", engine.build("thaw.wasm"), engine.build(gpuEngine))
		return nil
	}
	if dir != "" {
		site, err := newSite(engine, brotliBest, connect)
		if err != nil {
			return err
		}
		return site.write(dir)
	}
	site, err := newSite(engine, brotliQuick, connect)
	if err != nil {
		return err
	}
	return serve(ctx, site, addr, open)
}
