package main

import "testing"

// After one visit the page needs no server: it opens and trains.
func TestPageWorksOffline(t *testing.T) {
	server := testServer(t)
	b := startBrowser(t, server.URL, "")
	b.page("")
	b.wait("(await navigator.serviceWorker.ready).active.state === 'activated'", "the service worker is there")
	server.Close()
	b.page("")
	if !eval[bool](b, "return crossOriginIsolated") {
		t.Error("the page is not isolated offline")
	}
	b.click("[data-world=near]")
	b.wait("document.querySelector('#classes > [data-class]')", "the images are drawn")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
}
