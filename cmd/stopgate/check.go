package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/check"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

const (
	// maxMessage bounds what check reads, in bytes.
	maxMessage = 64 << 20
	// checkDeadline bounds one check. What has not been seen by then is unknown.
	checkDeadline = time.Minute
)

// checkFormats are the forms in which check prints its result.
var checkFormats = []string{"text", "json", "sarif", "github"}

// judgeOptions are the flags of check.
type judgeOptions struct {
	worktree string // replaces the report's worktree_path; "" for none
	base     string // the revision to compare with; "" for HEAD
	format   string // one of checkFormats
}

// check judges one message by hand: a bare report, or all of an agent's last message. It writes nothing but its result.
func (c command) check(args []string) int {
	var o judgeOptions
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.StringVar(&o.worktree, "worktree", "", "check the files in `DIR`, not in the worktree that the report names")
	flags.StringVar(&o.base, "base", "", "compare with the commit `REV` instead of HEAD")
	flags.StringVar(&o.format, "format", "text", "print `FORMAT`: text, json (schema result), sarif (SARIF 2.1.0), or github (annotations of a workflow)")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() > 1:
		return c.misused("check", "more than one report was given")
	case !slices.Contains(checkFormats, o.format):
		return c.misused("check", fmt.Sprintf("--format is %q, not one of %s", o.format, strings.Join(checkFormats, ", ")))
	}
	message, err := c.readMessage(flags.Arg(0))
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate check: %v\n", err)
		return exitCannotRun
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkDeadline)
	defer cancel()
	return c.judge(ctx, message, o)
}

// readMessage reads the named file; "" and "-" are stdin.
func (c command) readMessage(name string) (string, error) {
	from, input := "stdin", c.stdin
	if name == "" {
		c.awaits("check", "a report")
	}
	if name != "" && name != "-" {
		file, err := os.Open(c.abs(name))
		if err != nil {
			return "", fmt.Errorf("reading the report: %w", err)
		}
		defer file.Close()
		from, input = name, file
	}
	data, err := io.ReadAll(io.LimitReader(input, maxMessage+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the report from %s: %w", from, err)
	case len(data) > maxMessage:
		return "", fmt.Errorf("reading the report from %s: it is longer than %d bytes", from, maxMessage)
	}
	return string(data), nil
}

// abs is name as seen from the working directory.
func (c command) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// absAll is abs of each name.
func (c command) absAll(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = c.abs(name)
	}
	return list
}

// judge checks a message, writes the result, and returns the exit status for its verdict.
func (c command) judge(ctx context.Context, message string, o judgeOptions) int {
	grounds := site.GroundsOf("", c.dir)
	if o.worktree != "" {
		var err error
		if grounds, err = site.GroundsAt(c.abs(o.worktree)); err != nil {
			fmt.Fprintf(c.stderr, "stopgate check: %v\n", err)
			return exitCannotRun
		}
	}
	if o.base != "" && grounds.Repository != nil {
		// Any name will do: a revision that has no such file is a revision.
		const any = "stopgate-no-such-file"
		if _, err := c.worktrees().FileAt(ctx, *grounds.Repository, o.base, any, 1); err != nil {
			why := strings.TrimPrefix(err.Error(), fmt.Sprintf("reading %q in %q: ", any, o.base))
			if _, err := os.Stat(filepath.Join(grounds.Repository.CommonDir, "shallow")); err == nil {
				why += "; this is a shallow clone: fetch that revision first"
			}
			return c.misused("check", fmt.Sprintf("--base %q cannot be used: %s", o.base, quote.Line(why)))
		}
	}
	result := check.Message(ctx, c.worktrees(), grounds, o.base, message)
	if result.Warning != "" {
		fmt.Fprintln(c.stderr, result.Warning)
	}
	write := map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return result.WriteText(w, c.style(false)) }, "json": result.WriteJSON, "github": result.WriteAnnotations,
		"sarif": func(w io.Writer) error { return result.WriteSARIF(w, release) },
	}[o.format]
	if err := write(c.stdout); err != nil && !errors.Is(err, syscall.EPIPE) {
		return c.failed("check", fmt.Errorf("writing the result: %w", err))
	}
	if result.Verdict != rule.Verified {
		return exitNot
	}
	return exitOK
}
