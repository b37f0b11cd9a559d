package hosttest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Without its executable the gate cannot judge. No agent is held up, and the person and the orchestrator are told.
func TestBinaryMissing(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	plugin := t.TempDir()
	if err := copyParts(s.root, plugin, pluginParts...); err != nil {
		t.Fatal(err)
	}
	sc := withCoders(launchAlice(), map[string]Agent{"alice": coder("PAY-13", false, Say(report("PAY-13", "src/client.js")))}, "PAY-13")
	sc.Plugin, sc.Path = plugin, pathWithoutGo(t)
	session := play(t, sc)

	const off = "the gate is OFF"
	if got := session.Read(Orchestrator, off); got != 1 {
		t.Errorf("the orchestrator was told %d times that %s, want once", got, off)
	}
	if !bytes.Contains(session.Stdout, []byte(off)) {
		t.Errorf("the person was not told that %s: %s", off, session.Stdout)
	}
	if got := session.Objects(Orchestrator, "step_id"); len(got) != 0 {
		t.Errorf("the orchestrator has read steps: %v", got)
	}
	wantReplies(t, session, 1)
}

// If Go is installed, the start of a session builds the executable, and the gate is on in that session.
func TestBinaryMissingAndBuilt(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	plugin := t.TempDir()
	if err := copyParts(s.root, plugin, append(sourceParts, pluginParts...)...); err != nil {
		t.Fatal(err)
	}
	sc := withCoders(launchAlice(), map[string]Agent{
		"alice": coder("PAY-14", false, Write(in("PAY-14", "src/payments.js"), "export {}\n"), Say(report("PAY-14", "src/payments.js"))),
	}, "PAY-14")
	sc.Plugin = plugin
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} { // the session has its own home, and no network
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatalf("go env %s: %v", name, err)
		}
		sc.Env = append(sc.Env, name+"="+strings.TrimSpace(string(out)))
	}
	session := play(t, sc)
	wantTestGate(t, onlyStep(t, session), "PAY-14", "src/payments.js")
	if _, err := os.Stat(filepath.Join(plugin, "bin", "stopgate")); err != nil {
		t.Error(err)
	}
}

// pathWithoutGo returns a PATH with everything that the client and the plugin's scripts run, but without Go.
func pathWithoutGo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{
		"sh", "bash", "env", "git", "awk", "cat", "chmod", "cksum", "cmp", "cp", "cut", "find", "grep", "kill", "ls", "mkdir", "mktemp", "mv", "od", "ps",
		"rm", "sed", "sleep", "sort", "tail", "tr", "uname", "which",
	} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue // a script that needs it reports that it is missing
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
