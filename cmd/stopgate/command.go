package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/style"
	"stopgate/schema"
)

// Exit statuses. 2 is not among them: the host takes it for a block, and Go itself exits with it on a panic.
const (
	exitOK        = 0 // done. check: verified
	exitNot       = 1 // hook: the input is not an event. check: any verdict but verified. clean and restore: something is left
	exitCannotRun = 3 // wrong usage, input that cannot be read, or a crash
)

// command is the program's ties to the world.
type command struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	// environ is the environment of git and its configuration, in the form of os.Environ; nil means that of the process.
	environ []string
	// dir is the working directory.
	dir string
	now func() time.Time
	// zone is where people are shown times; nil is UTC.
	zone *time.Location
	// lag is hook.Runner.Lag.
	lag time.Duration
	// heap is told of an event that needs a look at a worktree; nil for nothing.
	heap *heap
}

// subcommand is one of the things the program does. run defines its flags and parses the arguments with them. Its error ends the program as
// command.end says.
type subcommand struct {
	name, args, what string
	run              func(c command, flags *flag.FlagSet, args []string) error
}

// subcommands are in the order of the usage text.
func subcommands() []subcommand {
	return []subcommand{
		{"hook", "", "answer an event of Claude Code on stdin, or check a bare report", runHook},
		{"check", "[--worktree DIR] [--base REV] [--format text|json|sarif|github] [REPORT|-]", "check a report, or the last message of an agent that contains it", runCheck},
		{"replay", "[--since WHEN] [--agent AGENT] [--verdict VERDICT] [--last] [--explain] [--judge-again] [--worktree DIR] [--format text|json|jsonl] [--utc] TRANSCRIPT...", "check the stops in recorded transcripts", runReplay},
		{"clean", "[--worktree DIR] [--dry-run] [--format text|json]", "remove what test and lint runs left in a worktree", runClean},
		{"restore", "[--to DIR] [--utc] [STEP [PATH]]", "list what was moved to the trash, or bring it back", runRestore},
		{"status", "[--all] [--watch] [--format text|json] [--utc]", "show where each task of this repository stands, and who has the next move", runStatus},
		{"close", "TASK --reason TEXT", "end a task by hand, whatever it waits for", runClose},
		{"log", "[--task TASK] [--since WHEN] [--agent AGENT] [--verdict VERDICT] [--follow] [--records] [--format text|json] [--utc]", "show what happened, by task, one line for each thing", runLog},
		{"statusline", "", "print one short line for the client's status line, whose JSON is on stdin", runStatusline},
		{"show", "[--format text|json] [--utc] STEP|AGENT|TASK", "show a recorded stop: its verdict, its report and the next step", runShow},
		{"step", "[TASK|STEP]", "print the whole next step of a task, or the step with an id", runStep},
		{"stats", "[--since WHEN] [--by agent|rule|day|repository] [--all] [--format text|json|csv]", "count what was recorded: verdicts, corrections, refusals, times", runStats},
		{"dashboard", "[--since WHEN] [--all] [--from FILE]... [--transcripts PATH]... [--with-reports] [--out FILE | --serve[=ADDR]] [--open]", "write a web page of what was recorded, which needs no network", runDashboard},
		{"export", "[--since WHEN] [--all] [--with-reports] [--format jsonl|otlp-json] [--cursor FILE]", "write what was recorded for other programs, one record on each line", runExport},
		{"explain", "[RULE | --task TASK]", "explain a rule or the gates of a task, or list the rules", runExplain},
		{"doctor", "[--fix] [--quick] [--at-start] [--format text|json]", "find out whether the gate is on, and what would switch it off or blind it", runDoctor},
		{"guard", "[--environment PLUGIN | FOLDER GIT ARGUMENT...]", "decide on a git command of an agent, before git runs", runGuard},
		{"init", "[--dry-run] [--plugin DIR]... [--yes]", "write a .stopgate.yml that fits this repository, its agents and its pipeline", runInit},
		{"config", "[check [FILE]]", "show every setting in force and where it comes from, or check a file", runConfig},
		{"schema", "[NAME] [--all DIR]", "print a JSON Schema, list the schemas, or write them all to a folder", runSchema},
		{"completion", "bash|zsh|fish", "print a script that completes commands and flags in a shell", runCompletion},
		{"man", "", "print the manual page", runMan},
		{"version", "", "print the version", runVersion},
	}
}

// run is the program. It recovers from every panic: a crash must never be read as a verdict.
func (c command) run(args []string) (status int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(c.stderr, "stopgate: internal error: %v\n%s", p, debug.Stack())
			status = exitCannotRun
		}
	}()
	// Clients before 2.1.139 know no arguments of a hook: they start the program with none.
	if len(args) == 0 && c.getenv("CLAUDE_PLUGIN_ROOT") != "" {
		args = []string{"hook"}
	}
	if len(args) == 0 {
		c.usage(c.stderr)
		return exitCannotRun
	}
	if slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		if len(args) == 1 {
			c.usage(c.stdout)
			return exitOK
		}
		args = []string{args[1], "-h"}
	}
	if slices.Contains([]string{"-v", "-version", "--version"}, args[0]) {
		args[0] = "version"
	}
	if sub, ok := subcommandOf(args[0]); ok {
		return c.end(sub.name, sub.run(c, flag.NewFlagSet(sub.name, flag.ContinueOnError), args[1:]))
	}
	names := append(quote.Each(subcommands(), func(s subcommand) string { return s.name }), "help", "--version", "--help")
	fmt.Fprintf(c.stderr, "stopgate: unknown command %q%s stopgate help lists the commands\n", args[0], cmp.Or(didYouMean(args[0], names), ";"))
	return exitCannotRun
}

// didYouMean asks for the nearest of the known words, as the end of a message; "" if none is near.
func didYouMean(word string, known []string) string {
	if near := schema.Nearest(word, known); near != "" {
		return ". Did you mean " + near + "?"
	}
	return ""
}

func subcommandOf(name string) (sub subcommand, ok bool) {
	list := subcommands()
	i := slices.IndexFunc(list, func(s subcommand) bool { return s.name == name })
	if i < 0 {
		return subcommand{}, false
	}
	return list[i], true
}

// usageFor returns the usage behind a prefix, on as many lines as a terminal needs. A flag stays on one line with its value.
func (s subcommand) usageFor(look style.Style, prefix string) string {
	const whole = "\u00a0"
	args := strings.NewReplacer(" [", " [", " ", whole).Replace(s.args)
	begin := prefix + "stopgate " + s.name + " "
	return strings.ReplaceAll(look.Hang(strings.TrimRight(begin+args, " "), len(begin)), whole, " ")
}

func (c command) usage(w io.Writer) {
	var b strings.Builder
	look := c.style(false)
	if w != c.stdout {
		look.Width = 0
	}
	b.WriteString("stopgate checks with git what a coding agent reports when it stops.\n\n")
	for _, sub := range subcommands() {
		b.WriteString(sub.usageFor(look, "  ") + "\n" + look.Wrap("      "+sub.what+"\n"))
	}
	b.WriteString(look.Wrap("\nstopgate help COMMAND shows the flags of a command.\n"))
	_, _ = io.WriteString(w, b.String())
}

// misuse says what is wrong with the arguments of a subcommand.
type misuse string

func (m misuse) Error() string { return string(m) }

func misused(format string, args ...any) error { return misuse(fmt.Sprintf(format, args...)) }

// errNot ends a subcommand with exitNot. Why has been printed.
var errNot = errors.New("not as it should be")

// end prints the error of a subcommand, if it has not been printed, and returns the exit status for it. A reader that has closed the pipe has
// read enough: that is no failure.
func (c command) end(name string, err error) int {
	var wrong misuse
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp), errors.Is(err, syscall.EPIPE):
		return exitOK
	case errors.Is(err, errNot):
		return exitNot
	case errors.As(err, &wrong):
		end := ";"
		if strings.HasSuffix(string(wrong), "?") {
			end = ""
		}
		fmt.Fprintf(c.stderr, "stopgate %s: %s%s stopgate help %s shows the usage\n", name, wrong, end, name)
	default:
		fmt.Fprintf(c.stderr, "stopgate %s: %s\n", name, quote.Lines(err.Error()))
	}
	return exitCannotRun
}

// wrote returns the error of writing what people asked for; nil for nil.
func wrote(what string, err error) error {
	if err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

// recordable fails if the working directory is in no repository and no session was held in it.
func (c command) recordable() error {
	grounds := site.GroundsOf("", c.dir)
	if grounds.Repository != nil {
		return nil
	}
	if book, err := c.bookOf(grounds.Key()); err == nil {
		if _, err := os.Stat(book.Folder()); err == nil {
			return nil
		}
	}
	return errNotRepository(c.dir)
}

// damaged reports lines of the journal, or of what else was read, that could not be read.
func (c command) damaged(name, source string, lines int) {
	if lines > 0 {
		fmt.Fprintf(c.stderr, "stopgate %s: skipped %s of %s that cannot be read\n", name, quote.Plural(lines, "line"), source)
	}
}

// abs is name as seen from the working directory.
func (c command) abs(name string) string { return site.From(c.dir, name) }
