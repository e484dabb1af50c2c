package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

// serve answers until ctx ends, then lets requests under way finish.
func serve(ctx context.Context, site *site, o options) error {
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("%w (another address: -addr 127.0.0.1:0)", err)
	}
	here := listening(o.addr, l.Addr())
	site.lender.lend(l.Addr(), o.fetchAll)
	fmt.Println(here.url())
	if here.everywhere {
		fmt.Fprintf(os.Stderr, "serve: listens on all interfaces, so that every machine of this network can load the page: -addr 127.0.0.1:%s keeps it to this one.\n", here.port)
	}
	if o.open {
		openBrowser(here.url())
	}
	server := newServer(here.guard(site))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// newServer has a limit for everything that a client could keep waiting or make large.
// Parts of an answer have more time each, see patient.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second, // bodies: no request of the page has one
		WriteTimeout:      stall,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10, // with the cookies of whatever else runs on localhost
	}
}

// address is where the server listens.
type address struct {
	host, port string // host as it was asked for, "" for all interfaces
	everywhere bool
}

func listening(asked string, got net.Addr) address {
	host, _, err := net.SplitHostPort(asked)
	a := address{host: host}
	_, a.port, _ = net.SplitHostPort(got.String())
	if ip, bad := netip.ParseAddr(host); err == nil && (host == "" || bad == nil && ip.IsUnspecified()) {
		a.everywhere = true
	}
	return a
}

// url opens the page on this machine: threads and offline use are for a loopback address,
// or https.
func (a address) url() string {
	host := a.host
	if a.everywhere {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, a.port) + "/"
}

// guard answers only those who ask for this server by a name of its own. A page elsewhere
// whose own name is made to lead here (DNS rebinding) would be of its origin otherwise.
func (a address) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.is(r.Host) {
			http.Error(w, "This server answers only to its own address: open "+a.url()+".", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// is tells whether a Host header names this server: a loopback name, what it was told to
// listen on, or, on all interfaces, any address in digits, which no DNS can give away.
// The port may be another: a tunnel has one of its own.
func (a address) is(header string) bool {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		own, err := netip.ParseAddr(a.host)
		return ip.IsLoopback() || a.everywhere || err == nil && own == ip
	}
	return host == "localhost" || host != "" && host == strings.ToLower(a.host)
}
