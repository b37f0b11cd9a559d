package worktree

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// untracked returns the paths that git shows as untracked.
func (r *repo) untracked() []string {
	r.t.Helper()
	var names []string
	for name := range strings.SplitSeq(r.run("ls-files", "-z", "--others", "--exclude-standard"), "\x00") {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestHiddenSinceSnapshot: the ignore rules outside of the worktree change after a snapshot. The files that git showed by the old rules and does not
// show by the new ones are hidden. Git itself is asked before and after the change.
func TestHiddenSinceSnapshot(t *testing.T) {
	t.Parallel()
	exclude := func(r *repo, line string) {
		path := r.gitDir("info/exclude")
		old, _ := os.ReadFile(path)
		if err := os.WriteFile(path, append(old, line+"\n"...), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	home := func(r *repo, name, content string) {
		path := filepath.Join(r.home, name)
		mkdir(r.t, filepath.Dir(path))
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		before, after func(r *repo)
		source        string   // the end of the path of the file with the rule
		hidden        []string // the hidden files besides edited.key; nil for those that git stops showing
	}{
		"info/exclude":           {nil, func(r *repo) { exclude(r, "*.key") }, "info/exclude", nil},
		"a folder":               {nil, func(r *repo) { exclude(r, "/src/secret/") }, "info/exclude", nil},
		"the user's ignore file": {nil, func(r *repo) { home(r, ".config/git/ignore", "# mine\n*.key\n*.tmp\n") }, ".config/git/ignore", nil},
		"a line in it":           {func(r *repo) { home(r, ".config/git/ignore", "*.tmp\n") }, func(r *repo) { home(r, ".config/git/ignore", "*.tmp\nsecret\n") }, ".config/git/ignore", nil},
		"core.excludesFile": {nil, func(r *repo) {
			home(r, ".gitignore_global", "*.key\n")
			r.run("config", "--global", "core.excludesFile", "~/.gitignore_global")
		}, ".gitignore_global", nil},
		"another core.excludesFile": {func(r *repo) { home(r, "one", "*.tmp\n"); r.run("config", "--global", "core.excludesFile", "~/one") }, func(r *repo) { home(r, "two", "*.key\n"); r.run("config", "--global", "core.excludesFile", "~/two") }, "two", nil},
		"of this repository": {nil, func(r *repo) {
			home(r, "rules", "secret/\n")
			r.run("config", "core.excludesFile", filepath.Join(r.home, "rules"))
		}, "rules", nil},
		"an exception that went": {func(r *repo) { home(r, ".config/git/ignore", "*.key\n!a.key\n") }, func(r *repo) { home(r, ".config/git/ignore", "*.key\n") }, ".config/git/ignore", nil},
		"everything":             {nil, func(r *repo) { exclude(r, "*") }, "info/exclude", nil},
		"the same rules":         {func(r *repo) { exclude(r, "*.key") }, nil, "", nil},
		"the same rules, moved":  {func(r *repo) { home(r, "one", "*.key\n"); r.run("config", "--global", "core.excludesFile", "~/one") }, func(r *repo) { home(r, "two", "*.key\n"); r.run("config", "--global", "core.excludesFile", "~/two") }, "", nil},
		"a comment":              {nil, func(r *repo) { exclude(r, "# *.key") }, "", nil},
		"rules that went": {func(r *repo) { exclude(r, "*.key") }, func(r *repo) {
			home(r, ".x", "")
			removeFile(r.at(filepath.Dir(r.gitDir("info"))), r.gitDir("info/exclude"))
		}, "", nil},
		"what the host adds":         {nil, func(r *repo) { exclude(r, "/.claude/worktrees/\n.claude/") }, "", []string{}},
		"the host and somebody else": {nil, func(r *repo) { exclude(r, ".claude/\n*.key") }, "info/exclude", []string{"a.key", "src/b.key", "src/secret/d.key"}},
		"a rule of the worktree":     {nil, func(r *repo) { r.write(".gitignore", "*.log\nbuild/\n*.key\n") }, "", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := base(t)
			if tt.before != nil {
				tt.before(r)
			}
			r.write("old.key", "was there before\n")
			r.write("edited.key", "was there before\n")
			snapshot := r.snapshot()
			for _, name := range []string{"a.key", "src/b.key", "src/secret/c.txt", "src/secret/d.key", "x.tmp", "y.log", ".claude/settings.json", ".claude/worktrees/z", "plain.txt"} {
				r.write(name, name+"\n")
			}
			r.write("edited.key", "is edited\n")
			old := r.untracked()
			if tt.after != nil {
				tt.after(r)
			}
			now := r.untracked()
			want := tt.hidden
			if want == nil {
				for _, name := range old {
					if !slices.Contains(now, name) && name != "old.key" {
						want = append(want, name)
					}
				}
				if tt.source != "" && len(want) == 0 {
					t.Fatal("git hides nothing")
				}
			} else if tt.source != "" {
				want = append(want, "edited.key")
			}
			s := r.tree().Survey(t.Context(), Base{Snapshot: &snapshot}, ScanOptions{})
			if s.HiddenUnseen != "" || s.Incomplete != "" {
				t.Fatalf("%s %s", s.HiddenUnseen, s.Incomplete)
			}
			var got []string
			for _, h := range s.Hidden {
				got = append(got, h.Name)
				if !strings.HasSuffix(filepath.ToSlash(h.Source), tt.source) || h.Line == 0 || h.Pattern == "" || h.Changed != (h.Name == "edited.key") {
					t.Errorf("%+v", h)
				}
			}
			slices.Sort(want)
			wantList(t, "hidden", got, want...)
			for _, state := range s.States {
				if slices.Contains(got, state.Name) {
					t.Errorf("%+v is hidden and a change", state)
				}
			}
			if fresh := r.tree().Survey(t.Context(), Base{}, ScanOptions{}); fresh.Fingerprint != s.Fingerprint {
				t.Errorf("the fingerprint has what is hidden")
			}
		})
	}
}

// TestHiddenWhereGitIsAsked: the worktree can be read only by git, or the rule file was too long to be kept in the snapshot, or is too large to be
// read.
func TestHiddenWhereGitIsAsked(t *testing.T) {
	t.Parallel()
	t.Run("a repository of another format", func(t *testing.T) {
		t.Parallel()
		r := sha256Repo(t)
		snapshot := r.snapshot()
		r.write("a.key", "x\n")
		r.write("secret/b.txt", "x\n")
		r.write("c.txt", "x\n")
		if err := os.WriteFile(r.gitDir("info/exclude"), []byte("*.key\nsecret\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		s := r.tree().Survey(t.Context(), Base{Snapshot: &snapshot}, ScanOptions{})
		var got []string
		for _, h := range s.Hidden {
			got = append(got, h.Name)
		}
		if s.HiddenUnseen != "" {
			t.Error(s.HiddenUnseen)
		}
		wantList(t, "hidden", got, "a.key", "secret/")
	})
	long := strings.Repeat("# a comment\n", 4000)
	for name, tt := range map[string]struct {
		before, after string
		unseen        string
	}{
		"too long, as it was":   {long, long, ""},
		"too long, and other":   {long, long + "*.key\n", "it was too long to be kept"},
		"too long now":          {"*.tmp\n", long + "*.tmp\n*.key\n", ""},
		"longer than git takes": {"*.tmp\n", strings.Repeat("# a comment\n", 100_000), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := base(t)
			write := func(content string) {
				if err := os.WriteFile(r.gitDir("info/exclude"), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(tt.before)
			snapshot := r.snapshot()
			r.write("a.key", "x\n")
			write(tt.after)
			ctx, done := context.WithTimeout(t.Context(), time.Minute)
			defer done()
			s := r.tree().Survey(ctx, Base{Snapshot: &snapshot}, ScanOptions{})
			if (s.HiddenUnseen == "") != (tt.unseen == "") || !strings.Contains(s.HiddenUnseen, tt.unseen) {
				t.Errorf("unseen: %q, want %q", s.HiddenUnseen, tt.unseen)
			}
			if hides := strings.Contains(tt.after, "*.key") && tt.unseen == ""; hides != (len(s.Hidden) == 1) {
				t.Errorf("hidden: %+v", s.Hidden)
			}
		})
	}
}

// TestCandidateHiddenSince: a candidate with files that a new rule outside of the worktree hides does not count as ignored, so it is not removed for
// that.
func TestCandidateHiddenSince(t *testing.T) {
	t.Parallel()
	_, r := base(t)
	snapshot := r.snapshot()
	r.write("src/coverage/calc.js", "source\n")
	if err := os.WriteFile(r.gitDir("info/exclude"), []byte("coverage\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := ScanOptions{Candidates: func(path string, isDir bool) bool { return isDir && filepath.Base(path) == "coverage" }}
	s := r.tree().Survey(t.Context(), Base{Snapshot: &snapshot}, o)
	if len(s.Candidates) != 1 || s.Candidates[0].Ignored || len(s.Hidden) != 1 {
		t.Errorf("%+v, hidden %+v", s.Candidates, s.Hidden)
	}
}

// TestCandidateIgnoredSince: the same is true of files that a new rule of the worktree ignores, but not of files that older rules ignore.
func TestCandidateIgnoredSince(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before, after func(r *repo)
		ignored       bool
	}{
		"a rule that was there":      {func(r *repo) { r.write(".gitignore", "coverage\n"); r.commit() }, func(*repo) {}, true},
		"one that was not committed": {func(r *repo) { r.write(".gitignore", "coverage\n") }, func(*repo) {}, true},
		"one of another folder": {
			func(r *repo) { r.write(".gitignore", "coverage\n"); r.commit() },
			func(r *repo) { r.write("other/.gitignore", "*.tmp\n") }, true,
		},
		"an exception that is gone": {
			func(r *repo) {
				r.write(".gitignore", "coverage\n")
				r.write("src/.gitignore", "!coverage\n")
				r.commit()
			},
			func(r *repo) { r.remove("src/.gitignore") }, false,
		},
		"an exception that is gone and was not committed": {
			func(r *repo) { r.write(".gitignore", "coverage\n"); r.write("src/.gitignore", "!coverage\n") },
			func(r *repo) { r.remove("src/.gitignore") }, false,
		},
		"a new rule":        {nil, func(r *repo) { r.write(".gitignore", "coverage\n") }, false},
		"in a new folder":   {nil, func(r *repo) { r.write("src/.gitignore", "/coverage\n") }, false},
		"it ignores itself": {nil, func(r *repo) { r.write("src/.gitignore", "*\n") }, false},
		"committed since":   {nil, func(r *repo) { r.write(".gitignore", "coverage\n"); r.commit() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := base(t)
			if tt.before != nil {
				tt.before(r)
			}
			snapshot := r.snapshot()
			tt.after(r)
			r.write("src/coverage/calc.js", "source\n")
			o := ScanOptions{Candidates: func(path string, isDir bool) bool { return isDir && filepath.Base(path) == "coverage" }}
			s := r.tree().Survey(t.Context(), Base{Snapshot: &snapshot}, o)
			if len(s.Candidates) != 1 || s.Candidates[0].Ignored != tt.ignored {
				t.Errorf("%+v", s.Candidates)
			}
		})
	}
}
