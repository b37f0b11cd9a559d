package worktree

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/status"
)

// changesOf returns the states of names compared with base, by name.
func (r *repo) changesOf(base Base, names ...string) map[string]PathState {
	r.t.Helper()
	states := map[string]PathState{}
	for _, s := range r.tree().Claims(context.Background(), names, base) {
		states[s.Path] = s
	}
	return states
}

func (r *repo) wantChanges(base Base, want map[string]Change) map[string]PathState {
	r.t.Helper()
	states := r.changesOf(base, slices.Collect(maps.Keys(want))...)
	for name, change := range want {
		if s := states[name]; s.Change != change {
			r.t.Errorf("%q is %s (%q, base %s, now %s, %s), want %s", name, s.Change, s.Status, s.Base, s.Now, s.Reason, change)
		}
	}
	return states
}

func TestRevision(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := bareHome(t)
			r.dir = r.home + "/repo"
			mkdir(t, r.dir)
			r.run("init", "-q", "-b", "main", "--object-format="+format)
			for _, name := range []string{"same", "edited", "gone", "moved", "back", "committed", "dir/file", "loose"} {
				r.write(name, "content of "+name+"\n")
			}
			r.commit()
			first := strings.TrimSpace(r.run("rev-parse", "HEAD"))
			r.run("tag", "-a", "-m", "t", "v1")
			r.write("committed", "other\n")
			r.write("back", "other\n")
			r.write("new", "new\n")
			r.run("mv", "moved", "there")
			r.commit()
			r.write("edited", "other\n")
			r.write("back", "content of back\n")
			r.remove("gone")
			r.write("untracked", "u\n")
			r.chmod("same", 0o755)
			r.run("rm", "-q", "--cached", "loose")
			r.remove("dir")
			r.symlink("there", "dir")
			want := map[string]Change{
				"same": Mode, "edited": Modified, "gone": Deleted, "moved": Deleted, "there": Renamed, "back": Unchanged,
				"committed": Modified, "new": Added, "untracked": Added, "nowhere": Missing, "loose": Unchanged, "dir/file": Deleted, "../x": Outside,
			}
			for _, revision := range []string{first, "v1", "main~1", "HEAD^{tree}~0", "nobody", "-x", "a\x00"} {
				switch revision {
				case first, "v1", "main~1":
					r.wantChanges(Base{Revision: revision}, want)
				default:
					for name, s := range r.changesOf(Base{Revision: revision}, "edited", "nowhere") {
						if s.Change != Unknown || s.Reason == "" {
							t.Errorf("%q against %q is %s (%q)", name, revision, s.Change, s.Reason)
						}
					}
				}
			}
			r.wantChanges(Base{Revision: "HEAD"}, map[string]Change{"committed": Unchanged, "back": Modified, "new": Unchanged})
		})
	}
}

func TestRevisionWithoutGit(t *testing.T) {
	r := newRepo(t)
	r.write("a", "one\n")
	r.commit()
	id := strings.TrimSpace(r.run("rev-parse", "HEAD"))
	r.write("a", "two\n")
	r.commit()
	tree := r.withoutGit()
	for revision, want := range map[string]Change{id: Modified, "HEAD": Unchanged, "main": Unknown} {
		if s := tree.Claims(context.Background(), []string{"a"}, Base{Revision: revision}); s[0].Change != want {
			t.Errorf("a against %s is %s (%s), want %s", revision, s[0].Change, s[0].Reason, want)
		}
	}
}

// TestSnapshotBase compares with a snapshot files that were dirty when it was taken, and files that were clean.
func TestSnapshotBase(t *testing.T) {
	r := newRepo(t)
	files := []string{"clean", "clean-edited", "clean-committed", "clean-back", "dirty", "dirty-again", "dirty-back", "dirty-committed", "dirty-gone", "absent", "absent-back", "dirty-mode"}
	for _, name := range files {
		r.write(name, "content of "+name+"\n")
	}
	r.write(".gitignore", "*.log\n")
	r.commit()
	for _, name := range []string{"dirty", "dirty-again", "dirty-back", "dirty-committed", "dirty-gone", "dirty-mode"} {
		r.write(name, "dirty\n")
	}
	r.write("dirty-back", "before\n")
	r.remove("absent")
	r.remove("absent-back")
	r.write("untracked", "untracked\n")
	r.write("untracked-again", "untracked\n")
	r.write("untracked-committed", "untracked\n")
	snapshot := r.snapshotByHand()

	r.write("clean-edited", "edited\n")
	r.write("clean-back", "edited\n")
	r.write("dirty-again", "again\n")
	r.remove("dirty-gone")
	r.chmod("dirty-mode", 0o755)
	r.write("absent-back", "content of absent-back\n")
	r.write("untracked-again", "again\n")
	r.write("new", "new\n")
	r.write("x.log", "log\n")
	r.write("clean-committed", "edited\n")
	r.run("add", "clean-committed", "dirty-committed", "untracked-committed", "clean-back")
	r.run("commit", "-qm", "meanwhile")
	r.write("clean-back", "content of clean-back\n")
	r.write("dirty-back", "content of dirty-back\n") // now the file is as in HEAD

	states := r.wantChanges(Base{Snapshot: &snapshot}, map[string]Change{
		"clean": Unchanged, "clean-edited": Modified, "clean-committed": Modified, "clean-back": Unchanged,
		"dirty": Unchanged, "dirty-again": Modified, "dirty-back": Modified, "dirty-committed": Unchanged, "dirty-gone": Deleted,
		"absent": Unchanged, "absent-back": Added, "dirty-mode": Mode,
		"untracked": Unchanged, "untracked-again": Modified, "untracked-committed": Unchanged, "new": Added, "x.log": Ignored, "nowhere": Missing,
	})
	for name, s := range states {
		_, dirty := dirtyIn(snapshot, name)
		if s.DirtyBefore != dirty || s.NoBase {
			t.Errorf("%q: dirty before %t, no base %t", name, s.DirtyBefore, s.NoBase)
		}
		if s.BaseEqual != (s.Change == Unchanged || s.Change == Missing) {
			t.Errorf("%q is %s, equal to the base %t", name, s.Change, s.BaseEqual)
		}
	}

	incomplete := snapshot
	was, _ := dirtyIn(snapshot, "dirty")
	incomplete.Dirty = []status.DirtyFile{{Name: "dirty", File: was}}
	incomplete.Incomplete = "there was no time"
	states = r.wantChanges(Base{Snapshot: &incomplete}, map[string]Change{"dirty": Unchanged, "dirty-again": Modified, "clean-committed": Unchanged})
	if !states["dirty-again"].NoBase || states["dirty"].NoBase {
		t.Errorf("an incomplete snapshot is a base for what it lacks, or none for what it has")
	}
}

// snapshotByHand returns a snapshot of all paths that git status shows. It does not use Tree.Snapshot.
func (r *repo) snapshotByHand() Snapshot {
	r.t.Helper()
	s := Snapshot{
		Head: strings.TrimSpace(r.run("rev-parse", "HEAD")),
		Tree: strings.TrimSpace(r.run("rev-parse", "HEAD^{tree}")),
	}
	tree := r.tree()
	for name := range r.oracle().status {
		e, err := tree.Disk.Entry(name)
		if err != nil {
			r.t.Fatal(err)
		}
		f := object.File{Mode: e.Mode()}
		if f.Present() {
			c, err := e.Read(context.Background())
			if err != nil {
				r.t.Fatal(err)
			}
			f.Blob = c.Blob.String()
		}
		s.Dirty = append(s.Dirty, status.DirtyFile{Name: Name(name), File: f})
	}
	slices.SortFunc(s.Dirty, func(a, b status.DirtyFile) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return s
}

func TestSnapshotJSON(t *testing.T) {
	s := Snapshot{Head: "h", Dirty: []status.DirtyFile{
		{Name: "%FF", File: object.File{Mode: object.ModeExecutable}},
		{Name: "100%", File: object.File{}},
		{Name: "plain", File: object.File{Mode: object.ModeRegular, Blob: "b"}},
		{Name: "é\n", File: object.File{}},
		{Name: "\ufffd", File: object.File{}},
		{Name: "\xff\xfe", File: object.File{Mode: object.ModeSymlink}},
	}, Excluded: []Name{"\xff", "node_modules"}, Incomplete: "why"}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Snapshot
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Dirty, back.Dirty) || !slices.Equal(s.Excluded, back.Excluded) || back.Head != s.Head || back.Incomplete != s.Incomplete {
		t.Errorf("%s became %+v", text, back)
	}
	for _, bad := range []string{`{"dirty":[{"name":"%"}]}`, `{"dirty":[{"name":"%zz"}]}`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// dirtyIn finds a path in Dirty of a snapshot.
func dirtyIn(s Snapshot, name string) (object.File, bool) {
	for _, d := range s.Dirty {
		if string(d.Name) == name {
			return d.File, true
		}
	}
	return object.File{}, false
}
