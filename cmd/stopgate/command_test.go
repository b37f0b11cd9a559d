package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// crashing is a stdin that panics.
type crashing struct{}

func (crashing) Read([]byte) (int, error) { panic("crash") }

// TestCrashIsNoVerdict: the host takes status 2 for a block and any output for an answer, and people take a 1 of check for a verdict.
func TestCrashIsNoVerdict(t *testing.T) {
	for _, name := range []string{"hook", "check"} {
		var stdout, stderr bytes.Buffer
		status := command{stdin: crashing{}, stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}.run([]string{name})
		if status != exitCannotRun || stdout.Len() > 0 || !strings.Contains(stderr.String(), "internal error: crash") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, stdout.String(), stderr.String())
		}
	}
}

// TestWrongUsage: whatever is wrong, the command says what, names the flag as it was typed and the help, prints nothing else and ends with 3.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--versio":                     `unknown command "--versio". Did you mean --version? stopgate help lists the commands`,
		"statsu":                       `unknown command "statsu". Did you mean status? stopgate help lists the commands`,
		"log --verbose":                "unknown flag --verbose;",
		"status --wtach":               "unknown flag --wtach. Did you mean --watch? stopgate help status shows the usage",
		"show X --frmat json":          "unknown flag --frmat. Did you mean --format?",
		"log --since":                  "--since needs a value",
		"status --all=maybe":           `invalid boolean value "maybe" for --all;`,
		"log --since yesterday":        `--since is "yesterday"`,
		"stats --by week":              `--by "week" is not one of agent`,
		"show":                         "expected one step, agent or task",
		"show X Y":                     "expected one step, agent or task",
		"check a b":                    "more than one report was given",
		"version x":                    `unexpected argument "x"`,
		"man x":                        `unexpected argument "x"`,
		"statusline x":                 `unexpected argument "x"`,
		"close":                        "name the task",
		"close T":                      "say why with --reason TEXT",
		"close T U --reason r":         `unexpected argument "U"`,
		"schema report config":         "more than one schema",
		"schema reprot":                `no schema "reprot". Did you mean report?`,
		"completion":                   "expected one shell",
		"replay":                       "no transcript was given",
		"doctor x":                     `unexpected argument "x"`,
		"guard --environment":          "--environment needs the plugin's folder",
		"check r.json --format yaml":   `--format is "yaml"`,
		"log -- --follow":              `unexpected argument "--follow"`,
		"explain a --task T":           "not both",
		"dashboard --serve --out x.ht": "--serve writes no file",
	} {
		var stdout, stderr bytes.Buffer
		c := command{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, dir: t.TempDir(), now: time.Now}
		status := c.run(strings.Fields(line))
		if text := stderr.String(); status != exitCannotRun || stdout.Len() > 0 || !strings.Contains(text, want) || strings.Count(text, "\n") != 1 || !strings.Contains(text, "stopgate help ") {
			t.Errorf("%s: status %d, %q, %q", line, status, stdout.String(), text)
		}
	}
}

// TestFlagsAnywhere: every subcommand describes its flags, each of them stands in its usage line, and flags may follow the arguments.
func TestFlagsAnywhere(t *testing.T) {
	t.Parallel()
	run := func(args ...string) (status int, text string) {
		var stdout, stderr bytes.Buffer
		c := command{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, dir: t.TempDir(), now: time.Now}
		status = c.run(args)
		return status, stdout.String() + stderr.String()
	}
	for i, page := range pages() {
		status, text := run(page.Name, "--help")
		if again, same := run("help", page.Name); status != exitOK || again != exitOK || text != same {
			t.Errorf("%s: statuses %d and %d, %q, %q", page.Name, status, again, text, same)
		}
		known := map[string]bool{"--help": true}
		for _, m := range regexp.MustCompile(`(?m)^  (--[a-z-]+)`).FindAllStringSubmatch(text, -1) {
			known[m[1]] = true
		}
		for _, flag := range page.Flags() {
			if !known[flag] {
				t.Errorf("%s: %s is in its usage, and not among its flags", page.Name, flag)
			}
			delete(known, flag)
		}
		if len(known) > 0 {
			t.Errorf("%s: its usage, and so the manual page and the completions, have no %v", page.Name, known)
		}
		if sub := subcommands()[i]; strings.Count(text, strings.TrimSpace("stopgate "+sub.name+" "+sub.args)) != 1 {
			t.Errorf("%s: %s", sub.name, text)
		}
	}
	for _, args := range [][]string{{"explain", "--task", "T"}, {"show", "X", "--format", "json"}, {"show", "--format", "json", "X"}, {"close", "--reason", "r", "T"}, {"close", "T", "--reason", "r"}} {
		if status, text := run(args...); status != exitCannotRun || !strings.Contains(text, "Not a git repository") {
			t.Errorf("%q: status %d, %q", args, status, text)
		}
	}
}

// TestColours: every command for people that has something to colour keeps to the usual rules, and says the same without colours.
func TestColours(t *testing.T) {
	s := newShop(t)
	escape := regexp.MustCompile(`\x1b\[\d*m`)
	for _, line := range []string{
		"status", "log", "show PROJ-123", "explain claim-unchanged", "explain", "explain --task PROJ-123", "stats", "stats --by agent", "config", "check report.json",
		"clean --dry-run", "doctor --quick", "replay " + s.Transcript + " " + strings.TrimSuffix(s.Transcript, ".jsonl"),
	} {
		printed := func(env map[string]string) string {
			var stdout, stderr bytes.Buffer
			getenv := func(name string) string {
				if value, ok := env[name]; ok || name == "NO_COLOR" {
					return value
				}
				return os.Getenv(name)
			}
			c := command{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: getenv, dir: s.repo, now: func() time.Time { return time.Unix(2e9, 0) }}
			if status := c.run(strings.Fields(line)); status == exitCannotRun {
				t.Errorf("%s: %s", line, stderr.String())
			}
			return stdout.String()
		}
		plain, forced := printed(nil), printed(map[string]string{"CLICOLOR_FORCE": "1"})
		if !escape.MatchString(forced) || escape.ReplaceAllString(forced, "") != plain {
			t.Errorf("%s: in colour\n%s\nand without\n%s", line, forced, plain)
		}
		if got := printed(map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}); got != plain || escape.MatchString(plain) {
			t.Errorf("%s: NO_COLOR gives\n%s", line, got)
		}
	}
}
