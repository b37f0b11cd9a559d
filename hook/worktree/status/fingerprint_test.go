package status

import (
	"cmp"
	"fmt"
	"testing"

	"stopgate/hook/worktree/object"
)

// TestChangeInFingerprint: fingerprints are recorded, and later versions compare them with their own. So their form must not change.
func TestChangeInFingerprint(t *testing.T) {
	for _, c := range []ScanChange{
		{Name: "a.go", Status: " M", Now: object.File{Mode: object.ModeRegular, Blob: "8baef1b4abc478178b004d62031cf7fe6db6f903"}},
		{Name: "gone \"\xff\n\u2028é", Status: " D"},
		{Name: "big", Status: "??", Now: object.File{Mode: object.ModeExecutable, Stat: "size 9 inode 3"}},
		{Name: "sub", Status: "SCMU", Now: object.File{Mode: object.ModeSubmodule, Blob: "8baef1b4abc478178b004d62031cf7fe6db6f903"}},
		{Name: "odd", Now: object.File{Mode: 0o17, Blob: "x"}},
	} {
		status := ""
		if c.Now.Mode == object.ModeSubmodule {
			status = c.Status
		}
		want := fmt.Sprintf("%q %06o %s %s\n", c.Name, c.Now.Mode, cmp.Or(c.Now.Blob, c.Now.Stat), status)
		if got := string(appendChange(nil, &c)); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
