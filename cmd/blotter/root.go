package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"blotter/internal/strict"
	"blotter/query"
)

// The exit codes, documented in the root help.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitSources = 3
	exitDiffers = 4
)

const rootHelp = `Blotter watches police, government and press sites. On schedules it lists their feeds and pages, keeps every
page as evidence, reads the articles, tags them by Boolean rules with the sentence that earned each tag, indexes
them, and answers searches and exports.

Start with 'blotter demo' to see it at work on made-up newsrooms, or with 'blotter init' for the real sources.

Data goes to standard output, everything else to standard error.
Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 done, but some sources failed, 4 a replay gave another answer.`

// commands are the commands in the order of the help. A new command is one file and one line here.
var commands = []func(*app) *cobra.Command{
	initCommand, runCommand, daemonCommand, reloadCommand, serviceCommand, backfillCommand, updateCommand,
	statusCommand, doctorCommand, verifyCommand, repairCommand, searchCommand, showCommand, exportCommand, replayCommand,
	warcCommand, importCommand, sampleCommand, codeCommand, agreeCommand, extractCommand, listCommand, classifyCommand, queryCommand,
	rulesCommand, sourcesCommand, coverageCommand, alarmsCommand, alertsCommand, forgetCommand, compactCommand, backupCommand, restoreCommand,
	demoCommand,
	manCommand,
	versionCommand,
	queryTopic,
}

// app is what the commands share: the streams, and the flags that all of them have.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	configDir string
	dataDir   string
	output    string
	verbose   bool
	quiet     bool

	passing bool // a pass keeps what it fetches, whenever it is stopped
}

// usageError is a mistake in how the program was called.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errSomeFailed says that a pass is done and some of its sources failed; the summary has named them.
var errSomeFailed = errors.New("some sources failed")

// errSaid says that a check is done and found something, which is printed already.
var errSaid = errors.New("something was found")

// errDifferent says that a replay is done and gave another answer, which is printed already.
var errDifferent = errors.New("the answer is another")

// run is the program: arguments in, exit code out.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{Writer: stdout}
	a := &app{stdin: stdin, stdout: out, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	return a.exit(cmd, err)
}

// exit turns an error into its text and exit code. No other place does.
func (a *app) exit(cmd *cobra.Command, err error) int {
	var syntax *query.SyntaxError
	var usage usageError
	var faults strict.Faults
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSomeFailed):
		return exitSources
	case errors.Is(err, errDifferent):
		return exitDiffers
	case errors.Is(err, errSaid):
		return exitFailure
	case errors.As(err, &syntax):
		fmt.Fprintf(a.stderr, "%s: %v\n%s\n", cmd.CommandPath(), err, syntax.Caret())
		return exitUsage
	case errors.As(err, &faults): // each on a line of its own, as editors read them
		fmt.Fprintf(a.stderr, "%v\n%s: %s\n", err, cmd.CommandPath(), plural(len(faults), "fault"))
		return exitFailure
	case errors.Is(err, context.Canceled) && a.passing:
		fmt.Fprintf(a.stderr, "%s: stopped; what was fetched is kept, and the next run goes on from here\n", cmd.CommandPath())
		return exitFailure
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(a.stderr, "%s: stopped; begin again with the same command\n", cmd.CommandPath())
		return exitFailure
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "%s: %v\nSee '%s --help'.\n", cmd.CommandPath(), err, cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(a.stderr, "%s: %v\n", cmd.CommandPath(), err)
		return exitFailure
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "blotter",
		Version:       version,
		Short:         "Watch newsrooms, keep the evidence, tag and search what they publish",
		Long:          rootHelp,
		Example:       "  blotter demo\n  blotter init && blotter run\n  blotter search 'seized NEAR/5 firearm*'",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configDir, "config", "", "folder of the configuration (default: this folder, if it holds blotter.yaml)")
	flags.StringVar(&a.dataDir, "data", "", "folder of the archive and the index (default: what data: in blotter.yaml says)")
	flags.StringVarP(&a.output, "output", "o", "", "output for people or machines: "+strings.Join(outputs, ", ")+" (search: csv too)")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "say more on standard error")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no summary on standard error")
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.checkOutput(cmd) }
	for _, command := range commands {
		root.AddCommand(command(a))
	}
	markUsageErrors(root)
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp))
	return root
}

// markUsageErrors makes the errors of wrong arguments usage errors, for all commands.
func markUsageErrors(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.ArbitraryArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		markUsageErrors(sub)
	}
}

// outputs are the values of --output.
var outputs = []string{"table", "json", "jsonl"}

// machinesOnly marks the commands that print JSON lines and have no table.
var machinesOnly = map[string]string{"output": "jsonl"}

// checkOutput refuses an --output that is unknown or that the command does not have, and fills in its default.
func (a *app) checkOutput(cmd *cobra.Command) error {
	def, tables := "table", true
	if d := cmd.Annotations["output"]; d != "" {
		def, tables = d, false
	}
	if a.output == "" {
		a.output = def
	}
	switch {
	case a.output == "csv" && cmd.Annotations["csv"] != "":
	case !slices.Contains(outputs, a.output):
		known := outputs
		if cmd.Annotations["csv"] != "" {
			known = append(slices.Clone(outputs), "csv")
		}
		return usagef("--output %q is unknown; there are %s", a.output, strings.Join(known, ", "))
	case a.output != "jsonl" && !tables:
		return usagef("%s prints JSON lines, and has no table and no one object; leave --output away", cmd.Name())
	}
	return nil
}
