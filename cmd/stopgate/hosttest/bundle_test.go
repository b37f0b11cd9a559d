package hosttest

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// A release's bundle needs neither Go nor a checkout: the client loads the archive, and the gate is on.
func TestBundle(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	dir := t.TempDir()
	dist := exec.Command("go", "run", "./scripts/dist", "-o", dir, "-platforms", runtime.GOOS+"/"+runtime.GOARCH)
	dist.Dir = s.root
	if out, err := dist.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bundles, err := filepath.Glob(filepath.Join(dir, "*-all.zip"))
	if err != nil || len(bundles) != 1 {
		t.Fatal(bundles, err)
	}
	sc := withCoders(launchAlice(), map[string]Agent{
		"alice": coder("PAY-15", false,
			Say(report("PAY-15", "src/payments.js")), // false: there is no such file yet
			Write(in("PAY-15", "src/payments.js"), "export {}\n"), Say(report("PAY-15", "src/payments.js"))),
	}, "PAY-15")
	sc.Plugin, sc.Path = bundles[0], pathWithoutGo(t)
	session := playOnly(t, sc)
	if n := session.Read("alice", "your report is not accepted"); n == 0 {
		t.Error("the false report was not refused")
	}
	wantTestGate(t, onlyStep(t, session), "PAY-15", "src/payments.js")
}
