package safedir

import (
	"os"
	"testing"
)

// TestPlaceWithoutStatx has both ways to find a mount tell the same.
func TestPlaceWithoutStatx(t *testing.T) {
	for _, name := range []string{".", "/", "/proc", "/sys"} {
		dir, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		at, err := placeOf(dir)
		if err != nil {
			t.Fatal(err)
		}
		if mount, err := mountFromProc(int(dir.Fd())); err != nil || mount != at.mount {
			t.Errorf("%s is on mount %d by /proc (%v), %d by statx", name, mount, err, at.mount)
		}
	}
	if _, err := mountFromProc(-1); err == nil {
		t.Error("descriptor -1 has a mount")
	}
}
