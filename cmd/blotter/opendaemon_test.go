package main

import (
	"net"
	"os"
	"testing"
	"time"

	"blotter/archive"
	"blotter/configs"
	"blotter/index"
	"blotter/internal/web"
)

// A search that meets a daemon which is ending, whose door is shut already, waits for the index.
func TestSearchWhileTheDaemonEnds(t *testing.T) {
	c := &configs.Config{DataDir: t.TempDir()}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer arc.Close()
	daemons, err := index.OpenBleve(indexDir(c), arc.ID())
	if err != nil {
		t.Fatal(err)
	}
	shut, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := shut.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (web.Door{PID: os.Getpid(), URL: "http://" + shut.Addr().String()}).Leave(c.DataDir); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	time.AfterFunc(300*time.Millisecond, func() { ended <- daemons.Close() })
	idx, err := openIndex(t.Context(), c, arc)
	if err != nil {
		t.Fatal(err)
	}
	if err := idx.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
