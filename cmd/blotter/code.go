package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func codeCommand(a *app) *cobra.Command {
	var labels []string
	var coder, out string
	cmd := &cobra.Command{
		Use:   "code SAMPLE.jsonl --coder NAME",
		Short: "Label articles by hand in the terminal",
		Long: `Label the articles of a sample ('blotter sample') by hand: an article a screen, a key a label. The tags of the rules are not
shown. A label's key gives it, pressed again it says that you are uncertain, a third time takes it back.

  Enter      keep the labels and go to the next article
  Backspace  go back to the one before
  Space      show more of a long text
  Ctrl-C     stop; begin again with the same command, and it goes on where you stopped. When all is coded it shows
             the last article again, and Backspace goes back through the others

The labels go into SAMPLE.NAME.jsonl (or --out) after each article. Compare coders with 'blotter agree', and the rules with a
coder with 'blotter rules eval'. Without a terminal the keys are read from standard input.`,
		Example: "  blotter code sample.jsonl --coder anna\n  blotter code sample.jsonl --coder ben --labels seizure,arrest",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !regexp.MustCompile(`^[\pL\pN_-]+$`).MatchString(coder) {
				return usagef("--coder is a name of letters and digits, for the file and for 'blotter agree'")
			}
			return a.code(cmd.Context(), args[0], cmp.Or(out, coderFile(args[0], coder)), coder, labels)
		},
	}
	cmd.Flags().StringVar(&coder, "coder", "", "who is coding")
	cmd.Flags().StringSliceVar(&labels, "labels", nil, "the labels to give, parted by commas (default: the tags of the rules)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: SAMPLE.NAME.jsonl)")
	return cmd
}

// coderFile is where the labels of a coder go: beside the sample.
func coderFile(sample, coder string) string {
	return strings.TrimSuffix(sample, filepath.Ext(sample)) + "." + coder + ".jsonl"
}

// labelKeys are the keys of the labels, in order.
const labelKeys = "1234567890abcdefghijklmnopqrstuvwxyz"

// What keys send.
const (
	keyEnter     = '\r'
	keyNewline   = '\n'
	keySpace     = ' '
	keyBackspace = 0x7f
	keyBack      = '\b'
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyEscape    = 0x1b
)

// coder is a person at work on a sample.
type coder struct {
	name   string
	labels []string
	out    string // the file
	lines  []codingLine
	at     int            // the article on the screen
	given  map[string]int // its labels: 1 given, 2 uncertain
	more   int            // screens of its text that were passed
	screen io.Writer
	width  int
	height int
	style  style
}

func (a *app) code(ctx context.Context, sample, out, name string, labels []string) (err error) {
	if filepath.Clean(sample) == filepath.Clean(out) {
		return usagef("--out %s is the sample itself; the labels go into a file of their own", out)
	}
	lines, err := a.readCoding(sample)
	if err != nil {
		return err
	}
	for i := range lines { // of another coder: this one is to see nothing of it
		lines[i].Tags, lines[i].Uncertain, lines[i].Labels, lines[i].Coder = nil, nil, nil, ""
	}
	c := &coder{name: name, labels: labels, out: out, lines: lines, screen: a.stdout, width: min(columns(a.stdout), 100), style: styleFor(a.stdout)}
	if err := a.resumeCoding(c); err != nil {
		return err
	}
	if len(c.labels) == 0 {
		if c.labels, err = a.ruleTags(); err != nil {
			return err
		}
	}
	if len(c.labels) > len(labelKeys) {
		return usagef("there are keys for %d labels, and these are %d; choose some with --labels", len(labelKeys), len(c.labels))
	}
	keys := bufio.NewReader(a.stdin)
	if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) && isTerminal(a.stdout) {
		state, err := term.MakeRaw(int(f.Fd()))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, term.Restore(int(f.Fd()), state)) }()
		c.screen = crlf{a.stdout}
		out, _ := terminal(a.stdout)
		c.height = screenLines(out)
	}
	if err = c.work(ctx, keys); err != nil {
		return err
	}
	fmt.Fprintf(c.screen, "\n%d of %s coded; %s\n", c.done(), plural(len(c.lines), "article"), c.out)
	return nil
}

// ruleTags are the tags that the rules give.
func (a *app) ruleTags() ([]string, error) {
	p, err := a.rulePack("")
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, r := range p.Rules() {
		tags = append(tags, r.Tag)
	}
	slices.Sort(tags)
	return slices.Compact(tags), nil
}

// resumeCoding takes over what a coder has done before.
func (a *app) resumeCoding(c *coder) error {
	before, err := a.readCoding(c.out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i := range c.lines {
		place[c.lines[i].ID] = i
	}
	for _, l := range before {
		i, ok := place[l.ID]
		if !ok {
			return fmt.Errorf("%s is of another sample: article %s is not in this one; name another file with --out", c.out, l.ID)
		}
		if l.Coder != c.name {
			return fmt.Errorf("%s is the work of %q; name another file with --out", c.out, l.Coder)
		}
		if len(c.labels) == 0 {
			c.labels = l.Labels
		}
		if !slices.Equal(c.labels, l.Labels) {
			return fmt.Errorf("%s was coded with the labels %s; go on with these, or name another file with --out", c.out, strings.Join(l.Labels, ","))
		}
		c.lines[i] = l
	}
	if c.at = c.next(0); c.at == len(c.lines) {
		c.at-- // all is coded: it can be looked at again
	}
	return nil
}

// next is the first article from one on that is not coded; the number of articles when all are.
func (c *coder) next(from int) int {
	for i := from; i < len(c.lines); i++ {
		if c.lines[i].Tags == nil {
			return i
		}
	}
	return len(c.lines)
}

func (c *coder) done() (n int) {
	for _, l := range c.lines {
		if l.Tags != nil {
			n++
		}
	}
	return n
}

// work goes through the articles, key by key, until all are coded or the coder stops.
func (c *coder) work(ctx context.Context, keys *bufio.Reader) error {
	c.show()
	for c.at < len(c.lines) {
		key, _, err := keys.ReadRune()
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		switch key {
		case keyInterrupt, keyEnd:
			return nil
		case keyEscape: // an arrow or another key that sends several characters
			_, _ = keys.Discard(keys.Buffered())
		case keyEnter, keyNewline:
			complete := c.next(0) == len(c.lines)
			if err := c.keep(); err != nil {
				return err
			}
			switch {
			case complete:
				c.at++ // one after the other, to the end
			case c.next(c.at+1) < len(c.lines):
				c.at = c.next(c.at + 1)
			default:
				c.at = c.next(0)
			}
			c.show()
		case keyBackspace, keyBack:
			c.at = max(c.at-1, 0)
			c.show()
		case keySpace:
			c.more++
			c.draw()
		default:
			c.press(key)
		}
	}
	return nil
}

// press changes the label of a key; other keys do nothing.
func (c *coder) press(key rune) {
	i := strings.IndexRune(labelKeys, key)
	if i < 0 || i >= len(c.labels) {
		return
	}
	c.given[c.labels[i]] = (c.given[c.labels[i]] + 1) % 3
	c.draw()
}

// show puts the next article on the screen, with the labels it has.
func (c *coder) show() {
	c.more, c.given = 0, map[string]int{}
	if c.at == len(c.lines) {
		return
	}
	l := &c.lines[c.at]
	if l.Tags != nil {
		for _, tag := range *l.Tags {
			c.given[tag] = 1
		}
	}
	for _, tag := range l.Uncertain {
		c.given[tag] = 2
	}
	c.draw()
}

// keep notes the labels of the article on the screen, and writes the file.
func (c *coder) keep() error {
	l := &c.lines[c.at]
	tags := []string{}
	l.Uncertain, l.Labels = nil, c.labels
	for _, label := range c.labels {
		switch c.given[label] {
		case 1:
			tags = append(tags, label)
		case 2:
			l.Uncertain = append(l.Uncertain, label)
		}
	}
	l.Tags, l.Coder = &tags, c.name
	return replaceFile(c.out, func(f *os.File) error {
		w := bufio.NewWriter(f)
		for _, l := range c.lines {
			if l.Tags == nil {
				continue
			}
			if err := writeJSONTo(w, false, l); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

// draw puts the article on the screen: on a terminal as much of its text as there is room for.
func (c *coder) draw() {
	l := &c.lines[c.at]
	var text []string
	for paragraph := range strings.SplitSeq(visible(l.Text), "\n") {
		text = append(text, wrapped(paragraph, c.width)...)
	}
	var b strings.Builder
	if c.height > 0 {
		b.WriteString("\x1b[2J\x1b[H")
	}
	fmt.Fprintf(&b, "%s\n", c.style.faint(fmt.Sprintf("%d of %d  %s  %s", c.at+1, len(c.lines), plain(l.Source), plain(l.Date))))
	for _, line := range wrapped(plain(l.Title), c.width) {
		fmt.Fprintf(&b, "%s\n", c.style.bold(line))
	}
	b.WriteString("\n")
	foot := c.foot()
	if c.height > 0 {
		room := max(c.height-strings.Count(b.String(), "\n")-strings.Count(foot, "\n")-3, 3)
		c.more = min(c.more, (len(text)-1)/room)
		from := c.more * room
		rest := len(text) - from - room
		text = text[from:min(from+room, len(text))]
		if rest > 0 {
			text = append(text, c.style.faint(fmt.Sprintf("… %d more lines (Space)", rest)))
		}
	}
	fmt.Fprintf(&b, "%s\n\n%s", strings.Join(text, "\n"), foot)
	_, _ = io.WriteString(c.screen, b.String())
}

// foot shows the labels and their keys.
func (c *coder) foot() string {
	var b strings.Builder
	width := 0
	for i, label := range c.labels {
		mark := [...]string{" ", "x", "?"}[c.given[label]]
		cell := fmt.Sprintf("%c [%s] %s   ", labelKeys[i], mark, label)
		if width += len(cell); width > c.width {
			b.WriteString("\n")
			width = len(cell)
		}
		if c.given[label] > 0 {
			cell = c.style.mark(cell)
		}
		b.WriteString(cell)
	}
	b.WriteString("\n")
	return b.String()
}

// wrapped cuts a paragraph into lines, between words.
func wrapped(text string, width int) (lines []string) {
	line, n := "", 0
	for word := range strings.FieldsSeq(text) {
		k := len([]rune(word))
		if n > 0 && n+1+k > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line += " "
			n++
		}
		line += word
		n += k
	}
	return append(lines, line)
}

// crlf ends lines as a terminal in raw mode needs it.
type crlf struct{ w io.Writer }

func (c crlf) Write(p []byte) (int, error) {
	_, err := io.WriteString(c.w, strings.ReplaceAll(string(p), "\n", "\r\n"))
	return len(p), err
}
