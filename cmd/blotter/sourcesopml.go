package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"blotter"
	"blotter/configs"
	"blotter/crawler"
)

func sourcesExportCommand(a *app) *cobra.Command {
	var format, out string
	var enabledOnly bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the configured sources as an OPML document for feed readers",
		Long: `Write the configured sources as an OPML 2.0 document, in a folder for each country. Feed readers take the feeds; pages
and sitemaps, which they cannot read, are links. 'blotter sources import' reads the same sources back, with all that a
configuration says of them but its notes.`,
		Example: "  blotter sources export --enabled --out sources.opml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("output") {
				return usagef("an export has a --format (opml) and no --output")
			}
			if format != "opml" {
				return usagef("--format %q is unknown; there is opml", format)
			}
			c, err := a.config()
			if err != nil {
				return err
			}
			sources := c.Sources
			if enabledOnly {
				sources = enabledSources(c)
			}
			if out == "-" {
				return crawler.WriteOPML(a.stdout, "Sources of Blotter", sources)
			}
			return replaceFile(out, func(f *os.File) error { return crawler.WriteOPML(f, "Sources of Blotter", sources) })
		},
	}
	cmd.Flags().StringVar(&format, "format", "opml", "opml")
	cmd.Flags().StringVar(&out, "out", "-", "file to write; - is standard output")
	cmd.Flags().BoolVar(&enabledOnly, "enabled", false, "only the enabled ones")
	return cmd
}

// importedSource is one line of sources import.
type importedSource struct {
	State   string `json:"state"` // added, known, refused
	ID      string `json:"id,omitempty"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Enabled bool   `json:"enabled"`
	Folder  string `json:"folder,omitempty"`
	Reason  string `json:"reason,omitempty"` // why it is disabled, known or refused
}

// The states of an importedSource.
const (
	stateAdded   = "added"
	stateKnown   = "known"
	stateRefused = "refused"
)

func sourcesImportCommand(a *app) *cobra.Command {
	var said blotter.Source
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE.opml",
		Short: "Add the feeds of an OPML document to the sources",
		Long: `Add the feeds of an OPML document, as every feed reader exports one, at the end of sources/added.yaml. Nothing is fetched;
'blotter sources check' tries what was added. The file may be gzipped; - is standard input.

OPML says neither country nor time zone nor who publishes. What is not said by flags is guessed from the domain, and such
a source is added disabled, with what was guessed; it is enabled at once when --country, --time-zone, --language and
--publisher say it for all, and when 'blotter sources export' wrote the file. A feed that a source reads already, by its
canonical URL, is left out. Exit code 3 means that some entries were refused; the others were added.`,
		Example: `  blotter sources import reader.opml --dry-run
  blotter sources import police.opml --country gb --time-zone Europe/London --language en-GB --publisher police`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if c.Dir == "" && !dryRun {
				return configs.ErrNoFolder
			}
			return a.importSources(c, args[0], said, dryRun)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be added, and write nothing")
	sourceFlags(cmd, &said)
	return cmd
}

func (a *app) importSources(c *configs.Config, name string, said blotter.Source, dryRun bool) error {
	if err := checkSaid(c, said); err != nil {
		return err
	}
	body, err := a.readFile(name)
	if err != nil {
		return err
	}
	outlines, faults, err := crawler.ReadOPML(body)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, fault := range faults {
		a.tell("%s: %s\n", name, fault)
	}
	m := &opmlImport{config: c, file: filepath.Base(name), said: said, ids: map[string]bool{}, places: map[string]string{}}
	for _, o := range outlines {
		m.take(o)
	}
	if len(m.additions) > 0 && !dryRun {
		if err := c.Add(m.additions); err != nil {
			return err
		}
	}
	return errors.Join(a.printImported(m.rows), m.tell(a, dryRun))
}

// opmlImport makes sources of outlines.
type opmlImport struct {
	config    *configs.Config
	file      string
	said      blotter.Source    // by flags, for those that do not say it themselves
	ids       map[string]bool   // of the additions
	places    map[string]string // the id of the addition at each canonical URL
	additions []configs.Addition
	rows      []importedSource
}

// take adds one outline, or notes why it does not.
func (m *opmlImport) take(o crawler.Outline) {
	row := importedSource{Name: o.Source.Name, URL: o.Source.URL, Folder: strings.Join(o.Folders, " / ")}
	addition, err := m.addition(o)
	switch known := m.readBy(o.Source.URL); {
	case o.Failure != nil:
		row.State, row.Reason = stateRefused, o.Failure.Error()
	case known != "":
		row.State, row.ID, row.Reason = stateKnown, known, "source "+known+" reads it already"
	case err != nil:
		row.State, row.Reason = stateRefused, err.Error()
	default:
		src := addition.Source
		row.State, row.ID, row.Enabled, row.Reason = stateAdded, src.ID, src.Enabled, src.Why
		m.ids[src.ID], m.places[canonical(src.URL)] = true, src.ID
		m.additions = append(m.additions, addition)
	}
	m.rows = append(m.rows, row)
}

// readBy is the id of the source that reads a URL, in the configuration or further up in the file.
func (m *opmlImport) readBy(url string) string {
	if src, there := m.config.Reading(url); there {
		return src.ID
	}
	return m.places[canonical(url)]
}

// addition completes what an outline says. What then is a guess makes it a disabled source.
func (m *opmlImport) addition(o crawler.Outline) (configs.Addition, error) {
	src := o.Source
	if !o.Ours {
		for _, f := range []struct{ value, said *string }{
			{&src.Country, &m.said.Country}, {&src.Language, &m.said.Language}, {&src.TimeZone, &m.said.TimeZone},
			{&src.Publisher, &m.said.Publisher}, {&src.Schedule, &m.said.Schedule},
		} {
			if *f.said != "" {
				*f.value = *f.said
			}
		}
		src.Language = languageTag(src.Language)
		if g := fillIn(&src, &trial{}).String(); g != "" {
			src.Enabled = false
			src.Why = "imported from " + m.file + " and not looked at yet; guessed: " + g
		}
	}
	note := "imported from " + m.file
	if folder := strings.Join(o.Folders, " / "); folder != "" && !o.Ours {
		note += ", folder " + folder
	}
	if taken, err := findSource(m.config, src.ID); src.ID == "" || m.ids[src.ID] || err == nil && taken.ID == src.ID {
		src.ID = m.config.NewID(src.URL, func(id string) bool { return m.ids[id] })
	}
	a := configs.Addition{Source: src, Note: note}
	return a, m.config.CheckAddition(a)
}

// languageTag writes the language of a feed as a configuration has it, en-GB for en-gb. Other programs write all sorts of things;
// what is no tag is no language.
func languageTag(s string) string {
	base, region, _ := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	if base = strings.ToLower(base); len(base) < 2 || len(base) > 3 || strings.Trim(base, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	if region = strings.ToUpper(region); len(region) != 2 || strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return base
	}
	return base + "-" + region
}

func (a *app) printImported(rows []importedSource) error {
	if asked, err := rowsForMachines(a, rows); asked || err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATE\tID\tNAME\tURL\tWHY")
	for _, r := range rows {
		state := r.State
		if r.State == stateAdded && !r.Enabled {
			state = "added, disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", state, r.ID, shorten(plain(r.Name), 40), shorten(plain(r.URL), 80), plain(r.Reason))
	}
	return w.Flush()
}

// tell sums up. Entries that were refused make the exit code another.
func (m *opmlImport) tell(a *app, dryRun bool) error {
	count := map[string]int{}
	enabled := 0
	for _, r := range m.rows {
		if count[r.State]++; r.Enabled {
			enabled++
		}
	}
	added := "added"
	if dryRun {
		added = "would be added"
	}
	a.tell("%d %s (%d enabled), %d known already, %d refused\n", count[stateAdded], added, enabled, count[stateKnown], count[stateRefused])
	if n := count[stateAdded] - enabled; n > 0 && !dryRun {
		a.tell("Next: set right what was guessed in %s, and take 'enabled: false' and 'why' out.\n", filepath.Join(m.config.Dir, "sources", "added.yaml"))
	}
	if count[stateRefused] > 0 {
		return errSomeFailed
	}
	return nil
}
