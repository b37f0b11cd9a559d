package worktree

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/status"
)

// shownBy returns a scan's result in the form of oracle.status.
func shownBy(s *status.Scan) map[string]string {
	status := map[string]string{}
	for _, c := range s.Changes {
		name := c.Name
		if c.Repository {
			name += "/"
		}
		status[name] += c.Status
	}
	return status
}

// differences returns the paths about which a scan and git disagree.
func (o oracle) differences(s *status.Scan) []string {
	var complaints []string
	shown := shownBy(s)
	for name, got := range shown {
		if want := strings.TrimSuffix(o.status[name], "!!"); got != want {
			complaints = append(complaints, fmt.Sprintf("%q is %q, git says %q", name, got, want))
		}
	}
	for name, want := range o.status {
		unseen := slices.ContainsFunc(s.Unseen, func(u status.Unseen) bool { return string(u.Name) == name })
		if want = strings.TrimSuffix(want, "!!"); want != "" && shown[name] == "" && !unseen {
			complaints = append(complaints, fmt.Sprintf("%q is missing, git says %q", name, want))
		}
	}
	return complaints
}

// A scanTally counts the outcomes of comparisons.
type scanTally struct{ trees, changes, viaGit, incomplete int }

func (a *scanTally) add(b scanTally) {
	a.trees += b.trees
	a.changes += b.changes
	a.viaGit += b.viaGit
	a.incomplete += b.incomplete
}

func (a *scanTally) report(t *testing.T) {
	t.Helper()
	t.Logf("%d work trees with %d changes agree with git; in %d git was asked about everything; %d more were incomplete, and said so",
		a.trees, a.changes, a.viaGit, a.incomplete)
}

// compareScan compares a scan with git, and the content that it reports with the files. If complete is true, the scan may be incomplete only if git
// prints a warning or an error, too.
func (r *repo) compareScan(tree *Tree, complete bool, sum *scanTally) {
	r.t.Helper()
	r.compareScanWith(r.oracle(), tree, complete, sum)
}

// compareScanWith is compareScan with a given answer of git.
func (r *repo) compareScanWith(o oracle, tree *Tree, complete bool, sum *scanTally) {
	r.t.Helper()
	scan := tree.Scan(context.Background(), ScanOptions{})
	if o.failed != "" && scan.Incomplete == "" && len(scan.Unseen) == 0 {
		r.t.Errorf("git fails (%s), and the scan is complete", o.failed)
	}
	if scan.Incomplete != "" || o.failed != "" {
		sum.incomplete++
		// Git skips what the system does not let it read, with a warning. It also misses an edit in the second in which it last refreshed the file's
		// index entry.
		_, complaint, _ := r.output("--no-optional-locks", "status", "--porcelain", "-uall")
		if complete && complaint == "" && !strings.Contains(scan.Incomplete, "its content differs, though") {
			r.t.Errorf("the scan is incomplete: %s", scan.Incomplete)
		}
		return
	}
	for _, complaint := range o.differences(&scan) {
		r.t.Errorf("%s (via git: %t)", complaint, scan.ViaGit)
	}
	for _, c := range scan.Changes {
		if complaint := r.checkContent(c); complaint != "" {
			r.t.Errorf("%q: %s; got %s", c.Name, complaint, c.Now)
		}
	}
	if some := tree.Scan(context.Background(), ScanOptions{Exclude: func(string) bool { return true }, Candidates: func(path string, _ bool) bool { return strings.HasPrefix(object.LastName(path), "d") }}); !slices.EqualFunc(some.Changes, scan.Changes, func(a, b status.ScanChange) bool { return a == b }) {
		r.t.Errorf("with exclusions and candidates %q, want %q", namesOf(&some), namesOf(&scan))
	}
	sum.trees++
	sum.changes += len(scan.Changes)
	if scan.ViaGit {
		sum.viaGit++
	}
}

// checkContent returns how the content in a change differs from the file; "" if it does not.
func (r *repo) checkContent(c status.ScanChange) string {
	path := filepath.Join(r.dir, c.Name)
	info, err := os.Lstat(path)
	link := err == nil && info.Mode()&os.ModeSymlink != 0
	switch {
	case c.Repository, c.Now.Mode == object.ModeSubmodule:
		return ""
	case err != nil || !link && !info.Mode().IsRegular() || !standing(r.dir, c.Name):
		if c.Now.Present() {
			return "nothing stands there"
		}
		return ""
	case c.Now.Blob == "":
		if c.Now.Stat == "" {
			return "there is neither a blob nor a stand-in"
		}
		return ""
	}
	var content []byte
	if link {
		target, _ := os.Readlink(path)
		content = []byte(target)
	} else if content, err = os.ReadFile(path); err != nil {
		return err.Error()
	}
	want := newBlob(int64(len(content)))
	if _, err := want.Write(content); err != nil {
		return err.Error()
	}
	if got := fmt.Sprintf("%x", want.Sum(nil)); got != c.Now.Blob {
		return "its blob is " + got
	}
	return ""
}

// scanTotals counts the scans of scenarios, which run at the same time.
type scanTotals struct {
	mu            sync.Mutex
	with, without scanTally
}

func (a *scanTotals) report(t *testing.T) {
	t.Helper()
	a.with.report(t)
	a.without.report(t)
}

// checkScan compares a scan of the whole worktree with git: once with a git that can be asked, and once without.
func (s scenario) checkScan(r *repo, o oracle, total *scanTotals) {
	r.t.Helper()
	var with, without scanTally
	r.compareScanWith(o, r.tree(), true, &with)
	r.compareScanWith(o, r.withoutGit(), false, &without)
	total.mu.Lock()
	defer total.mu.Unlock()
	total.with.add(with)
	total.without.add(without)
}

// TestScanRepositoryInPlaceOfStaged: a file that was removed from the index, with another repository in its place, is two changes of the same name.
func TestScanRepositoryInPlaceOfStaged(t *testing.T) {
	_, w := base(t)
	w.run("rm", "-q", "--cached", "keep.txt")
	w.remove("keep.txt")
	w.nested("keep.txt").write("inner", "x\n")
	sum := &scanTally{}
	w.compareScan(w.tree(), true, sum)
	if sum.changes != 2 {
		t.Errorf("%d changes, want 2", sum.changes)
	}
}

// TestScanRandomEdits compares Scan with git after random sequences of edits. It has the variables of TestRandomEdits.
func TestScanRandomEdits(t *testing.T) {
	cases := numberFrom(t, "STOPGATE_FUZZ_CASES", fuzzCases())
	seed := numberFrom(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	t.Logf("STOPGATE_FUZZ_SEED=%d STOPGATE_FUZZ_CASES=%d", seed, cases)
	sum := &scanTally{}
	for i := range (cases + roundsPerRepo - 1) / roundsPerRepo {
		e := newEditor(t, rand.New(rand.NewPCG(seed, i)))
		for round := range roundsPerRepo {
			for range 1 + e.random.IntN(12) {
				e.edit()
			}
			e.compareScan(e.tree(), true, sum)
			if t.Failed() {
				t.Fatalf("seed %d, repository %d, round %d after:\n%s", seed, i, round, strings.Join(e.done, "\n"))
			}
		}
	}
	sum.report(t)
}
