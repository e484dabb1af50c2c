package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"thaw/irv2/weights"
	"thaw/serve/fetch"
)

// What the server lends the page where a browser may not fetch weights itself:
//
//	GET weights.json   what there is: offer (in a static site a file)
//	GET fetch/ID       fetches a published file here and tells of it, a line of JSON each time
//	GET fetched/ID     that file
//	GET weights/NAME   a file that lies beside the page
//
// A page names an ID of weights.Published and never an address, so that nothing else can
// be asked for.

const (
	offerName = "weights.json"
	// askHeader goes with a request to fetch. A page elsewhere cannot send it without
	// asking first (CORS), which this server never allows.
	askHeader = "Thaw-Fetch"
	// tellEvery is the time between lines of progress.
	tellEvery = 200 * time.Millisecond
)

// offer is what the page can have.
type offer struct {
	Sources []sourceOffer `json:"sources"`
	Beside  []besideFile  `json:"beside"`
	Fetches bool          `json:"fetches"` // this server fetches sources for the page
}

type sourceOffer struct {
	weights.Known
	Kept bool `json:"kept"` // the server has it already
}

// line is one of what fetch tells: progress, or how it ended.
type line struct {
	Done  int64       `json:"done,omitempty"`
	Total int64       `json:"total,omitempty"` // 0: unknown
	Error string      `json:"error,omitempty"`
	Kept  *fetch.Kept `json:"kept,omitempty"`
}

// lender answers for weights.
type lender struct {
	sources []weights.Known
	beside  []besideFile
	cache   *fetch.Cache // nil: the server fetches nothing
}

// lend lets the server at that address fetch what its page asks for. On a loopback address
// only this machine can ask; elsewhere a person has to have allowed it.
func (l *lender) lend(at net.Addr, allowed bool) {
	if tcp, ok := at.(*net.TCPAddr); !allowed && !(ok && tcp.IP.IsLoopback()) {
		return
	}
	cache, err := fetch.Open()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err) // the page goes on without
		return
	}
	l.cache = cache
}

// offer lists what there is.
func (l *lender) offer() offer {
	o := offer{Sources: []sourceOffer{}, Beside: append([]besideFile{}, l.beside...), Fetches: l.cache != nil}
	for _, k := range l.sources {
		o.Sources = append(o.Sources, sourceOffer{k, l.cache != nil && l.cache.Has(k)})
	}
	return o
}

func (l *lender) source(id string) (weights.Known, bool) {
	for _, k := range l.sources {
		if k.ID == id {
			return k, true
		}
	}
	return weights.Known{}, false
}

// answer answers where name is one of the lender's addresses.
func (l *lender) answer(w http.ResponseWriter, r *http.Request, name string) bool {
	if name == offerName {
		w.Header().Set("Content-Type", contentTypes[".json"])
		json.NewEncoder(w).Encode(l.offer())
		return true
	}
	folder, rest, _ := strings.Cut(name, "/")
	switch folder {
	case strings.TrimSuffix(besideFolder, "/"):
		for _, b := range l.beside {
			if b.Name == rest {
				serveWeights(w, r, b.at, b.SHA256)
				return true
			}
		}
		return false
	case "fetched", "fetch":
		k, known := l.source(rest)
		if !known || l.cache == nil {
			return false
		}
		if folder == "fetch" {
			l.fetch(w, r, k)
			return true
		}
		kept, ok := l.cache.Have(k)
		if !ok {
			return false
		}
		serveWeights(w, r, kept.Path, kept.SHA256)
	default:
		return false
	}
	return true
}

// fetch fetches k into the cache and tells of it. It ends with the request: what came
// is kept for the next.
func (l *lender) fetch(w http.ResponseWriter, r *http.Request, k weights.Known) {
	if !ownPage(r) {
		http.Error(w, "Only the page of this server can have it fetch weights.", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{}) // it would end the request; a test's has none
	say := func(what line) {
		json.NewEncoder(patient{w}).Encode(what)
		_ = connection.Flush()
	}
	say(line{}) // the page hears that it is under way
	var last time.Time
	kept, err := l.cache.Get(r.Context(), k, func(done, total int64) {
		if now := time.Now(); now.Sub(last) >= tellEvery {
			last = now
			say(line{Done: done, Total: total})
		}
	})
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		say(line{Error: err.Error()})
	default:
		say(line{Kept: &kept})
	}
}

// ownPage says whether a request comes from a page of this server itself.
func ownPage(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	return r.Method == http.MethodGet && r.Header.Get(askHeader) != "" &&
		(site == "" || site == "same-origin") && (origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host)
}

// fetchHere is serve -fetch: progress on standard error, the file's path on standard output.
func fetchHere(ctx context.Context, id string) error {
	k := weights.PublishedByID(id)
	if k == nil {
		return fmt.Errorf("there are no published weights %q: choose of %s", id, strings.Join(ids(), ", "))
	}
	cache, err := fetch.Open()
	if err != nil {
		return err
	}
	var last time.Time
	kept, err := cache.Get(ctx, *k, func(done, total int64) {
		if now := time.Now(); now.Sub(last) >= time.Second || done == total {
			last = now
			fmt.Fprintf(os.Stderr, "\r%s: %d MB%s ", k.Name, done/1e6, of(total))
		}
	})
	if !last.IsZero() {
		fmt.Fprintln(os.Stderr)
	}
	if err != nil {
		return err
	}
	by := "as its makers name it"
	if !kept.Checked {
		by = "of what came: its makers name none that it could be held to"
	}
	fmt.Fprintf(os.Stderr, "SHA-256 %s, %s\n", kept.SHA256, by)
	fmt.Println(kept.Path)
	return nil
}

// ids are those of all published weights.
func ids() (list []string) {
	for _, k := range weights.Published() {
		list = append(list, k.ID)
	}
	return list
}

func of(total int64) string {
	if total == 0 {
		return ""
	}
	return fmt.Sprintf(" of %d MB", total/1e6)
}
