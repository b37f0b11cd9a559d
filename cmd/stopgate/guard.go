package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gitcommand"
	"stopgate/hook/guard"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/speaker"
)

// guardDeadline bounds the decision on one git command. After it git runs.
const guardDeadline = 10 * time.Second

// runGuard decides whether a git command of an agent may run. If not, it exits with 1 and prints the reason on stderr. If git must be called with
// other words, or another program, it prints what a shell has to run for that.
func runGuard(c command, flags *flag.FlagSet, args []string) error {
	environment := flags.Bool("environment", false, "print what the host's shells need, for the session of the event on stdin")
	if err := c.parseLeading(flags, args); err != nil {
		return err
	}
	args = flags.Args()
	switch {
	case *environment && len(args) == 1:
		return guardEnvironment(c, args[0])
	case *environment:
		return misused("--environment needs the plugin's folder")
	case len(args) < 2:
		return misused("the folder of the guard's git and the git to guard are missing")
	}
	ctx, cancel := context.WithTimeout(context.Background(), guardDeadline)
	defer cancel()
	written := guard.Read(args[2:])
	git := guard.RealGit{Path: args[1], Dir: c.dir, Globals: written.Globals, Env: os.Environ()}
	resolved := guard.Resolve(ctx, git, written, "PATH="+guard.Quote(args[0])+":$PATH; export PATH; ", programInPath)
	git.Globals = resolved.Globals
	folder, found := callsHere(c)
	in := c
	in.getenv = func(name string) string {
		if name == "STOPGATE_STATE_DIR" && folder != "" {
			return folder
		}
		return c.getenv(name)
	}
	anew := guard.StartsAnew(ctx, git, c.getenv)
	answer := gitcommand.Guard(ctx, &in.runner().World, gitcommand.Command{
		Resolved: resolved, Programs: append(resolved.Programs(anew), guard.OtherConfiguration(ctx, git, anew)...), Git: git, Calls: found, Dir: c.dir, Home: c.getenv(guard.HomeVariable), Getenv: c.getenv,
	})
	for _, text := range []string{answer.Refusal, answer.Notice} {
		if text != "" {
			fmt.Fprintln(c.stderr, text)
		}
	}
	if answer.Refusal != "" {
		return errNot
	}
	fmt.Fprint(c.stdout, resolved.Script())
	return nil
}

// programInPath returns the path of a program, as git finds it; "" for none.
func programInPath(name string) string {
	path, err := exec.LookPath(name)
	if err != nil && !errors.Is(err, exec.ErrDot) { // git looks in the working directory, too, if PATH names it
		return ""
	}
	return path
}

// callsHere returns the calls that this process can belong to, and the folder of the journals; "" if the host's shell did not say.
func callsHere(c command) (folder string, found []calls.Call) {
	path := c.getenv(guard.CallsVariable)
	if path == "" {
		return "", nil
	}
	folder = filepath.Dir(filepath.Dir(path))
	if text := c.getenv(guard.ShellVariable); text != "" {
		var err error
		found, err = calls.Find(path, text)
		warn(c, err)
	}
	return folder, found
}

// guardEnvironment prints the commands that put the guard's git into the host's shells (CLAUDE_ENV_FILE), for the plugin in that folder.
// It prints nothing if the guard cannot be there: a PATH cannot hold a folder with a colon.
func guardEnvironment(c command, plugin string) error {
	event, _, err := readEvent(c)
	if err != nil {
		return notDone(c, err)
	}
	dir, err := callsDir(c)
	if err != nil {
		return notDone(c, err)
	}
	path := calls.Path(dir, event.SessionID)
	if path == "" || strings.Contains(plugin, ":") || strings.ContainsAny(plugin+path, "\x00\n") {
		return notDone(c, fmt.Errorf("git commands of agents are not guarded: the folder %s or the session %s cannot be used",
			quote.String(plugin, quote.MaxPath), quote.String(event.SessionID, quote.MaxName)))
	}
	if err := calls.Begin(path, c.now()); err != nil {
		return notDone(c, fmt.Errorf("git commands of agents are not guarded: %w", err))
	}
	if client := speaker.Process(c.getenv("CLAUDE_PID")); client != "" {
		c.announce(calls.Call{At: c.now(), Session: event.SessionID, Client: client}, "")
	}
	fmt.Fprint(c.stdout, guard.Environment(filepath.Join(plugin, "scripts", "shim"), path, cmp.Or(c.getenv("CLAUDE_PROJECT_DIR"), event.Cwd)))
	return nil
}

// callsDir returns the folder of the calls, below that of the journals.
func callsDir(c command) (string, error) {
	dir, err := journal.Dir(c.getenv)
	return filepath.Join(dir, "calls"), err
}

// warn prints an error that does not keep the command from its work.
func warn(c command, err error) {
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
	}
}

// announce notes a command that the host is about to run.
func (c command) announce(call calls.Call, text string) {
	dir, err := callsDir(c)
	if err == nil {
		err = calls.Add(calls.Path(dir, call.Session), call, text)
	}
	warn(c, err)
}

// otherCalls returns the calls of every session but that one since then.
func (c command) otherCalls(session string, since time.Time) []calls.Call {
	dir, err := callsDir(c)
	if err != nil {
		return nil
	}
	list, err := calls.OfOthers(dir, session, since)
	warn(c, err)
	return list
}

// clientGone reports whether the client of a session has ended, as far as its process shows.
func (c command) clientGone(session string) bool {
	for _, call := range slices.Backward(c.callsOf(session)) {
		if call.Client != "" {
			return speaker.HasEnded(call.Client)
		}
	}
	return false
}

func (c command) callsOf(session string) []calls.Call {
	dir, err := callsDir(c)
	if err != nil {
		return nil
	}
	list, err := calls.OfSession(calls.Path(dir, session))
	warn(c, err)
	return list
}
