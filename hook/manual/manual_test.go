package manual_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/manual"
)

var commands = []manual.Command{
	{Name: "check", Args: "[--worktree DIR] [--format text|json] [REPORT|-]", What: "check an agent's report: by hand"},
	{Name: "completion", Args: "bash|zsh|fish", What: "print a script"},
}

func TestWords(t *testing.T) {
	t.Parallel()
	if got := commands[0].Flags(); !slices.Equal(got, []string{"--format", "--worktree", "--help"}) {
		t.Errorf("flags %q", got)
	}
	if got := commands[0].Words(); len(got) > 0 {
		t.Errorf("words %q", got)
	}
	if got := commands[1].Words(); !slices.Equal(got, []string{"bash", "zsh", "fish"}) {
		t.Errorf("words %q", got)
	}
}

// bash itself completes with the script: commands first, then the flags and words of the command.
func TestBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		return // every shell that is at hand is asked; the scripts' tests need bash
	}
	script, err := manual.Completion("bash", commands)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"stopgate c": "check completion", "stopgate completion z": "zsh", "stopgate check --w": "--worktree", "stopgate help ch": "check", "stopgate check --nothing": "",
	} {
		words := strings.Fields(line)
		run := exec.Command(bash, "-c", script+"\nCOMP_WORDS=($0); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _stopgate; echo ${COMPREPLY[@]}", strings.Join(words, " "))
		out, err := run.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", line, got, err, want)
		}
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	for shell, want := range map[string]string{"zsh": `'check:check an agent'\''s report\: by hand'`, "fish": `-a check -d 'check an agent\'s report: by hand'`} {
		script, err := manual.Completion(shell, commands)
		if err != nil || !strings.Contains(script, want) {
			t.Errorf("%s: no %s in %s, %v", shell, want, script, err)
		}
		if path, err := exec.LookPath(shell); err == nil {
			check := exec.Command(path, "-n")
			check.Stdin = strings.NewReader(script)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s does not read it: %v %s", shell, err, out)
			}
		}
	}
	if _, err := manual.Completion("ksh", commands); err == nil {
		t.Error("ksh has a completion")
	}
	if page := manual.Page("1.0", "2026-11-27", commands); !strings.Contains(page, ".B stopgate check [\\-\\-worktree DIR]") || !strings.HasPrefix(page, ".TH STOPGATE 1 \"2026-11-27\" \"stopgate 1.0\"") {
		t.Errorf("%s", page)
	}
}
