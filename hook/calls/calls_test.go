package calls_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/calls"
)

// hosted returns the text that the host (2.1.330) gives to the shell of a command.
func hosted(command string) string {
	quoted := "'" + strings.ReplaceAll(command, "'", `'"'"'`) + "'"
	return "source /home/me/.claude/shell-snapshots/snapshot-bash-1-x.sh 2>/dev/null || true && shopt -u extglob 2>/dev/null || true && eval " +
		quoted + " < /dev/null && pwd -P >| /tmp/claude-1-cwd"
}

// older returns the text of an older client, which redirects the stdin of the first command of a pipe.
func older(command string) string {
	first, rest, _ := strings.Cut(command, " | ")
	return "source /x 2>/dev/null || true && eval '" + strings.ReplaceAll(first, "'", `'\''`) + ` \< /dev/null | ` + rest + "' && pwd -P >| /tmp/y"
}

func TestFind(t *testing.T) {
	t.Parallel()
	path := calls.Path(filepath.Join(t.TempDir(), "guard"), "s-1")
	if err := calls.Add(path, calls.Call{}, "before anybody looks for calls"); err != nil {
		t.Fatal(err)
	}
	if err := calls.Begin(path, time.Now()); err != nil {
		t.Fatal(err)
	}
	long := "cat > x <<'E'\n" + strings.Repeat("a line of it's \"text\"\n", 3000) + "E\ngit commit -am x"
	for agent, command := range map[string]string{
		"short":   "git status",
		"longer":  "git status && ./release.sh",
		"quoted":  `git commit -m 'it'"'"'s' "a\b" $HOME`,
		"lines":   "cat <<'E' | sh\ngit add -A\nE",
		"long":    long,
		"unicode": "echo 'größer' && make",
		"raw":     "echo \xff && make raw",
	} {
		if err := calls.Add(path, calls.Call{Agent: agent, Session: "s-1"}, command); err != nil {
			t.Fatal(err)
		}
		if agent == "raw" {
			continue
		}
	}
	for _, tt := range []struct{ text, want string }{
		{hosted("git status"), "short"},
		{hosted("git status && ./release.sh"), "longer"},
		{hosted(`git commit -m 'it'"'"'s' "a\b" $HOME`), "quoted"},
		{hosted("cat <<'E' | sh\ngit add -A\nE"), "lines"},
		{older("cat <<'E' | sh\ngit add -A\nE"), "lines"},
		{hosted(long)[len(hosted(long))-8000:], "long"},
		{hosted("echo 'größer' && make"), "unicode"},
		{hosted("echo \xff && make raw"), "raw"},
		{hosted("ls -l"), ""},
		{hosted("git status -s"), ""}, // a longer command, which nobody announced: a person may have typed it
		{hosted("git status && git tag"), ""},
		{"", ""},
		{"git status", ""}, // no shell of the host
	} {
		found, err := calls.Find(path, tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(found) > 0 {
			got = found[0].Agent
		}
		if got != tt.want || len(found) > 1 {
			t.Errorf("%.80q: %q (%d), want %q", tt.text, got, len(found), tt.want)
		}
	}
	if err := calls.Add(path, calls.Call{Agent: "later"}, "git  status"); err != nil {
		t.Fatal(err)
	}
	if found, _ := calls.Find(path, hosted("git status")); len(found) != 2 || found[0].Agent != "later" || found[1].Agent != "short" {
		t.Errorf("two agents with one command: %+v", found)
	}
}

// A session id that is a path names no file, and lines that hold no calls are skipped.
func TestHostileCalls(t *testing.T) {
	t.Parallel()
	for _, session := range []string{"", "../x", "a/b", "a\x00", strings.Repeat("a", 300)} {
		if path := calls.Path("/state", session); path != "" {
			t.Errorf("%q leads to %q", session, path)
		}
	}
	dir := t.TempDir()
	if _, err := calls.Find(dir, "x"); err == nil {
		t.Error("a folder was read")
	}
	path := calls.Path(dir, "s")
	if err := os.WriteFile(path, []byte("{\"text\":\n\x00\n[]\n{\"text\":\"x\",\"agent\":\"a\"}\n{\"te"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := calls.Find(path, "eval x"); err != nil || len(found) != 1 || found[0].Agent != "a" {
		t.Errorf("%+v, %v", found, err)
	}
}

// Files of sessions that ended long ago go; the one that begins stays.
func TestOldCallsGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, fresh := calls.Path(dir, "old"), calls.Path(dir, "fresh")
	if err := calls.Begin(old, time.Now()); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-40 * 24 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if err := calls.Begin(fresh, time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 || left[1] != fresh {
		t.Errorf("left: %q", left)
	}
}
