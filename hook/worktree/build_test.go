package worktree

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: the binary has none of the packages that go-git as a whole would bring. Each costs start-up time, and this package must not use
// the network.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 20 {
		t.Fatalf("only %d dependencies are listed", len(deps))
	}
	packfile := false
	for _, dep := range deps {
		packfile = packfile || dep == "github.com/go-git/go-git/v5/plumbing/format/packfile"
		for _, bad := range []string{"net/http", "golang.org/x/crypto/ssh", "github.com/ProtonMail/go-crypto"} {
			if dep == bad || strings.HasPrefix(dep, bad+"/") {
				t.Errorf("the package depends on %s", dep)
			}
		}
		if dep == "github.com/go-git/go-git/v5" || dep == "net" {
			t.Errorf("the package depends on %s", dep)
		}
	}
	if !packfile {
		t.Error("go-git's packfile is not used: the test looks at the wrong package")
	}
}
