package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// programs are built and started for comparison. The program that only links jsonschema is the floor: every program with that dependency
// spends the time that it needs before main.
func programs() map[string]string {
	return map[string]string{
		"empty": "package main\n\nfunc main() {}\n",
		"floor": "package main\n\nimport _ \"github.com/santhosh-tekuri/jsonschema/v5\"\n\nfunc main() {}\n",
	}
}

// foreign is an event that stopgate ignores: a person's message.
const foreign = `{"hook_event_name":"UserPromptSubmit","session_id":"s","transcript_path":"/nowhere","cwd":"/","prompt":"what does this do?"}`

// command is the event before a command of a coding agent: a long one that contains git and nothing prohibited.
const command = `{"hook_event_name":"PreToolUse","session_id":"s","transcript_path":"/nowhere","cwd":"/","agent_id":"a","agent_type":"bug-fixer",` +
	`"tool_name":"Bash","tool_use_id":"u","tool_input":{"command":"cd trees/T-1-x && for f in $(git diff --name-only); do npx eslint \"$f\" || exit 1; done && ` +
	`npm test -- src/payments/client.test.js --silent 2>&1 | tail -40; git status --short | grep -v '^??' > /tmp/out.txt"}}`

// build builds stopgate and the programs that it is compared with, all in the same way.
func (b *bench) build() error {
	sources := map[string]string{"stopgate": "./cmd/stopgate"}
	for name, text := range programs() {
		sources[name] = filepath.Join(b.dir, name+".go")
		if err := os.WriteFile(sources[name], []byte(text), 0o600); err != nil {
			return err
		}
	}
	for name, source := range sources {
		if _, err := b.run("", append(os.Environ(), "CGO_ENABLED=0"), "", "go", "build", "-trimpath", "-o", b.program(name), source); err != nil {
			return err
		}
	}
	return nil
}

// program returns the path of a built program.
func (b *bench) program(name string) string { return filepath.Join(b.dir, name+".exe") }

// start compares the answer to an ignored event with the start of a program.
func (b *bench) start() error {
	run := func(event, name string, args ...string) func() error {
		return func() error {
			out, err := b.run(b.dir, nil, event, b.program(name), args...)
			if err != nil || out != "" {
				return fmt.Errorf("starting %s: it said %q, %w", name, out, err)
			}
			return nil
		}
	}
	fmt.Fprintln(b.progress, "starting programs")
	times, err := b.inTurn(150, run(foreign, "stopgate", "hook"), run("", "floor"), run("", "empty"), run(command, "stopgate", "hook"))
	if err != nil {
		return err
	}
	what := "an event that is not ours"
	b.compare(what, times[0], "a program that links jsonschema/v5", times[1], "at most +1.00 ms, is "+more(times[0], times[1]))
	b.compare(what, times[0], "an empty program", times[2], "")
	b.compare("a coding agent's command that may run", times[3], what, times[0], "at most +1.00 ms, is "+more(times[3], times[0]))
	return nil
}
