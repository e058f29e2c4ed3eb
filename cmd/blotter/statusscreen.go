package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// writeStatus shows a status on one screen.
func writeStatus(w io.Writer, s *statusJSON, now time.Time) {
	switch {
	case s.Daemon != nil:
		fmt.Fprintf(w, "daemon    running since %s, pid %d, %s\n", ago(rfc3339(s.Daemon.Started), now), s.Daemon.PID, cmp.Or(s.Daemon.URL, "which answers the commands of this machine"))
	case s.Writer != nil:
		fmt.Fprintf(w, "daemon    not running; %s is in use by %s (pid %d)\n", s.Data, plain(s.Writer.Command), s.Writer.PID)
	default:
		fmt.Fprintf(w, "daemon    not running; nobody writes to %s\n", s.Data)
	}
	fmt.Fprintf(w, "archive   %s, %s\n", plural(s.Articles, "article"), plural(s.Captures, "capture"))
	fmt.Fprintf(w, "sources   %d ok, %d failing, %d silent, %d never asked, %d disabled\n", s.Sources["ok"], s.Sources["failing"],
		s.Sources["silent"], s.Sources["never asked"], s.Sources["disabled"])
	for _, x := range s.Worst {
		fmt.Fprintf(w, "          %s: %s in a row, %s; last success %s\n", x.Source, plural(x.Failures, "failure"), x.Reason, ago(x.Success, now))
	}
	if s.Pass != nil {
		fmt.Fprintf(w, "last pass %s, %s%s\n", s.Pass.Command, ago(s.Pass.Started, now), passText(s.Pass))
	}
	fmt.Fprintf(w, "polls     %s due now", plural(s.Due, "source"))
	for i, n := range s.Next {
		fmt.Fprintf(w, "%s%s %s", []string{"; next ", ", "}[min(i, 1)], n.Source, until(n.At, now))
	}
	changes := "index " + s.Waiting.Index
	if s.Waiting.Changes != nil {
		changes = plural(int(*s.Waiting.Changes), "change") + " to index"
	}
	fmt.Fprintf(w, "\nwaiting   %s to read, %s to tag, %s\n", plural(s.Waiting.Captures, "capture"), plural(s.Waiting.Articles, "article"), changes)
	for i, j := range s.Jobs {
		state := "ok"
		switch {
		case j.Error != "":
			state = "failed"
		case j.Ended == "":
			state = "running or cut off"
		}
		fmt.Fprintf(w, "%-9s %s: %s, %s\n", []string{"jobs", ""}[min(i, 1)], j.Job, ago(j.Started, now), state)
	}
	fmt.Fprintf(w, "sizes     database %s, WARC %s, index %s; %s free\n", megabytes(s.Bytes.Database), megabytes(s.Bytes.WARC),
		megabytes(s.Bytes.Index), megabytes(s.Bytes.Free))
	for i, x := range s.Alarms[:min(len(s.Alarms), worstShown)] {
		fmt.Fprintf(w, "%-9s %s: %s: %s\n", []string{"alarms", ""}[min(i, 1)], x.Source, x.Kind, plain(x.Detail))
	}
	for _, p := range s.Problems {
		fmt.Fprintf(w, "problem   %s\n          → %s\n", plain(p.What), p.Next)
	}
}

// passText tells from the summary of a pass what it gave.
func passText(p *passJSON) string {
	if p.Ended == "" {
		return ", not ended"
	}
	var c struct {
		Articles int            `json:"articles"`
		Revised  int            `json:"revised"`
		Failed   map[string]any `json:"sources_failed"`
	}
	if json.Unmarshal(p.Counts, &c) != nil {
		return ""
	}
	return fmt.Sprintf(": %d new articles, %d revised, %s failed", c.Articles, c.Revised, plural(len(c.Failed), "source"))
}

// ago says how long ago a moment was.
func ago(at string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return "never"
	}
	return short(now.Sub(t)) + " ago"
}

func until(at string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return "never"
	}
	return "in " + short(t.Sub(now))
}

// short is a time in its largest unit.
func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
