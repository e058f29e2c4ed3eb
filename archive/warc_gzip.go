package archive

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipMagic begins a gzip member: the mark, and the one method there is.
const gzipMagic = "\x1f\x8b\x08"

// maxReplay is how much of a member is remembered, to go back to when it turns out damaged.
const maxReplay = 8 << 20

// rawReader is the file as it is. It knows its place, and can go back to a mark.
type rawReader struct {
	r      io.Reader
	err    error // of r, other than io.EOF; it stays
	buf    *bufio.Reader
	at     int64
	replay []byte // read since the mark
	marked bool   // replay is complete
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (r *rawReader) fill(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.buf.Read(p)
	r.took(p[:n])
	return n, err
}

// ReadByte keeps the decompressor from reading beyond the end of a member.
func (r *rawReader) ReadByte() (byte, error) {
	b, err := r.buf.ReadByte()
	if err == nil {
		r.took([]byte{b})
	}
	return b, err
}

func (r *rawReader) took(b []byte) {
	r.at += int64(len(b))
	if len(r.replay)+len(b) > maxReplay {
		r.marked = false
	}
	if r.marked {
		r.replay = append(r.replay, b...)
	}
}

func (r *rawReader) mark() { r.replay, r.marked = r.replay[:0], true }

// back goes back to skip bytes behind the mark, when that is still possible.
func (r *rawReader) back(skip int) {
	if !r.marked || len(r.replay) <= skip {
		return
	}
	again := bytes.Clone(r.replay[skip:])
	r.at -= int64(len(again))
	r.buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(again), r.buf), 64<<10)
	r.mark()
}

// members is the text of a row of gzip members.
type members struct {
	raw     *rawReader
	zip     *gzip.Reader
	open    bool
	seeking bool  // behind damage: go to the next magic
	out     int64 // bytes of text so far
	starts  []memberStart
	replays int
}

// memberStart says which member a place in the text belongs to.
type memberStart struct{ pos, at int64 }

func newMembers(raw *rawReader) *members { return &members{raw: raw, zip: new(gzip.Reader)} }

// Read returns the text of one member at most. After damage it returns an error once, and goes on with the next
// member.
func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			if err := m.begin(); err != nil {
				return 0, err
			}
		}
		n, err := m.zip.Read(p)
		m.out += int64(n)
		if err != nil {
			m.open = false
		}
		if err != nil && err != io.EOF {
			return n, m.damage(err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// begin opens the next member; io.EOF when there is none.
func (m *members) begin() error {
	if m.seeking {
		m.seek()
	}
	magic, err := m.raw.buf.Peek(len(gzipMagic))
	if len(magic) == 0 {
		return err
	}
	if n := len(m.starts); n > 0 && m.starts[n-1].pos == m.out {
		m.starts = m.starts[:n-1] // it was empty: a file may have millions of such
	}
	m.starts = append(m.starts, memberStart{m.out, m.raw.at})
	m.raw.mark()
	if string(magic) != gzipMagic {
		m.seeking = true
		return fmt.Errorf("no gzip member at byte %d", m.raw.at)
	}
	if err := m.zip.Reset(m.raw); err != nil {
		return m.damage(err)
	}
	m.zip.Multistream(false)
	m.open = true
	return nil
}

// damage says where the member is that could not be read, and goes back to its beginning: the decompressor may have run
// over members behind it. A file may ask for this only so often, since each time costs as much as the member.
func (m *members) damage(err error) error {
	at := m.starts[len(m.starts)-1].at
	m.seeking = true
	if m.replays < maxRewinds {
		m.replays++
		m.raw.back(len(gzipMagic))
	}
	return fmt.Errorf("gzip member at byte %d: %w", at, cutOff(err))
}

// seek goes on to the next magic, or to the end.
func (m *members) seek() {
	m.seeking = false
	for {
		b, err := m.raw.buf.Peek(len(gzipMagic))
		if err != nil || string(b) == gzipMagic {
			if err != nil {
				m.raw.buf.Discard(len(b))
			}
			return
		}
		m.raw.buf.Discard(1)
		m.raw.at++
	}
}

// offset is where the member begins that holds a place in the text.
func (m *members) offset(pos int64) int64 {
	for len(m.starts) > 1 && m.starts[1].pos <= pos {
		m.starts = m.starts[1:]
	}
	if len(m.starts) == 0 {
		return 0
	}
	return m.starts[0].at
}
