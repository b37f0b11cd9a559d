package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/check"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/sarif"
	"stopgate/hook/site"
)

const (
	// maxMessage bounds what check reads, in bytes.
	maxMessage = 64 << 20
	// checkDeadline bounds one check. What has not been seen by then is unknown.
	checkDeadline = time.Minute
)

// judgeOptions are the flags of check.
type judgeOptions struct {
	worktree string // replaces the report's worktree_path; "" for none
	base     string // the revision to compare with; "" for HEAD
	format   string // text, json, sarif or github
}

// runCheck judges one message by hand: a bare report, or all of an agent's last message. It writes nothing but its result.
func runCheck(c command, flags *flag.FlagSet, args []string) error {
	var o judgeOptions
	flags.StringVar(&o.worktree, "worktree", "", "check the files in `DIR`, not in the worktree that the report names")
	flags.StringVar(&o.base, "base", "", "compare with the commit `REV` instead of HEAD")
	format := formatFlag(flags, "print `FORMAT`: text, json (schema result), sarif (SARIF 2.1.0), or github (annotations of a workflow)", "text", "json", "sarif", "github")
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() > 1 {
		return misused("more than one report was given")
	}
	o.format = *format
	message, err := readMessage(c, flags.Arg(0))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkDeadline)
	defer cancel()
	return judgeMessage(ctx, c, message, o)
}

// readMessage reads the named file; "" and "-" are stdin.
func readMessage(c command, name string) (string, error) {
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

// judgeMessage checks a message and writes the result. It returns errNot for any verdict but verified.
func judgeMessage(ctx context.Context, c command, message string, o judgeOptions) error {
	grounds := site.GroundsOf("", c.dir)
	if o.worktree != "" {
		var err error
		if grounds, err = site.GroundsAt(c.abs(o.worktree)); err != nil {
			return err
		}
	}
	if o.base != "" && grounds.Repository != nil {
		// Any name will do: a revision that has no such file is a revision.
		const any = "stopgate-no-such-file"
		if _, err := c.worktreesByHand().FileAt(ctx, *grounds.Repository, o.base, any, 1); err != nil {
			why := strings.TrimPrefix(err.Error(), fmt.Sprintf("reading %q in %q: ", any, o.base))
			if _, err := os.Stat(filepath.Join(grounds.Repository.CommonDir, "shallow")); err == nil {
				why += "; this is a shallow clone: fetch that revision first"
			}
			return misused("--base %q cannot be used: %s", o.base, quote.Line(why))
		}
	}
	result := check.Message(ctx, c.worktreesByHand(), grounds, o.base, message)
	if result.Warning != "" {
		fmt.Fprintln(c.stderr, result.Warning)
	}
	var err error
	switch o.format {
	case "json":
		err = quote.WriteJSON(c.stdout, result)
	case "sarif":
		err = sarif.Write(c.stdout, release, result.Located())
	case "github":
		err = sarif.Annotate(c.stdout, result.Located())
	default:
		err = result.WriteText(c.stdout, c.style(false))
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return wrote("the result", err)
	}
	if result.Verdict != rule.Verified {
		return errNot
	}
	return nil
}
