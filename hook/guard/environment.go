package guard

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Variables that the host's shells get at the start of a session.
const (
	CallsVariable = "STOPGATE_CALLS" // the session's file of calls; the folder above it holds the journals
	ShellVariable = "STOPGATE_SHELL" // the text with which the host started the shell
	HomeVariable  = "STOPGATE_HOME"  // the person's home
	// programs that git would start because of environment variables when the shell began: the values of StartingVariables, joined by colons
	StartsVariable = "STOPGATE_STARTS"
	rootVariable   = "STOPGATE_ROOT" // the session's project: a command that only reads in there is not passed to the guard
)

// Environment returns the shell commands that put the guard's git, from the folder shim, into the PATH of the host's shells. calls is the session's
// file of calls, project its project.
func Environment(shim, calls, project string) string {
	// bash and zsh keep the text with which they were started. A command of 100 KB would not fit into the environment.
	return fmt.Sprintf(`export PATH=%s:"$PATH" %s=%s %s="$HOME" %s=%s
%s=${BASH_EXECUTION_STRING:-${ZSH_EXECUTION_STRING-}}
[ ${#%s} -le 16384 ] || %s=${%s: -8192}
%s="%s"
export %s %s
`, Quote(shim), CallsVariable, Quote(calls), HomeVariable, rootVariable, Quote(project), ShellVariable, ShellVariable, ShellVariable, ShellVariable,
		StartsVariable, "${"+strings.Join(StartingVariables(), "-}:${")+"-}", ShellVariable, StartsVariable)
}

// Quote returns s as one word for every POSIX shell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// StartsAnew returns the environment for Command.Programs. It leaves out what the shell had when it began, which is the person's own, and git's own
// folder, which git passes to the programs that it starts.
func StartsAnew(ctx context.Context, git RealGit, getenv func(name string) string) func(name string) string {
	variables := StartingVariables()
	before := strings.Split(getenv(StartsVariable), ":")
	return func(name string) string {
		value := getenv(name)
		if i := slices.Index(variables, name); i >= 0 && i < len(before) && before[i] == value {
			return ""
		}
		if name == "GIT_EXEC_PATH" && value != "" {
			if own, ok := git.AskAt(ctx, git.Dir, "--exec-path"); ok && own == value {
				return ""
			}
		}
		return value
	}
}

// RealGit asks the git that a guarded command would run.
type RealGit struct {
	// Path is the program. Dir is where the command runs. Globals are git's own options in the command.
	Path, Dir string
	Globals   []string
	// Env is the environment in the form of os.Environ.
	Env []string
}

// Ask runs git as the guarded command would.
func (g RealGit) Ask(ctx context.Context, arguments ...string) (string, bool) {
	return g.run(ctx, g.Dir, g.Env, slices.Concat(g.Globals, arguments))
}

// AskAt runs git in another folder.
func (g RealGit) AskAt(ctx context.Context, dir string, arguments ...string) (string, bool) {
	env := slices.DeleteFunc(slices.Clone(g.Env), func(kv string) bool {
		return strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "GIT_CONFIG_GLOBAL=") && !strings.HasPrefix(kv, "GIT_CONFIG_NOSYSTEM=")
	})
	return g.run(ctx, dir, env, arguments)
}

func (g RealGit) run(ctx context.Context, dir string, env, arguments []string) (string, bool) {
	cmd := exec.CommandContext(ctx, g.Path, arguments...)
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout = dir, env, &out
	if err := cmd.Run(); err != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}
