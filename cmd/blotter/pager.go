package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// paged writes to standard output, or, when that is a terminal and the text is longer than it, to the pager of the user. A
// pager that is closed early is no error.
func (a *app) paged(off bool, write func(io.Writer) error) error {
	f, ok := terminal(a.stdout)
	if !ok || off || a.output != "table" {
		return write(a.stdout)
	}
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	pager := strings.Fields(cmp.Or(os.Getenv("PAGER"), "less -FRX"))
	if bytes.Count(text.Bytes(), []byte("\n")) < screenLines(f) || pager[0] == "cat" {
		_, err := a.stdout.Write(text.Bytes())
		return err
	}
	cmd := exec.Command(pager[0], pager[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &text, f, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	if err != nil { // there is no such program
		_, err = a.stdout.Write(text.Bytes())
	}
	return err
}
