package worktree

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// randomNames are names over a small alphabet, sorted as the index is.
func randomNames(random *rand.Rand) []string {
	var names []string
	for range random.IntN(60) {
		name := string("ab.-0"[random.IntN(5)])
		for range random.IntN(6) {
			name += string("ab.-0//"[random.IntN(7)])
		}
		name = strings.Trim(name, "/")
		for strings.Contains(name, "//") {
			name = strings.ReplaceAll(name, "//", "/")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(name string) bool { // a name cannot be a directory, too
		return slices.ContainsFunc(names, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}

func stagedManifest(names []string) *manifest {
	b := newManifestBuilder(0)
	b.m.full = true
	for _, name := range names {
		b.add([]byte(name), slot{staged: true, mode: modeRegular})
	}
	return &b.m
}

func TestManifestHoldsEveryName(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for i := range uint64(300) {
		names := randomNames(rand.New(rand.NewPCG(seed, i)))
		m := stagedManifest(names)
		var got []string
		m.below(0, func(dir int32, s *slot) { got = append(got, m.path(dir, s)) })
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Fatalf("%q became %q", names, got)
		}
		for dir := range m.dirs {
			var entries, want []string
			m.each(int32(dir), func(name string, file *slot, _ int32) {
				if file == nil {
					name += "/"
				}
				entries = append(entries, name)
			})
			if want = slices.Sorted(slices.Values(entries)); !slices.Equal(entries, want) {
				t.Fatalf("the entries of %q are %q, want %q", m.dirs[dir].path, entries, want)
			}
		}
	}
}

func TestManifestStages(t *testing.T) {
	b := newManifestBuilder(0)
	for range 3 {
		b.add([]byte("d/conflict"), slot{staged: true})
	}
	b.add([]byte("d/plain"), slot{staged: true})
	if len(b.m.slots) != 2 || b.m.slots[0].watch != watchAlways || b.m.slots[0].staged || !b.m.slots[1].staged {
		t.Errorf("slots are %+v", b.m.slots)
	}
}

// The trees that staging computes are those that git writes.
func TestStagedTrees(t *testing.T) {
	r := newRepo(t)
	for i, name := range []string{"a", "a.b/x", "a-b", "a0/y", "ab/a/b/c", "ab/a.b", "ab/a0", "b/\xff", "é/ü", "b/-/x"} {
		r.write(name, fmt.Sprintf("%d\n", i))
	}
	r.symlink("nowhere", "z-link")
	r.write("z.sh", "#!/bin/sh\n")
	r.chmod("z.sh", 0o755)
	r.run("add", "-A")
	x, err := openIndex(r.gitDir("index"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.close() }()
	m, err := readManifest(context.Background(), x, false)
	if err != nil {
		t.Fatal(err)
	}
	st := &staging{ctx: context.Background(), m: m, trees: make([]plumbing.Hash, len(m.dirs))}
	for i := len(m.dirs) - 1; i >= 0; i-- {
		st.trees[i] = st.tree(int32(i))
	}
	if want := strings.TrimSpace(r.run("write-tree")); st.trees[0].String() != want {
		t.Errorf("the root tree is %s, git writes %s", st.trees[0], want)
	}
	if len(m.dirs) < 5 {
		t.Errorf("only %d directories: this proves little", len(m.dirs))
	}
}

func TestCompareEntries(t *testing.T) {
	names := []string{"a", "a.b", "a-b", "a0", "ab", "b", "a/"[:1] + "\x00", "é", "\xff"}
	for _, a := range names {
		for _, b := range names {
			for kinds := range 4 {
				aDir, bDir := kinds&1 > 0, kinds&2 > 0
				full := func(name string, isDir bool) string {
					if isDir {
						name += "/"
					}
					return name
				}
				got, want := compareEntries(a, aDir, b, bDir), strings.Compare(full(a, aDir), full(b, bDir))
				if (got < 0) != (want < 0) || (got > 0) != (want > 0) {
					t.Errorf("%q, %t against %q, %t: %d, want %d", a, aDir, b, bDir, got, want)
				}
			}
		}
	}
}

func FuzzParseTree(f *testing.F) {
	for _, seed := range treeSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		files, dirs, err := parseTree(content)
		if err == nil && len(files)+len(dirs) > len(content)/23+1 {
			t.Errorf("%d entries out of %d bytes", len(files)+len(dirs), len(content))
		}
	})
}

var treeSeeds = []string{
	"", "100644 a\x0001234567890123456789", "40000 d\x0001234567890123456789100755 x\x0098765432109876543210", "100644 a\x00short", "1006449999999999 a\x0001234567890123456789",
}

func TestTreeSeeds(t *testing.T) {
	if len(treeSeeds) == 0 {
		t.Error("a fuzz target without seeds tests nothing in an ordinary run")
	}
}

func TestWalkRoot(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a/b/file": "content", "a/other": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"out": outside, "in": "a", "a/up": "../..", "a/b/link": "file"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("no right to make symbolic links: %v", err)
		}
	}
	root, err := openWalkRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.close()
	for _, path := range []string{"out", "in", "in/b", "a/up", "missing", "a/other", "a/other/x"} {
		f, err := root.open(path)
		if err == nil {
			f.close()
		}
		if err == nil || !isGone(err) {
			t.Errorf("opening %q: %v, want an error that no directory is there", path, err)
		}
	}
	f, err := root.open("a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	var l listing
	if err := f.list(&l); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]kind{}
	for _, it := range l.items {
		kinds[it.name] = it.kind
		if st, err := f.stat(it); err != nil || st.kind != it.kind {
			t.Errorf("%q: stat says %d, the listing %d, %v", it.name, st.kind, it.kind, err)
		}
	}
	if len(kinds) != 2 || kinds["file"] != kindFile || kinds["link"] != kindLink {
		t.Errorf("listing: %v", kinds)
	}
	if content, err := f.readSmall("file", 4); string(content) != "cont" || err != nil {
		t.Errorf("read %q, %v", content, err)
	}
	if content, err := f.readSmall("link", 4); err == nil || len(content) > 0 {
		t.Errorf("a symbolic link was followed: %q", content)
	}
}
