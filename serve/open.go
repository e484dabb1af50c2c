package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// openBrowser shows url in the default browser; where none can be started the
// printed address is enough.
func openBrowser(url string) {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.Command("open", url)
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "serve: open the address above in a browser")
		return
	}
	go cmd.Wait()
}
