package worktree

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/marks"
)

// manyRefs50k gives a repository 50,000 branches, tags and remote-tracking branches. loose is how many of them are loose refs, each in a file of its
// own.
func (r *repo) manyRefs50k(loose int) {
	r.t.Helper()
	id := strings.TrimSpace(r.run("rev-parse", "HEAD"))
	var packed, update []string
	for i := range 50_000 {
		name := fmt.Sprintf("refs/%s/team-%d/topic-%d", []string{"heads", "remotes/origin", "tags"}[i%3], i%37, i)
		if i%(50_000/max(loose, 1)) == 0 && loose > 0 {
			update = append(update, "create "+name+" "+id)
		} else {
			packed = append(packed, id+" "+name)
		}
	}
	slices.SortFunc(packed, func(a, b string) int { return strings.Compare(a[41:], b[41:]) })
	text := "# pack-refs with: peeled fully-peeled sorted \n" + strings.Join(packed, "\n") + "\n"
	if err := os.WriteFile(r.gitDir("packed-refs"), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if loose == 0 {
		return
	}
	file := filepath.Join(r.home, "update")
	if err := os.WriteFile(file, []byte(strings.Join(update, "\n")+"\n"), 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.pipe(file, "update-ref", "--stdin")
}

// BenchmarkMarks measures reading the marks of a repository with 50,000 refs, including Locate and Open, the comparison with a stored record, and
// Explain for the ref that moved. It compares that with git for-each-ref in the same run.
func BenchmarkMarks(b *testing.B) {
	for _, loose := range []int{0, 1000, 5000} {
		b.Run(fmt.Sprintf("loose=%d", loose), func(b *testing.B) {
			main, w := marked(b)
			main.manyRefs50k(loose)
			text, err := json.Marshal(w.marks(w.tree()))
			if err != nil {
				b.Fatal(err)
			}
			w.run("branch", "-f", "team-3/topic-3", "HEAD")
			var own, git time.Duration
			for b.Loop() {
				start := time.Now()
				w.timed("for-each-ref", "--format=%(objectname) %(refname)")
				middle := time.Now()
				var before Marks
				if err := json.Unmarshal(text, &before); err != nil {
					b.Fatal(err)
				}
				tree := w.tree()
				after, err := tree.Marks(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				changes := CompareMarks(before, after)
				tree.Explain(context.Background(), before, changes)
				own += time.Since(middle)
				git += middle.Sub(start)
				if len(changes) != 1 || changes[0].Kind != marks.BranchMoved || changes[0].Name != "refs/heads/team-3/topic-3" || changes[0].By != "branch" {
					b.Fatalf("%+v", changes)
				}
			}
			b.ReportMetric(0, "ns/op") // the sum of both means nothing
			b.ReportMetric(own.Seconds()*1000/float64(b.N), "own-ms")
			b.ReportMetric(git.Seconds()*1000/float64(b.N), "git-for-each-ref-ms")
			b.ReportMetric(own.Seconds()/git.Seconds(), "x-git-for-each-ref")
			b.ReportMetric(float64(len(text)), "record-bytes")
		})
	}
}

// BenchmarkStaged measures the search for staged changes among 100,000 files, and compares it with git diff --cached in the same run.
func BenchmarkStaged(b *testing.B) {
	w, _ := generated(b, 100_000)
	for _, staged := range []int{0, 1} {
		b.Run(fmt.Sprintf("staged=%d", staged), func(b *testing.B) {
			if staged > 0 {
				w.run("add", "d0/new.go")
			}
			var own, git time.Duration
			for b.Loop() {
				start := time.Now()
				w.timed("--no-optional-locks", "diff", "--cached", "--name-only")
				middle := time.Now()
				names, err := stagedNames(context.Background(), w.tree())
				own += time.Since(middle)
				git += middle.Sub(start)
				if err != nil || len(names) != staged {
					b.Fatalf("%q are staged: %v", names, err)
				}
			}
			b.ReportMetric(0, "ns/op") // the sum of both means nothing
			b.ReportMetric(own.Seconds()*1000/float64(b.N), "own-ms")
			b.ReportMetric(git.Seconds()*1000/float64(b.N), "git-diff-cached-ms")
			b.ReportMetric(own.Seconds()/git.Seconds(), "x-git-diff-cached")
		})
	}
}
