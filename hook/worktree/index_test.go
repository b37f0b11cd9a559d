package worktree

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// TestIndexAgreesWithGoGit reads the same index in both ways.
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
			var want index.Index
			if err := index.NewDecoder(bytes.NewReader(content)).Decode(&want); err != nil {
				t.Fatal(err)
			}
			x, err := openIndex(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = x.close() }()
			n, before := 0, ""
			tree, err := x.each(func(e *indexEntry) bool {
				o := want.Entries[n]
				n++
				ctime, _ := e.ctime()
				mtime, _ := e.mtime()
				if string(e.name) != o.Name || e.stage() != int(o.Stage) || e.id() != o.Hash || e.mode() != uint32(o.Mode) || e.size() != o.Size ||
					e.has(flagSkipWorktree) != o.SkipWorktree || e.has(flagIntentToAdd) != o.IntentToAdd || e.ino() != o.Inode ||
					e.uid() != o.UID || e.gid() != o.GID || int64(mtime) != o.ModifiedAt.Unix() && mtime != 0 || int64(ctime) != o.CreatedAt.Unix() && ctime != 0 {
					t.Errorf("entry %d is %q, go-git reads %+v", n, e.name, o)
				}
				if string(e.name) < before {
					t.Errorf("%q comes after %q", e.name, before)
				}
				before = string(e.name)
				return true
			})
			if err != nil || n != len(want.Entries) || n == 0 {
				t.Errorf("%d of %d entries: %v", n, len(want.Entries), err)
			}
			if want.Cache != nil {
				i := slices.IndexFunc(want.Cache.Entries, func(e index.TreeEntry) bool { return e.Path == "" })
				if i >= 0 && tree.valid && tree.id != want.Cache.Entries[i].Hash {
					t.Errorf("the cached tree is %s, go-git reads %s", tree.id, want.Cache.Entries[i].Hash)
				}
			}
		})
	}
}

// indexSeeds are indexes of real repositories.
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
	return seeds
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
		x, err := openIndex(path)
		if err != nil {
			return
		}
		defer func() { _ = x.close() }()
		n := 0
		_, err = x.each(func(e *indexEntry) bool {
			_ = e.clone()
			n++
			return true
		})
		if err == nil && n != int(x.count) {
			t.Errorf("%d entries of %d without an error", n, x.count)
		}
	})
}
