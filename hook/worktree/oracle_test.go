package worktree

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"stopgate/hook/worktree/object"
)

// An oracle is git's view of a whole worktree at one moment.
type oracle struct {
	status  map[string]string // XY by name; the name of a whole directory ends in a slash
	tracked map[string]bool
	head    map[string]bool
	failed  string // git's error message; "" if it did not fail
}

func (r *repo) oracle() oracle {
	r.t.Helper()
	o := oracle{status: map[string]string{}, tracked: map[string]bool{}, head: map[string]bool{}}
	out, err := r.status()
	if err != nil {
		o.failed = out
		return o
	}
	o.read(out)
	if out, err := r.try("ls-tree", "-r", "-z", "--name-only", "HEAD"); err == nil {
		o.head = nameSet(out)
	}
	o.tracked = nameSet(r.run("ls-files", "-z"))
	return o
}

// nameSet reads names that each end in a NUL byte.
func nameSet(out string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		if name != "" { // the part after the last NUL is empty
			set[name] = true
		}
	}
	return set
}

// status runs the command that package status imitates, with --ignored.
func (r *repo) status(paths ...string) (string, error) {
	return r.try(append([]string{
		"--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false",
		"status", "--porcelain=v1", "-z", "-uall", "--ignored=matching", "--no-renames", "--",
	}, paths...)...)
}

// of returns git's answer for one name. It is used if git fails for all names together.
func (r *repo) of(name string) oracle {
	o := oracle{status: map[string]string{}, tracked: map[string]bool{}}
	out, err := r.status(name)
	if err != nil {
		o.failed = out
		return o
	}
	o.read(out)
	if out, err := r.try("ls-files", "-z", "--error-unmatch", "--", name); err == nil && strings.TrimSuffix(out, "\x00") == name {
		o.tracked[name] = true
	}
	return o
}

func (o oracle) read(out string) {
	for line := range strings.SplitSeq(out, "\x00") {
		if len(line) > 3 {
			o.status[line[3:]] += line[:2]
		}
	}
}

// names returns every name that may be claimed: those that git lists, those in HEAD, those on disk, and some that exist nowhere.
func (r *repo) names(o oracle) []string {
	r.t.Helper()
	set := map[string]bool{"nowhere": true, "no/where": true, ".gitignore": true}
	for name := range o.status {
		set[strings.TrimSuffix(name, "/")] = true
	}
	for name := range o.tracked {
		set[name] = true
	}
	for name := range o.head {
		set[name] = true
	}
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		if d.Name() == ".git" && d.IsDir() {
			return fs.SkipDir
		}
		name, _ := filepath.Rel(r.dir, path)
		if gitPath := filepath.ToSlash(name); name != "." && !strings.HasSuffix(gitPath, ".git") {
			set[gitPath] = true
			set[gitPath+"/below"] = true
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for name := range set {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A tally counts the outcomes of comparisons.
type tally struct {
	sync.Mutex
	cases, claims, native, viaGit, unknown, wrong int
}

func (a *tally) add(b *tally) {
	a.Lock()
	defer a.Unlock()
	a.cases++
	a.claims += b.claims
	a.native += b.native
	a.viaGit += b.viaGit
	a.unknown += b.unknown
	a.wrong += b.wrong
}

func (a *tally) report(t testing.TB) {
	t.Helper()
	t.Logf("%d cases, %d claims: %d agreements (%d native, %d by asking git), %d unknown, %d disagreements",
		a.cases, a.claims, a.native+a.viaGit, a.native, a.viaGit, a.unknown, a.wrong)
}

// compare compares Claims with git for every name, and returns the outcomes and the states.
func (r *repo) compare(o oracle, tree *Tree, names []string) (*tally, []PathState) {
	r.t.Helper()
	states := tree.Claims(context.Background(), names, Base{})
	sum := &tally{}
	for _, s := range states {
		sum.claims++
		switch {
		case s.Change == Unknown:
			sum.unknown++
			if s.Reason == "" {
				r.t.Errorf("%q is unknown without a reason", s.Path)
			}
			continue
		case s.ViaGit:
			sum.viaGit++
		default:
			sum.native++
		}
		judge := o
		if o.failed != "" {
			judge = r.of(s.Name)
		}
		if complaint := judge.check(r.dir, s); complaint != "" {
			sum.wrong++
			r.t.Errorf("%q: %s; got %s with status %q, reason %q, via git %t", s.Path, complaint, s.Change, s.Status, s.Reason, s.ViaGit)
		}
	}
	return sum, states
}

// check returns how s contradicts git; "" if it does not.
func (o oracle) check(root string, s PathState) string {
	if o.failed != "" {
		return "git itself fails: " + o.failed
	}
	onDisk := standing(root, s.Name)
	want, found := o.status[s.Name]
	if o.status[s.Name+"/"] == "??" { // it is another repository
		want, found = want+"??", true
	}
	if onDisk && !o.tracked[s.Name] {
		for dir := range object.Parents(s.Name) {
			if o.status[dir+"/"] == "!!" {
				want, found = want+"!!", true
				break
			}
		}
	}
	if s.Change == Ignored && !found && o.fileAbove(s.Name) {
		return "" // git does not list ignored files below a directory that it tracks as a file
	}
	if s.Status != want {
		return "git's status is " + want
	}
	changes := s.Change == Modified || s.Change == Added || s.Change == Deleted || s.Change == Renamed || s.Change == Mode || s.Change == Type
	switch {
	case want == "!!":
		if s.Change != Ignored {
			return "it is ignored"
		}
	case found && s.Change == Missing: // it was only staged, and is gone
		if o.head[s.Name] || onDisk {
			return "it is not missing"
		}
	case found && !changes:
		return "git shows it as " + want
	case found:
		return checkWord(s, want)
	case changes || s.Change == Ignored:
		return "git does not show it"
	case o.tracked[s.Name] != (s.Change == Unchanged):
		return "unchanged means tracked"
	}
	return ""
}

// fileAbove reports whether git tracks a directory above name as a file.
func (o oracle) fileAbove(name string) bool {
	for dir := range object.Parents(name) {
		if o.tracked[dir] {
			return true
		}
	}
	return false
}

// standing reports whether name exists on disk, is no directory, and has no symbolic link above it.
func standing(root, name string) bool {
	for up := range object.Parents(name) {
		if info, err := os.Lstat(filepath.Join(root, up)); err != nil || !info.IsDir() {
			return false
		}
	}
	info, err := os.Lstat(filepath.Join(root, name))
	if err != nil {
		return false
	}
	return !info.IsDir()
}

// checkWord returns how the change of s contradicts git's status, as far as that determines the change; "" if it does not.
func checkWord(s PathState, want string) string {
	switch {
	case strings.ContainsAny(want, "U"), strings.HasPrefix(want, "AA"), strings.HasPrefix(want, "DD"):
		return ""
	case want == "??" && s.Change != Added && s.Change != Renamed:
		return "it is added"
	case (want == "D " || want == " D") && s.Change != Deleted:
		return "it is deleted"
	case (want == " M" || want == "M ") && s.Change != Modified && s.Change != Mode:
		return "it is modified"
	case (want == " T" || want == "T ") && s.Change != Type:
		return "its type changed"
	case want[1] == 'D' && s.Now.Present():
		return "it is not there"
	}
	return ""
}
