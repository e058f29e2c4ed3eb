package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/configs"
	"blotter/internal/answer"
)

// adding is what sources add was asked for.
type adding struct {
	source blotter.Source // what the person knows of it
	pick   int            // the candidate to take; 0: the best
	all    bool
	dryRun bool
}

func sourcesAddCommand(a *app) *cobra.Command {
	var x adding
	cmd := &cobra.Command{
		Use:   "add URL",
		Short: "Find how a site can be listed, and add it to the sources",
		Long: `Find how the site of URL can be listed, and add the best way as a source at the end of sources/added.yaml.

URL may be a feed, a page with a list of news, or any other page of the site. Asked are, one after the other and as politely
as in a crawl: URL itself, the feeds that the page names, the front page, the places where sites usually have a feed, and the
sitemaps that robots.txt names. The search ends at the first feed that can be read, unless --all is given. Each is judged by
what it lists, how new that is, and whether an article can be read from it; --pick takes another than the best.

What is not said by flags is guessed from the page, the text and the domain, and noted beside the source. Nothing is fetched
later on that robots.txt forbids. With --dry-run nothing is written.`,
		Example: `  blotter sources add https://www.police.example/news --dry-run
  blotter sources add https://www.police.example/news --publisher police --country gb --time-zone Europe/London
  blotter sources add https://press.example/ --all --pick 2`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if x.source.URL = args[0]; !strings.Contains(x.source.URL, ":") {
				x.source.URL = "https://" + x.source.URL
			}
			return a.addSource(cmd.Context(), c, x)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&x.dryRun, "dry-run", false, "show what would be added, and write nothing")
	f.BoolVar(&x.all, "all", false, "go on when a good feed is found, and show every way there is")
	f.IntVar(&x.pick, "pick", 0, "take the candidate of this number, not the best")
	f.StringVar(&x.source.ID, "id", "", "id of the source (default: made from host and path)")
	f.StringVar(&x.source.Name, "name", "", "its name (default: what it calls itself)")
	sourceFlags(cmd, &x.source)
	return cmd
}

// sourceFlags are the flags for what only people know of a source.
func sourceFlags(cmd *cobra.Command, src *blotter.Source) {
	f := cmd.Flags()
	f.StringVar(&src.Country, "country", "", "two letters such as gb, or int")
	f.StringVar(&src.Language, "language", "", "what it writes in, such as en-GB")
	f.StringVar(&src.TimeZone, "time-zone", "", "zone of its dates, such as Europe/London")
	f.StringVar(&src.Publisher, "publisher", "", "police, government, press, trade, analysis or aggregator")
	f.StringVar(&src.Schedule, "schedule", "", `when to ask it: five cron fields, "@hourly" or "every 30m"`)
}

// addSource finds and adds a source.
func (a *app) addSource(ctx context.Context, c *configs.Config, x adding) error {
	if err := a.mayAdd(c, x); err != nil {
		return err
	}
	s := &siteSearch{app: a, config: c, fetcher: a.fetcher(c), source: x.source, all: x.all || x.pick > 1}
	found, failure, err := s.search(ctx, x.source.URL)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%s: %w", x.source.URL, failure)
	}
	chosen, refusal := choose(found, x.pick)
	if refusal != nil {
		return errors.Join(a.printCandidates(found, nil), refusal)
	}
	addition := s.addition(chosen)
	if err := c.CheckAddition(addition); err != nil {
		return err
	}
	if !x.dryRun {
		if err := c.Add([]configs.Addition{addition}); err != nil {
			return err
		}
	}
	return errors.Join(a.printCandidates(found, &addition), a.tellAdded(c, addition, x.dryRun))
}

// mayAdd refuses before anything is asked what would be refused after it.
func (a *app) mayAdd(c *configs.Config, x adding) error {
	if c.Dir == "" && !x.dryRun {
		return configs.ErrNoFolder
	}
	if err := hasContact(c); err != nil {
		return err
	}
	if x.pick < 0 {
		return usagef("--pick counts from 1")
	}
	if src, there := c.Reading(x.source.URL); there && x.pick == 0 && !x.all {
		return readAlready(src, x.source.URL)
	}
	if _, err := findSource(c, x.source.ID); x.source.ID != "" && err == nil {
		return usagef("there is a source %s already; choose another --id", x.source.ID)
	}
	return checkSaid(c, x.source)
}

// checkSaid looks at what flags say of a source, before anything is done with it.
func checkSaid(c *configs.Config, said blotter.Source) error {
	said.Kind, said.Enabled = blotter.KindFeed, true
	for _, f := range []struct {
		value *string
		any   string
	}{
		{&said.ID, "x"}, {&said.Name, "x"}, {&said.Country, "int"}, {&said.Language, "en"}, {&said.TimeZone, "UTC"},
		{&said.Publisher, "press"}, {&said.Schedule, "@hourly"}, {&said.URL, "https://x.example/"},
	} {
		if *f.value == "" {
			*f.value = f.any
		}
	}
	return usageOr(c.CheckAddition(configs.Addition{Source: said}))
}

// readAlready names the source that is there.
func readAlready(src blotter.Source, url string) error {
	if !src.Enabled {
		return fmt.Errorf("source %s reads %s already, and is disabled: %s", src.ID, url, src.Why)
	}
	return fmt.Errorf("source %s reads %s already", src.ID, url)
}

// choose takes the best candidate, or the one that was picked.
func choose(found []candidate, pick int) (*candidate, error) {
	if pick > len(found) {
		return nil, usagef("--pick %d: there are %s", pick, plural(len(found), "candidate"))
	}
	c := &found[max(pick, 1)-1]
	switch {
	case c.ReadBy != "":
		return nil, fmt.Errorf("source %s reads %s already; --pick takes another of the candidates", c.ReadBy, c.URL)
	case c.Items == 0 && pick == 0:
		return nil, fmt.Errorf("no feed, sitemap or list of news was found that can be read (%s: %s); look for one with a browser and give its address",
			c.URL, c.Failure)
	case c.Items == 0:
		return nil, fmt.Errorf("%s cannot be a source: %s", c.URL, c.Failure)
	case !c.OK && pick == 0:
		return nil, fmt.Errorf("%s lists %s, but no article could be read: %s; --pick %d adds it all the same, disabled",
			c.URL, plural(c.Items, "item"), c.Failure, c.N)
	}
	c.Chosen = true
	return c, nil
}

// addition makes a source of a candidate. One whose articles cannot be read is added disabled.
func (s *siteSearch) addition(c *candidate) configs.Addition {
	src := s.source
	src.URL, src.Kind, src.Enabled = c.URL, c.Kind, c.OK
	if src.Name == "" {
		src.Name = c.Title
	}
	if src.Name == "" {
		src.Name = strings.TrimSuffix(strings.TrimPrefix(homeOf(c.URL), "https://"), "/")
	}
	if src.ID == "" {
		src.ID = s.config.NewID(c.URL, func(string) bool { return false })
	}
	guesses := fillIn(&src, c.trial)
	if !c.OK {
		src.Why = "no article could be read when it was added: " + c.Failure
	}
	note := fmt.Sprintf("found from %s (%s)", s.source.URL, c.Found)
	if g := guesses.String(); g != "" {
		note += "; guessed: " + g
	}
	return configs.Addition{Source: src, Note: note}
}

// addedCandidate is a candidate as machines get it, with the source that was made of it.
type addedCandidate struct {
	candidate
	Source *answer.Source `json:"source,omitempty"`
	Note   string         `json:"note,omitempty"`
}

// printCandidates prints what was found, the best first.
func (a *app) printCandidates(found []candidate, added *configs.Addition) error {
	if a.output == "table" {
		return a.candidateTable(found)
	}
	rows := make([]addedCandidate, len(found))
	for i, c := range found {
		rows[i].candidate = c
		if c.Chosen && added != nil {
			row := answer.NewSource(added.Source)
			rows[i].Source, rows[i].Note = &row, added.Note
		}
	}
	if a.output == "json" {
		return a.writeJSON(rows)
	}
	for _, r := range rows {
		if err := a.writeJSON(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) candidateTable(found []candidate) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "N\tKIND\tITEMS\tNEWEST\tA DAY\tFOUND BY\tURL\tARTICLE")
	for _, c := range found {
		mark := " "
		if c.Chosen {
			mark = "*"
		}
		article := fmt.Sprintf("%s (%s)", shorten(plain(c.Article), 60), plural(c.Words, "word"))
		switch {
		case c.ReadBy != "":
			article = "read by source " + c.ReadBy
		case !c.OK:
			article = "failed: " + shorten(plain(c.Failure), 80)
		}
		perDay := ""
		if c.PerDay > 0 {
			perDay = fmt.Sprint(c.PerDay)
		}
		newest := c.trial.Newest.Time.Format("2006-01-02")
		if c.trial.Newest.IsZero() {
			newest = ""
		}
		fmt.Fprintf(w, "%d%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", c.N, mark, c.Kind, c.Items, newest, perDay, c.Found, plain(c.URL), article)
	}
	return w.Flush()
}

// tellAdded says what was written, or would be, and shows it.
func (a *app) tellAdded(c *configs.Config, added configs.Addition, dryRun bool) error {
	file := filepath.Join(c.Dir, "sources", "added.yaml")
	if dryRun {
		a.tell("Would be added to %s:\n%s", file, visible(added.String()))
		return nil
	}
	a.tell("Added to %s:\n%s", file, visible(added.String()))
	if !added.Source.Enabled {
		a.tell("It is disabled; %s\n", plain(added.Source.Why))
		return nil
	}
	a.tell("Next: look over what was guessed, then 'blotter run --source %s'.\n", added.Source.ID)
	return nil
}
