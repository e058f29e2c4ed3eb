// Command blotter watches police, government and press sites, keeps what they publish as evidence, tags it by
// Boolean rules and answers searches and exports. `blotter help` lists the commands; each is one file here.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zones of sources, also on a machine without a zone database
)

// version is set by the linker, see the Makefile.
var version = "dev"

// gcPercent lets the heap grow to two and a half times what is alive before it is collected, instead of two: little is alive, and
// reading, tagging and indexing then take a twelfth less time. The variable GOGC says otherwise.
const gcPercent = 150

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
