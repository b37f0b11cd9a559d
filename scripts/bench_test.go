//go:build unix

package scripts_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestBench checks the form of the table, on repositories that are too small for meaningful figures.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("the benchmark takes its time")
	}
	need(t, "git")
	cmd := exec.Command("sh", "bench.sh", "-records", "20000", "-sessions", "10", "-rounds", "2", "100", "200")
	var progress strings.Builder
	cmd.Stderr = &progress
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, progress.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if !strings.HasPrefix(lines[0], "what ") {
		t.Fatalf("not a table:\n%s", out)
	}
	ratio := strings.Index(lines[0], "ratio")
	for _, line := range lines[1:] {
		text, _, _ := strings.Cut(line[min(ratio, len(line)):], " ")
		if value, err := strconv.ParseFloat(text, 64); err != nil || value <= 0 {
			t.Errorf("no ratio in %q", line)
		}
	}
	for _, want := range []string{
		"an empty program", "jsonschema/v5", "git status -- the ten paths", "git status -uall", "the scan alone", "bare git status", "bare git commit", "a command that is noted for the guard", "its bound", "wc -l of the same files", "the same, 100 files",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("nothing is compared with %q:\n%s", want, out)
		}
	}
	if out, err := exec.Command("sh", "bench.sh", "no number").CombinedOutput(); err == nil {
		t.Errorf("it takes %q for a size: %s", "no number", out)
	}
}
