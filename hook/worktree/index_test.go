package worktree

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gogit "github.com/go-git/go-git/v5/plumbing/format/index"

	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// TestIndexAgreesWithGoGit reads the same index with this package and with go-git.
func TestIndexAgreesWithGoGit(t *testing.T) {
	for _, version := range []string{"2", "3", "4"} {
		t.Run(version, func(t *testing.T) {
			_, w := edited(t)
			oddNames(w, w)
			longName(w, w)
			w.run("add", "-A")
			conflict(w, w)
			if version != "2" {
				w.write("ita", "ita\n")
				w.run("add", "-N", "ita")
				w.run("update-index", "--skip-worktree", "keep.txt")
			}
			w.run("update-index", "--index-version", version)
			path := w.gitDir("index")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want gogit.Index
			if err := gogit.NewDecoder(bytes.NewReader(content)).Decode(&want); err != nil {
				t.Fatal(err)
			}
			x, err := index.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = x.Close() }()
			n, before := 0, ""
			tree, err := x.Each(func(e *index.Entry) bool {
				o := want.Entries[n]
				n++
				st := e.Stat()
				if string(e.Name) != o.Name || e.Stage() != int(o.Stage) || e.ID() != o.Hash || e.Mode() != uint32(o.Mode) || st.Size != o.Size ||
					e.Has(index.SkipWorktree) != o.SkipWorktree || e.Has(index.IntentToAdd) != o.IntentToAdd || st.Ino != o.Inode ||
					st.UID != o.UID || st.GID != o.GID || int64(st.Mtime.Sec) != o.ModifiedAt.Unix() && st.Mtime.Sec != 0 || int64(st.Ctime.Sec) != o.CreatedAt.Unix() && st.Ctime.Sec != 0 {
					t.Errorf("entry %d is %q, go-git reads %+v", n, e.Name, o)
				}
				if string(e.Name) < before {
					t.Errorf("%q comes after %q", e.Name, before)
				}
				before = string(e.Name)
				return true
			})
			if err != nil || n != len(want.Entries) || n == 0 {
				t.Errorf("%d of %d entries: %v", n, len(want.Entries), err)
			}
			if want.Cache != nil {
				i := slices.IndexFunc(want.Cache.Entries, func(e gogit.TreeEntry) bool { return e.Path == "" })
				if i >= 0 && tree.Valid && tree.ID != want.Cache.Entries[i].Hash {
					t.Errorf("the cached tree is %s, go-git reads %s", tree.ID, want.Cache.Entries[i].Hash)
				}
			}
		})
	}
}

// crowdedIndex returns an index with so many names that EachFrom can skip most of them. They have all lengths, and some are unmerged.
func crowdedIndex(t testing.TB, version string, names int) (path string) {
	r := newRepo(t)
	random := rand.New(rand.NewPCG(1, 2))
	var lines strings.Builder
	for i := range names {
		name := strings.Repeat(string("ab\xffz"[i%4]), 1+random.IntN(12))
		switch i % 50 {
		case 0:
			name += "/" + strings.Repeat(strings.Repeat("l", 200)+"/", 21) // longer than the length in an entry's flags can be
		case 1, 2, 3, 4:
			name = name[:1+random.IntN(min(len(name), 3))]
		}
		name += "." + strconv.Itoa(i)
		stages := []int{0}
		if i%9 == 8 {
			stages = []int{1, 2, 3}
		}
		for _, stage := range stages {
			fmt.Fprintf(&lines, "100644 %s %d\t%s\n", object.EmptyBlob, stage, name)
		}
	}
	cmd := exec.Command(r.git, "update-index", "--index-version", version, "--index-info")
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, strings.NewReader(lines.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r.gitDir("index")
}

// TestIndexFrom: EachFrom skips entries, but none of those that were asked for.
func TestIndexFrom(t *testing.T) {
	for _, version := range []string{"2", "4"} {
		x, err := index.Open(crowdedIndex(t, version, 3000))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = x.Close() }()
		var all []string
		if _, err := x.Each(func(e *index.Entry) bool {
			all = append(all, fmt.Sprintf("%s %d", e.Name, e.Stage()))
			return true
		}); err != nil || len(all) < 3000 {
			t.Fatalf("%d entries, %v", len(all), err)
		}
		random := rand.New(rand.NewPCG(3, 4))
		least := len(all)
		for range some(make([]int, 200)) {
			var wanted []string // sorted, the names that EachFrom waits for
			for range random.IntN(4) {
				name, _, _ := strings.Cut(all[random.IntN(len(all))], " ")
				wanted = append(wanted, name[:1+random.IntN(len(name))])
			}
			wanted = append(wanted, "\xff\xff\xff\xff\xff\xff\xff\xff\xff")
			slices.Sort(wanted)
			next, seen := 0, map[string]bool{}
			if _, err := x.EachFrom(func() string { return wanted[next] }, func(e *index.Entry) bool {
				seen[fmt.Sprintf("%s %d", e.Name, e.Stage())] = true
				for next < len(wanted)-1 && string(e.Name) > wanted[next] {
					next++
				}
				return true
			}); err != nil {
				t.Fatal(err)
			}
			least = min(least, len(seen))
			for _, name := range wanted {
				i, _ := slices.BinarySearchFunc(all, name, func(entry, name string) int {
					own, _, _ := strings.Cut(entry, " ")
					return strings.Compare(own, name)
				})
				if i < len(all) && !seen[all[i]] {
					t.Fatalf("waiting for %q of %q, %q is passed over", name, wanted, all[i])
				}
			}
		}
		if version == "2" && least > len(all)/2 {
			t.Errorf("at best %d of %d entries were looked at", least, len(all))
		}
	}
}

// indexSeeds returns indexes that git wrote.
func indexSeeds(f *testing.F) [][]byte {
	var seeds [][]byte
	r := newRepo(f)
	for _, name := range []string{"a", "b/c", "b/d", "é"} {
		r.write(name, name)
	}
	r.commit()
	for _, version := range []string{"2", "4"} {
		r.run("update-index", "--index-version", version)
		content, err := os.ReadFile(filepath.Join(r.dir, ".git/index"))
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, content)
	}
	content, err := os.ReadFile(crowdedIndex(f, "2", 400))
	if err != nil {
		f.Fatal(err)
	}
	return append(seeds, content)
}

func FuzzIndex(f *testing.F) {
	seeds := indexSeeds(f)
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "index")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		x, err := index.Open(path)
		if err != nil {
			return
		}
		defer func() { _ = x.Close() }()
		n := 0
		_, err = x.Each(func(e *index.Entry) bool {
			_ = e.Clone()
			n++
			return true
		})
		if err == nil && n != int(x.Count) {
			t.Errorf("%d entries of %d without an error", n, x.Count)
		}
		after := func(e *index.Entry) int {
			if string(e.Name) >= "b" {
				return 1
			}
			return 0
		}
		all, some := 0, 0
		_, err = x.Each(func(e *index.Entry) bool { all += after(e); return true })
		_, second := x.EachFrom(func() string { return "b" }, func(e *index.Entry) bool { some += after(e); return true })
		if all != some || (err == nil) != (second == nil) {
			t.Errorf("%d names from b on are read, and %d when they are waited for; errors %v, %v", all, some, err, second)
		}
	})
}
