package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptVariables are what the scripts set and the program reads, besides what the environment of the test has. [testscript.TestScript] cannot list
// its variables.
var scriptVariables = []string{
	"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TZ", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM",
	"STOPGATE_STATE_DIR", "CLAUDE_PROJECT_DIR", "CLAUDE_CONFIG_DIR", "CLAUDE_PLUGIN_ROOT", "CLAUDE_CODE_SESSION_ATTENDED", "CLAUDECODE", "AI_AGENT",
	"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
}

// runHere is `[!] run ARGUMENT… [<FILE]`: it runs the program in this process, in the script's folder and environment, with the file as stdin. A
// separate process takes five times as long. Behaviour that only a process shows is tested with `exec stopgate`.
func runHere(ts *testscript.TestScript, neg bool, args []string) {
	input := ""
	if n := len(args) - 1; n >= 0 && strings.HasPrefix(args[n], "<") {
		input, args = ts.ReadFile(args[n][1:]), args[:n]
	}
	status := inProcess(ts, strings.NewReader(input), ts.Stdout(), ts.Stderr(), args...)
	if (status != exitOK) != neg {
		ts.Fatalf("stopgate %s exited with status %d", strings.Join(args, " "), status)
	}
}

var wholeStep = regexp.MustCompile(`stopgate step ([0-9a-f]+)`)

// printWhole is `whole`: the command that the last answer names for the whole step, as the orchestrator runs it.
func printWhole(ts *testscript.TestScript, neg bool, args []string) {
	command := wholeStep.FindStringSubmatch(ts.ReadFile("stdout"))
	if neg || len(args) > 0 || command == nil {
		ts.Fatalf("the last answer names no command that prints the whole step")
	}
	if status := inProcess(ts, strings.NewReader(""), ts.Stdout(), ts.Stderr(), "step", command[1]); status != exitOK {
		ts.Fatalf("%s exited with status %d", command[0], status)
	}
}

// inProcess runs the program as a script would start it, and returns its exit status.
func inProcess(ts *testscript.TestScript, stdin io.Reader, stdout, stderr io.Writer, args ...string) int {
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		if !slices.Contains(scriptVariables, name) && !strings.HasPrefix(name, "GIT_") {
			vars[name] = value
		}
	}
	for _, name := range scriptVariables {
		if value := ts.Getenv(name); value != "" {
			vars[name] = value
		}
	}
	environ := []string{"PWD=" + ts.MkAbs(".")}
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	// Nobody writes to a transcript while a script waits for the program, so that to wait for more of it would be in vain.
	return command{
		stdin: stdin, stdout: stdout, stderr: stderr, environ: environ,
		getenv: func(name string) string { return vars[name] },
		dir:    filepath.Clean(ts.MkAbs(".")), now: time.Now, zone: time.UTC, lag: time.Nanosecond,
	}.run(slices.Clone(args))
}
