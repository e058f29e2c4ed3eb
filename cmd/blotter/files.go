package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/klauspost/compress/gzip"

	"blotter/internal/pipeline"
)

// maxFile bounds what is read of one file that is named on the command line.
const maxFile = 64 << 20

// openFile opens a file, standard input for "-".
func (a *app) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(a.stdin), nil
	}
	return os.Open(name)
}

// readFile reads a file whole, and decompresses it if it is gzipped.
func (a *app) readFile(name string) ([]byte, error) {
	in, err := a.openFile(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, err := unzipped(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read %s: larger than %d MiB", name, maxFile>>20)
	}
	return data, nil
}

// readLines gives the lines of a JSONL file one by one, decompressed if it is gzipped. Nothing is read before the
// first is asked for.
func readLines(name string, in io.Reader) iter.Seq2[pipeline.Line, error] {
	return func(yield func(pipeline.Line, error) bool) {
		r, err := unzipped(in)
		if err != nil {
			yield(pipeline.Line{}, fmt.Errorf("read %s: %w", name, err))
			return
		}
		for line, err := range pipeline.ReadLines(r) {
			if err != nil {
				err = fmt.Errorf("read %s: %w", name, err)
			}
			if !yield(line, err) {
				return
			}
		}
	}
}

// unzipped reads through gzip where there is any.
func unzipped(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	return gzip.NewReader(b)
}
