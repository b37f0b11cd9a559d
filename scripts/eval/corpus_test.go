package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"stopgate/scripts/client"
)

// Spread kinds are all there, once each, and the first few are of both labels.
func TestSpread(t *testing.T) {
	for n := 1; n < 300; n++ {
		var all []labelled
		for i := range n {
			all = append(all, labelled{kind: kind{name: fmt.Sprint(i)}, isFalse: i >= n/2})
		}
		seen, isFalse := map[string]bool{}, 0
		for i, k := range spread(all) {
			seen[k.name] = true
			if k.isFalse && i < 10 {
				isFalse++
			}
		}
		if len(seen) != n {
			t.Errorf("of %d kinds %d are left", n, len(seen))
		}
		if n >= 20 && (isFalse < 3 || isFalse > 7) {
			t.Errorf("of the first ten of %d kinds %d are false", n, isFalse)
		}
	}
}

// A file is not lost because git gave it other line endings, and is lost once it is gone.
func TestLost(t *testing.T) {
	dir := t.TempDir()
	w := &world{dir: dir, repo: filepath.Join(dir, "repo"), env: client.Environment(dir), made: map[string]string{}}
	check(os.MkdirAll(filepath.Join(w.repo, "src"), 0o755))
	w.sh(".", "git init -q; git config core.autocrlf true; echo one > src/a.js; git add .; git commit -qm a")
	w.write("src/a.js", "two\n")
	w.write("gone.txt", "text\n")
	w.sh(".", "git stash -q; git stash apply -q")
	if text, err := os.ReadFile(filepath.Join(w.repo, "src/a.js")); err != nil || string(text) != "two\r\n" {
		t.Errorf("git stash apply wrote %q, %v", text, err)
	}
	if lost := w.lost(); len(lost) > 0 {
		t.Errorf("lost: %q", lost)
	}
	w.sh(".", "rm gone.txt")
	if lost := w.lost(); len(lost) != 1 || lost[0] != "repo/gone.txt" {
		t.Errorf("lost: %q", lost)
	}
}
