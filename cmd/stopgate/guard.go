package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gitcommand"
	"stopgate/hook/guard"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
)

// guardDeadline bounds the decision on one git command. After it git runs.
const guardDeadline = 10 * time.Second

// The variables that the host's shells get at the start of a session.
const (
	guardCalls = "STOPGATE_CALLS" // the session's file of calls; the folder above that of the calls holds the journals
	guardText  = "STOPGATE_SHELL" // the text that the host started the shell with
	guardHome  = "STOPGATE_HOME"  // the person's home
	// what git would start by variables of the environment when the shell began, in the form of guardStarting
	guardStarts = "STOPGATE_STARTS"
	guardRoot   = "STOPGATE_ROOT" // the session's project: a command that only reads in there is not put before the guard
)

// callsFolder is below the folder of the journals.
const callsFolder = "calls"

// guard decides whether a git command of an agent may run. It exits with 1 if not, and says why on stderr. It prints the words that git
// must be called with instead, quoted for a shell, if there are any.
func (c command) guard(args []string) int {
	flags := flag.NewFlagSet("guard", flag.ContinueOnError)
	environment := flags.Bool("environment", false, "print what the host's shells need, for the session of the event on stdin")
	if status, done := c.parseLeading(flags, args); done {
		return status
	}
	args = flags.Args()
	switch {
	case *environment && len(args) == 1:
		return c.guardEnvironment(args[0])
	case *environment:
		return c.misused("guard", "--environment needs the plugin's folder")
	case len(args) < 2:
		return c.misused("guard", "the folder of the guard's git and the git to guard are missing")
	}
	ctx, cancel := context.WithTimeout(context.Background(), guardDeadline)
	defer cancel()
	git := realGit{path: args[1], dir: c.dir, env: os.Environ()}
	written := guard.Read(args[2:])
	git.globals = written.Globals
	resolved := guard.Resolve(ctx, git, written, "PATH="+posixQuote(args[0])+":$PATH; export PATH; ")
	git.globals = resolved.Globals
	folder, found := c.callsHere()
	in := c
	in.getenv = func(name string) string {
		if name == "STOPGATE_STATE_DIR" && folder != "" {
			return folder
		}
		return c.getenv(name)
	}
	anew := c.startsAnew(ctx, git)
	answer := gitcommand.Guard(ctx, &in.runner().World, gitcommand.Command{
		Resolved: resolved, Programs: append(resolved.Programs(anew), guard.OtherConfiguration(ctx, git, anew)...), Git: git, Calls: found, Dir: c.dir, Home: c.getenv(guardHome), Getenv: c.getenv,
	})
	for _, text := range []string{answer.Refusal, answer.Notice} {
		if text != "" {
			fmt.Fprintln(c.stderr, text)
		}
	}
	if answer.Refusal != "" {
		return exitNot
	}
	for _, word := range resolved.Instead {
		fmt.Fprintf(c.stdout, "%s ", posixQuote(word))
	}
	return exitOK
}

// startsAnew is the environment for guard.Command.Programs. What the shell had when it began is the person's own, and is left out, as is git's
// own folder, which git names to what it starts.
func (c command) startsAnew(ctx context.Context, git realGit) func(name string) string {
	variables := guard.StartingVariables()
	before := strings.Split(c.getenv(guardStarts), ":")
	return func(name string) string {
		value := c.getenv(name)
		if i := slices.Index(variables, name); i >= 0 && i < len(before) && before[i] == value {
			return ""
		}
		if name == "GIT_EXEC_PATH" && value != "" {
			if own, ok := git.AskAt(ctx, c.dir, "--exec-path"); ok && own == value {
				return ""
			}
		}
		return value
	}
}

// callsHere are the calls that this process can belong to, and the folder of the journals; "" if the host's shell did not say.
func (c command) callsHere() (folder string, found []calls.Call) {
	path := c.getenv(guardCalls)
	if path == "" {
		return "", nil
	}
	folder = filepath.Dir(filepath.Dir(path))
	if text := c.getenv(guardText); text != "" {
		var err error
		if found, err = calls.Find(path, text); err != nil {
			fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
		}
	}
	return folder, found
}

// posixQuote is a word that every shell reads as s.
func posixQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// guardEnvironment prints the commands that put the guard's git into the host's shells (CLAUDE_ENV_FILE), for the plugin in that folder.
// It prints nothing if the guard cannot be there: a PATH cannot hold a folder with a colon.
func (c command) guardEnvironment(plugin string) int {
	input, err := io.ReadAll(io.LimitReader(c.stdin, host.MaxEventBytes+1))
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: reading the event: %v\n", err)
		return exitNot
	}
	event, err := host.ParseEvent(input)
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: reading the event: %v\n", err)
		return exitNot
	}
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
		return exitNot
	}
	path := calls.Path(filepath.Join(dir, callsFolder), event.SessionID)
	if path == "" || strings.Contains(plugin, ":") || strings.ContainsAny(plugin+path, "\x00\n") {
		fmt.Fprintf(c.stderr, "stopgate: git commands of agents are not guarded: the folder %s or the session %s cannot be used\n",
			quote.String(plugin, quote.MaxPath), quote.String(event.SessionID, quote.MaxName))
		return exitNot
	}
	if err := calls.Begin(path, c.now()); err != nil {
		fmt.Fprintf(c.stderr, "stopgate: git commands of agents are not guarded: %v\n", err)
		return exitNot
	}
	// bash and zsh keep the text that they were started with. A command of 100 KB would not fit into the environment.
	fmt.Fprintf(c.stdout, `export PATH=%s:"$PATH" %s=%s %s="$HOME" %s=%s
%s=${BASH_EXECUTION_STRING:-${ZSH_EXECUTION_STRING-}}
[ ${#%s} -le 16384 ] || %s=${%s: -8192}
%s="%s"
export %s %s
`, posixQuote(filepath.Join(plugin, "scripts", "shim")), guardCalls, posixQuote(path), guardHome, guardRoot, posixQuote(cmp.Or(c.getenv("CLAUDE_PROJECT_DIR"), event.Cwd)), guardText, guardText, guardText, guardText,
		guardStarts, "${"+strings.Join(guard.StartingVariables(), "-}:${")+"-}", guardText, guardStarts)
	return exitOK
}

// announce notes a command that the host is about to run.
func (c command) announce(call calls.Call, text string) {
	dir, err := journal.Dir(c.getenv)
	if err == nil {
		err = calls.Add(calls.Path(filepath.Join(dir, callsFolder), call.Session), call, text)
	}
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
	}
}

// otherCalls are the calls of every session but that one since then.
func (c command) otherCalls(session string, since time.Time) []calls.Call {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil
	}
	list, err := calls.OfOthers(filepath.Join(dir, callsFolder), session, since)
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
	}
	return list
}

// callsOf are the calls of a session.
func (c command) callsOf(session string) []calls.Call {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil
	}
	list, err := calls.OfSession(calls.Path(filepath.Join(dir, callsFolder), session))
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
	}
	return list
}

// realGit asks the git that a guarded command would run.
type realGit struct {
	path, dir string
	globals   []string
	env       []string
}

// Ask runs git as the guarded command would.
func (g realGit) Ask(ctx context.Context, arguments ...string) (string, bool) {
	return g.run(ctx, g.dir, g.env, append(append([]string(nil), g.globals...), arguments...))
}

// AskAt runs git in another folder.
func (g realGit) AskAt(ctx context.Context, dir string, arguments ...string) (string, bool) {
	var env []string
	for _, kv := range g.env {
		if !strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "GIT_CONFIG_GLOBAL=") || strings.HasPrefix(kv, "GIT_CONFIG_NOSYSTEM=") {
			env = append(env, kv)
		}
	}
	return g.run(ctx, dir, env, arguments)
}

func (g realGit) run(ctx context.Context, dir string, env, arguments []string) (string, bool) {
	cmd := exec.CommandContext(ctx, g.path, arguments...)
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout = dir, env, &out
	if err := cmd.Run(); err != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}
