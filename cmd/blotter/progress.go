package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"blotter/internal/pipeline"
)

// showProgress reports a pass while it runs.
func (a *app) showProgress(p *pipeline.Progress) (stop func()) {
	return a.report(func(since time.Duration) string { return progressLine(p, since) })
}

// countProgress reports a count while it grows, towards a total where that is known.
func (a *app) countProgress(what string, total int) (count *atomic.Int64, stop func()) {
	count = &atomic.Int64{}
	return count, a.report(func(since time.Duration) string { return countLine(what, count.Load(), int64(total), since) })
}

func countLine(what string, n, total int64, since time.Duration) string {
	line := fmt.Sprintf("%d %s, %.0f/s, %s", n, what, float64(n)/max(since.Seconds(), 0.001), since.Round(time.Second))
	if total > 0 && n > 0 && n <= total {
		left := time.Duration(float64(since) / float64(n) * float64(total-n))
		line = fmt.Sprintf("%d of %d %s, %s, about %s left",
			n, total, what, since.Round(time.Second), left.Round(time.Second))
	}
	return line
}

// doingProgress reports what is done, as long work tells it, with the time that has gone.
func (a *app) doingProgress(line func(what string, done, total int64) string) (doing func(what string, done, total int64), stop func()) {
	var mu sync.Mutex
	var what string
	var done, total int64
	stop = a.report(func(since time.Duration) string {
		mu.Lock()
		defer mu.Unlock()
		return line(what, done, total) + ", " + since.Round(time.Second).String()
	})
	return func(w string, d, t int64) {
		mu.Lock()
		defer mu.Unlock()
		what, done, total = w, d, t
	}, stop
}

// report prints what line says now and then: one line that is rewritten on a terminal, a line every ten seconds
// elsewhere. The function it returns ends the report and waits for it.
func (a *app) report(line func(since time.Duration) string) (stop func()) {
	if a.quiet {
		return func() {}
	}
	every, end := 10*time.Second, "\n"
	terminal := isTerminal(a.stderr)
	if terminal {
		every, end = 200*time.Millisecond, "\x1b[K\r"
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		started := time.Now()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				text := line(time.Since(started))
				if terminal {
					text = shorten(text, columns(a.stderr)-1)
				}
				fmt.Fprint(a.stderr, text+end)
			case <-done:
				if terminal {
					fmt.Fprint(a.stderr, "\x1b[K")
				}
				return
			}
		}
	})
	return sync.OnceFunc(func() { close(done); wg.Wait() })
}

// progressLine says how far a pass is. The time left is known only when sources are counted.
func progressLine(p *pipeline.Progress, since time.Duration) string {
	if p.Lists.Load()+p.Wanted.Load() > 0 {
		return backfillLine(p, time.Now(), since)
	}
	total, done := p.SourcesTotal.Load(), p.SourcesDone.Load()
	pages := p.Pages.Load()
	line := fmt.Sprintf("%d articles, %d indexed, %s", p.Articles.Load(), p.Indexed.Load(), since.Round(time.Second))
	if total > 0 {
		rate := float64(pages) / max(since.Seconds(), 0.001)
		line = fmt.Sprintf("%d of %d sources, %d pages, %.1f pages/s, %s", done, total, pages, rate, line)
	}
	if done > 0 && done < total {
		left := time.Duration(float64(since) / float64(done) * float64(total-done))
		line += fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	return line
}

// printSummary says what a pass did: for people on standard error, for machines on standard output.
func (a *app) printSummary(s pipeline.Summary) error {
	if a.output != "table" {
		return a.writeJSON(s)
	}
	if !a.quiet {
		writeSummary(a.stderr, s)
	}
	for _, alarm := range append(slices.Clone(s.Alarms), s.Recovered...) { // to be heard with --quiet too
		fmt.Fprintf(a.stderr, "alarm     %s\n", alarm)
	}
	return nil
}

func writeSummary(w io.Writer, s pipeline.Summary) {
	fmt.Fprintf(w, "sources   %d asked, %d ok, %d failed%s\n", s.SourcesAsked, s.SourcesOK, len(s.SourcesFailed),
		counted(", %d not reached", s.SourcesLeft))
	for _, id := range slices.Sorted(maps.Keys(s.SourcesFailed)) {
		fmt.Fprintf(w, "          %s: %s\n", id, s.SourcesFailed[id])
	}
	fmt.Fprintf(w, "items     %d listed%s = %d known + %d new + %d changed + %d unchanged + %d refused + %d failed%s%s\n",
		s.Listed, counted(" + %d due again", s.Again), s.Known, s.New, s.Changed, s.Unchanged, s.Refused, s.Failed,
		counted(" + %d repeated", s.Repeated)+counted(" + %d waiting", s.Waiting), counted(" + %d outside", s.Outside)+counted(" + %d left", s.Left))
	if len(s.Reasons) > 0 {
		fmt.Fprintf(w, "          %s\n", counts(s.Reasons))
	}
	writeBackfills(w, s.Backfills)
	fmt.Fprintf(w, "articles  %d new, %d revised%s%s\n", s.Articles, s.Revised, counted(", %d removed", s.Removed), noArticle(s))
	fmt.Fprintf(w, "tags      %s\n", cmp.Or(counts(s.TaggedWith), "none"))
	fmt.Fprintf(w, "index     %d articles taken in; %s in all\n", s.Indexed, s.Elapsed.Round(10*time.Millisecond))
}

func noArticle(s pipeline.Summary) string {
	if len(s.NoArticle) == 0 {
		return ""
	}
	return "; pages without an article: " + counts(s.NoArticle)
}

// counted formats a number that is worth a word only when it is not zero.
func counted(format string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// counts lists numbers by name, the largest first.
func counts[K ~string](m map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b K) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}
