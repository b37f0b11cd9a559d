package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// desk returns a command in its own folder, with a journal of that folder and one of another.
func desk(t *testing.T) (run func(args ...string) (status int, stdout, stderr string), folder string) {
	t.Helper()
	state, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(state, "shop")
	if err := os.MkdirAll(here, 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	write := func(key, agentType string, verdict rule.Verdict, at time.Time) string {
		book, err := journal.Open(filepath.Join(state, "journals"), key)
		if err != nil {
			t.Fatal(err)
		}
		stop := record.Stop{Verdict: verdict, Fingerprint: "f", Message: "secret", Findings: []rule.Finding{{Rule: rule.ClaimMissing, Severity: rule.Block, Message: "secret"}}}
		rec := journal.Record{Kind: record.KindStop, At: at, Session: "s", Agent: "a", AgentType: agentType, Task: "T-1", Data: []byte(quote.JSON(stop))}
		if err := book.Append(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
		return book.Folder()
	}
	folder = write(here, "bug-fixer", rule.Rejected, now.Add(-40*24*time.Hour))
	write(here, "bug-fixer", rule.Verified, now.Add(-time.Hour))
	write("/elsewhere/.git", "feature-developer", rule.Capped, now.Add(-time.Hour))
	return func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		c := command{
			stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, dir: here, now: func() time.Time { return now },
			getenv: func(name string) string {
				return map[string]string{"STOPGATE_STATE_DIR": filepath.Join(state, "journals")}[name]
			},
		}
		status := c.run(args)
		return status, stdout.String(), stderr.String()
	}, folder
}

// TestStats: one repository or all, since a moment, in each format. Errors say what is wrong.
func TestStats(t *testing.T) {
	t.Parallel()
	run, folder := desk(t)
	for _, tt := range []struct {
		args, want string // words of the output
	}{
		{"", "1 repository, 2026-10-11 to 2026-11-20"},
		{"", "sent back 1"},
		{"--since 30d", "stops 1"},
		{"--since 2026-11-21T09:00", "nothing is recorded since 2026-11-21"},
		{"--since 2026-11-21", "nothing is recorded since 2026-11-21"},
		{"--all", "2 repositories"},
		{"--all --by agent", "feature-developer 1"},
		{"--by repository", "shop-"},
		{"--by day --format csv", "2026-10-11,1,0,1,"},
		{"--all --format json", `"repositories":2`},
	} {
		status, stdout, stderr := run(append([]string{"stats"}, strings.Fields(tt.args)...)...)
		if got := strings.Join(strings.Fields(stdout), " "); status != exitOK || stderr != "" || !strings.Contains(got, tt.want) || strings.Contains(got, "secret") {
			t.Errorf("stats %s: status %d, %q, %q, want %q", tt.args, status, got, stderr, tt.want)
		}
	}
	for args, want := range map[string]string{
		"--since soon": `--since is "soon"`, "--since -3d": "--since is", "--since 99999999999999999999d": "--since is", "--by mood": `--by "mood"`,
		"--format xml": `--format is "xml"`, "more": "unexpected argument",
	} {
		status, stdout, stderr := run(append([]string{"stats"}, strings.Fields(args)...)...)
		if status != exitCannotRun || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("stats %s: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	segment := filepath.Join(folder, "000001.jsonl")
	file, err := os.OpenFile(segment, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("not json\n{\"v\":1,\"ki"); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := run("stats", "--format", "json"); status != exitOK || !strings.Contains(stdout, `"damaged":2`) || !strings.Contains(stderr, "skipped 2 lines") {
		t.Errorf("damaged: status %d, %q, %q", status, stdout, stderr)
	}
}

// TestDashboard: the page is written to the given path, readable for its owner only, and has reports only on request.
func TestDashboard(t *testing.T) {
	t.Parallel()
	run, folder := desk(t)
	status, stdout, stderr := run("dashboard", "--all", "--out", "page.html")
	name := strings.TrimSuffix(stdout, "\n")
	text, err := os.ReadFile(name)
	if status != exitOK || stderr != "" || err != nil || !strings.Contains(string(text), "feature-developer") || strings.Contains(string(text), "secret") {
		t.Errorf("status %d, %q, %q, %v", status, stdout, stderr, err)
	}
	if status, stdout, _ := run("dashboard", "--out", "-", "--with-reports"); status != exitOK || !strings.Contains(stdout, "secret") || strings.Contains(stdout, "feature-developer") {
		t.Errorf("with reports: status %d", status)
	}
	if status, stdout, _ := run("dashboard"); status != exitOK || stdout != filepath.Join(folder, "dashboard.html")+"\n" {
		t.Errorf("status %d, %q", status, stdout)
	} else if info, err := os.Stat(strings.TrimSpace(stdout)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, ".stopgate-*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	for goos, want := range map[string]string{"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "open", "windows": "rundll32"} {
		if words := opener(goos, "/p"); words[0] != want || words[len(words)-1] != "/p" {
			t.Errorf("%s: %q", goos, words)
		}
	}
	if status, _, stderr := run("dashboard", "--out", "absent/page.html"); status != exitCannotRun || !strings.Contains(stderr, "writing the page") {
		t.Errorf("status %d, %q", status, stderr)
	}
}
