package pipeline

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"blotter"
	"blotter/archive"
)

// How many records are kept with one sync, and how large they may be together: pages are held in memory until then. A
// kill loses at most these, none of which was acknowledged.
const (
	importBatch      = 500
	importBatchBytes = 16 << 20
)

// maxLine bounds a line of a JSONL file, maxWarnings the lines of a file that are warned of.
const (
	maxLine     = 16 << 20
	maxWarnings = 10
)

// Input is one file to import.
type Input struct {
	Name   string // for messages
	Reader io.Reader
	Source string // the id under which its articles are filed; "" takes what each record names, else "import"

	// Columns say of a table which column is which of Fields; nil: those with common names.
	Columns map[string]string
	Tell    func(format string, args ...any) // is told how a table is read; may be nil
}

func (in *Input) tell(format string, args ...any) {
	if in.Tell != nil {
		in.Tell(format, args...)
	}
}

// Import keeps the records of the inputs as captures and takes them to the index. An input is JSONL with the fields
// of Record, a table with a header, or WARC; each may be gzipped.
func (p *Pipeline) Import(ctx context.Context, inputs []Input) (Summary, error) {
	return p.beside(ctx, "import", func(ctx context.Context, t *tally) error {
		t.count(func(s *Summary) { s.SourcesAsked = len(inputs) })
		t.progress.SourcesTotal.Store(int64(len(inputs)))
		for _, in := range inputs {
			k := &keeper{p: p, t: t}
			if err := p.importOne(ctx, in, k); err != nil {
				return fmt.Errorf("import %s: %w", in.Name, err)
			}
			t.count(func(s *Summary) { s.SourcesOK++ })
			t.progress.SourcesDone.Add(1)
		}
		return nil
	})
}

func (p *Pipeline) importOne(ctx context.Context, in Input, k *keeper) error {
	buffered := bufio.NewReaderSize(in.Reader, 1<<20)
	first, err := peekText(buffered)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(first, []byte("WARC/")) {
		if in.Columns != nil {
			return errors.New("it is a WARC file, and columns are of tables")
		}
		err = p.importWARC(ctx, buffered, in, k)
	} else {
		err = p.importText(ctx, buffered, in, k)
	}
	if err != nil {
		return err
	}
	return k.flush(ctx)
}

// peekText returns the first bytes of a file, decompressed when it is gzipped, without reading on.
func peekText(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(head) == 0 {
		return nil, errors.New("the file is empty")
	}
	if !isGzip(head) {
		return head, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil, err
	}
	text := make([]byte, 16)
	n, _ := io.ReadFull(z, text) // a cut-off window of a good file: what was decompressed is enough
	return text[:n], nil
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

// importText takes in a file of text: a table or JSONL.
func (p *Pipeline) importText(ctx context.Context, r *bufio.Reader, in Input, k *keeper) error {
	text := r
	if head, _ := r.Peek(2); isGzip(head) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		defer z.Close()
		text = bufio.NewReaderSize(z, 1<<20)
	}
	if !isTable(in, text) {
		return p.importRecords(ctx, lineRecords(text), "line", in, k)
	}
	rows, err := tableRecords(in, text)
	if err != nil {
		return err
	}
	return p.importRecords(ctx, rows, "row", in, k)
}

// entry is a record of a file of text.
type entry struct {
	line int
	body []byte // JSON, as it is kept; nil when it was too long to hold
	err  error  // why there is no body
}

// lineRecords gives the lines of a JSONL file.
func lineRecords(text *bufio.Reader) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for n := 1; ; n++ {
			line, err := readLine(text)
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil && !errors.Is(err, errLongLine):
				yield(entry{}, fmt.Errorf("line %d: %w", n, err))
				return
			case err == nil && len(line) == 0:
				continue
			}
			if !yield(entry{line: n, body: line, err: err}, nil) {
				return
			}
		}
	}
}

// importRecords keeps the records of a file. One that is no article is said, and kept as it is.
func (p *Pipeline) importRecords(ctx context.Context, records iter.Seq2[entry, error], unit string, in Input, k *keeper) error {
	bad, n := 0, 0
	var first error
	for e, err := range records {
		if err != nil {
			return err
		}
		n++
		fault := e.err
		var fetch archive.Fetch
		if fault == nil {
			fetch, fault = recordFetch(e.body, in, e.line, p.now())
		}
		if fault != nil {
			if bad++; bad <= maxWarnings {
				p.Log.Warn("no article", "file", in.Name, "line", e.line, "reason", fault)
			}
			first = cmp.Or(first, fmt.Errorf("line %d: %w", e.line, fault))
		}
		if e.err != nil {
			k.t.count(func(s *Summary) { s.Listed++; s.failed(blotter.ReasonSize) })
			continue
		}
		if err := k.keep(ctx, fetch); err != nil {
			return err
		}
	}
	if bad > maxWarnings {
		p.Log.Warn("no article", "file", in.Name, unit+"s", bad, "shown", maxWarnings)
	}
	if bad > 0 && bad == n {
		return errors.Join(fmt.Errorf("no %s of it is an article: %w", unit, first), k.flush(ctx))
	}
	return nil
}

// errLongLine says that a line was passed over.
var errLongLine = fmt.Errorf("the line is longer than %d MiB", maxLine>>20)

// readLine reads a line without the space around it.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := readRawLine(r)
	return bytes.TrimSpace(line), err
}

// readRawLine reads a line with its end. One that is too long is read to its end and given up.
func readRawLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
			return nil, err
		case len(line) > maxLine:
			return nil, errLongLine
		}
		return line, nil
	}
}

// recordFetch makes one line of a file something to keep, and says what it lacks to be an article. Such a line is kept
// too: reading it under another version may say otherwise.
func recordFetch(line []byte, in Input, n int, now time.Time) (archive.Fetch, error) {
	var r Record
	fault := r.Read(line)
	source := cmp.Or(in.Source, sourceID(r.Source), "import")
	key, err := r.key(source)
	if err != nil {
		fault = cmp.Or(fault, err)
		key = fmt.Sprintf("record:%s/%s:%d", source, in.Name, n)
	}
	return archive.Fetch{
		Source: source, Purpose: blotter.PurposeRecord, Started: now,
		Item: blotter.Item{URL: key, Title: blotter.CleanLine(r.Title)},
		Exchanges: []blotter.Exchange{{
			URL: key, Started: now, Header: blotter.Header{"Content-Type": {"application/json"}}, Body: line,
		}},
	}, fault
}

// sourceID spells a record's own source as an id.
func sourceID(name string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name)
	return strings.Trim(id[:min(len(id), 63)], "-")
}

// keeper keeps fetches in batches and counts what became of them.
type keeper struct {
	p     *Pipeline
	t     *tally
	batch []archive.Fetch
	bytes int // of the payloads in batch
}

func (k *keeper) keep(ctx context.Context, f archive.Fetch) error {
	f.Pass = k.t.s.Pass
	k.batch = append(k.batch, f)
	for i := range f.Exchanges {
		k.bytes += len(f.Exchanges[i].Body)
	}
	if len(k.batch) < importBatch && k.bytes < importBatchBytes {
		return nil
	}
	return k.flush(ctx)
}

func (k *keeper) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(k.batch) == 0 {
		return err
	}
	kept, err := k.p.Archive.Keep(ctx, k.batch)
	if err != nil {
		return err
	}
	k.t.progress.Pages.Add(int64(len(kept)))
	k.t.count(func(s *Summary) {
		s.Listed += len(kept)
		for _, one := range kept {
			switch one.Outcome {
			case archive.OutcomeUnchanged:
				s.Unchanged++
			case archive.OutcomeChanged:
				s.Changed++
			case archive.OutcomeFailed: // nothing else fails here
				s.failed(blotter.ReasonForgotten)
			default:
				s.New++
			}
		}
	})
	clear(k.batch)
	k.batch, k.bytes = k.batch[:0], 0
	return nil
}
