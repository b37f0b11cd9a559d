package artifact

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// number returns an integer from the environment, or the given one.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestRandomTrees makes random trees in which random things matter, and holds that nothing that matters disappears and everything
// else that is an artifact does. STOPGATE_FUZZ_CASES says how many; STOPGATE_FUZZ_SEED repeats a run.
func TestRandomTrees(t *testing.T) {
	enough := uint64(200)
	if testing.Short() {
		enough = 40
	}
	cases := number(t, "STOPGATE_FUZZ_CASES", enough)
	seed := number(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	base := t.TempDir()
	linksToo := newWorld(t).links()
	var sum struct{ entries, artifacts, gone, protected int }
	for i := range cases {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, i)), world: worldAt(t, filepath.Join(base, "w")), linksToo: linksToo}
		g.fill("", 0, g.IntN(30))
		g.protect()
		want := g.expectation()
		lazy := g.IntN(2) == 0

		root, err := os.OpenRoot(g.tree)
		g.do(err)
		before := g.snapshot()
		plan := MakePlan(g.look(lazy), g.protected)
		result := Sweep(context.Background(), root, plan, Options{Tracked: g.trackedNow})
		g.do(root.Close())

		g.same(before, result)
		for name := range before {
			name, inside := strings.CutPrefix(name, "tree/")
			if !inside {
				continue
			}
			_, err := os.Lstat(g.path(name))
			gone := err != nil
			if must := want.gone(name); gone && !must {
				t.Errorf("%q is gone", name)
			} else if must && !gone && !(lazy && want.hidden(name)) {
				t.Errorf("%q is still there", name)
			}
			sum.entries++
			if gone {
				sum.gone++
			}
		}
		sum.artifacts += len(want.artifacts)
		sum.protected += len(want.artifacts) - len(want.removable)
		if len(result.Failed) > 0 {
			t.Errorf("failed: %+v", result.Failed)
		}
		if t.Failed() {
			t.Fatalf("case %d of STOPGATE_FUZZ_SEED=%d, lazy %v\nprotected: %+v\ntracked: %q, staged: %q\nplan: %+v\nresult: %+v",
				i, seed, lazy, g.protected, g.tracked, g.staged, plan, result)
		}
		g.do(os.RemoveAll(filepath.Join(base, "w")))
	}
	t.Logf("%d cases from STOPGATE_FUZZ_SEED=%d: %d entries, %d artifacts, %d of them protected; %d entries removed, all the others as before",
		cases, seed, sum.entries, sum.artifacts, sum.protected, sum.gone)
	if cases >= 100 && (sum.gone == 0 || sum.protected == 0) {
		t.Error("the trees are too simple to show anything")
	}
}

type generator struct {
	*rand.Rand
	*world
	paths     []string // every entry of the tree, parents first
	protected Protected
	linksToo  bool // symbolic links can be made
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

// fill puts n entries, more or less, in a directory and those beneath it.
func (g *generator) fill(dir string, depth, n int) {
	odd := []string{"x y", "Sources", "M\u00fcll", "Coverage", "HTMLCOV", "-f", "0"}
	if runtime.GOOS != "windows" {
		odd = append(odd, "a\nb", "\x1b[0m", `back\slash`)
	}
	if runtime.GOOS == "linux" {
		odd = append(odd, "\xff\xfe")
	}
	for range n {
		var name string
		dirs := depth < 5 && g.IntN(2) == 0
		switch {
		case g.IntN(3) == 0:
			name = g.pick(odd...)
		case g.IntN(2) == 0 && dirs:
			name = g.pick("coverage", "__pycache__", ".tox", "htmlcov", ".vitest")
		case dirs:
			name = g.pick("src", "lib", "a", "b", "target", "debug", "node_modules", "build", "old-backup", "vendor")
		case g.IntN(2) == 0:
			name = g.pick(".coverage", "junit.xml", ".coverage.h.1", "a.tsbuildinfo", "coverage", "lcov.info")
		default:
			name = g.pick("main.go", "a", "b", "Cargo.toml", "README", "lib")
		}
		name = path.Join(dir, name)
		if _, err := os.Lstat(g.path(name)); err == nil {
			continue
		}
		g.paths = append(g.paths, name)
		switch {
		case g.IntN(12) == 0 && g.linksToo:
			target := g.pick(g.outside, g.tree, "..", "src", "coverage", "nowhere", filepath.Join(g.outside, "home", "precious.txt"))
			g.symlink(target, name)
		case dirs:
			g.mkdir(name)
			if g.IntN(15) == 0 {
				g.write(name+"/.git/HEAD", "ref: x")
			}
			g.fill(name, depth+1, g.IntN(6))
		default:
			g.write(name, name)
		}
	}
}

// protect makes some of the entries matter.
func (g *generator) protect() {
	for _, name := range g.paths {
		info, err := os.Lstat(g.path(name))
		g.do(err)
		upper := func(p string) string {
			if g.IntN(4) == 0 {
				return strings.ToUpper(p)
			}
			return p
		}
		if !info.IsDir() && g.IntN(12) == 0 {
			g.track(name)
			if g.IntN(3) == 0 {
				g.staged = append(g.staged, name)
			}
		}
		switch g.IntN(40) {
		case 0:
			g.protected.Claimed = append(g.protected.Claimed, upper(name))
		case 1:
			g.protected.Claimed = append(g.protected.Claimed, upper(name)+"/gone.txt")
		case 2:
			g.protected.Written = append(g.protected.Written, upper(name))
		case 3, 4:
			g.protected.Before = append(g.protected.Before, upper(name))
		}
	}
}

// expected is the right result for a tree, found by checking every entry and every rule one by one.
type expected struct {
	artifacts []string // all that are one by name, kind and place
	removable []string // those of them that nothing protects
}

func (g *generator) expectation() expected {
	var e expected
	var repositories []string
	kinds := map[string]fs.FileMode{}
	for _, name := range g.paths {
		info, err := os.Lstat(g.path(name))
		g.do(err)
		kinds[name] = info.Mode().Type()
		if _, err := os.Lstat(g.path(name + "/.git")); info.IsDir() && err == nil {
			repositories = append(repositories, name)
		}
	}
	for _, name := range g.paths {
		if g.isArtifact(name, kinds[name]) {
			e.artifacts = append(e.artifacts, name)
		}
	}
	for _, name := range e.artifacts {
		free := !atOrBeneath(g.tracked, name) && !atOrBeneath(repositories, name)
		for _, r := range repositories {
			free = free && !strings.HasPrefix(name, r+"/")
		}
		for _, list := range [][]string{g.protected.Claimed, g.protected.Written, g.protected.Before} {
			for _, p := range list {
				free = free && !related(strings.ReplaceAll(p, `\`, "/"), strings.ReplaceAll(name, `\`, "/"))
			}
		}
		if free {
			e.removable = append(e.removable, name)
		}
	}
	return e
}

// related reports whether one of two paths is the other or lies beneath it, in whatever case.
func related(a, b string) bool {
	a, b = plain(a)+"/", plain(b)+"/"
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// plain returns a path of the generator without case, and without what the generator uses beyond ASCII.
func plain(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "m\u00fcll", "m?ll")
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\ufffd", "?")
}

func (g *generator) isArtifact(name string, kind fs.FileMode) bool {
	elements := strings.Split(name, "/")
	above, last := elements[:len(elements)-1], elements[len(elements)-1]
	if n := len(above); kind.IsDir() && last == "debug" && n > 0 && above[n-1] == "target" {
		above = above[:n-1]
		if _, err := os.Lstat(g.path(path.Join(path.Join(above...), "Cargo.toml"))); err != nil {
			return false
		}
		last = "target/debug"
	}
	for _, dir := range above {
		if slices.Contains([]string{"target", "node_modules", "build", "old-backup", "vendor"}, dir) {
			return false
		}
	}
	switch {
	case kind.IsDir():
		return slices.Contains([]string{"coverage", "__pycache__", ".tox", "htmlcov", ".vitest", "target/debug"}, last)
	case kind.IsRegular():
		return slices.Contains([]string{".coverage", "junit.xml", ".coverage.h.1", "a.tsbuildinfo", "lcov.info"}, last)
	}
	return false
}

// gone reports whether an entry must be gone: it is a removable artifact or in one.
func (e expected) gone(name string) bool {
	return slices.ContainsFunc(e.removable, func(a string) bool { return name == a || strings.HasPrefix(name, a+"/") })
}

// hidden reports whether an entry lies in an artifact, where a lazy walk does not look.
func (e expected) hidden(name string) bool {
	return slices.ContainsFunc(e.artifacts, func(a string) bool { return strings.HasPrefix(name, a+"/") })
}
