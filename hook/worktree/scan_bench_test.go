package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
)

// BenchmarkScan measures Scan, including Locate and Open, and compares it with git status -uall in the same run. x-git-status is the ratio of their
// times. held-MiB is the memory that the Go runtime holds at the end.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		r, _ := generated(b, n)
		leftovers := ScanOptions{Exclude: seedExcludes, Candidates: func(path string, isDir bool) bool {
			return isDir && object.LastName(path) == "__pycache__"
		}}
		size := fmt.Sprintf("%dk", n/1000)
		b.Run(size+"/settled", func(b *testing.B) { r.benchScan(b, ScanOptions{}, 4) })
		b.Run(size+"/candidates", func(b *testing.B) {
			for i := range 500 {
				r.write(fmt.Sprintf("d0/s0/p%d/__pycache__/m%d.pyc", i, i), "x")
			}
			r.write(".git-exclude", "__pycache__/\n")
			r.run("config", "core.excludesFile", filepath.Join(r.dir, ".git-exclude"))
			r.benchScan(b, leftovers, 5)
			r.run("config", "--unset", "core.excludesFile")
			r.remove(".git-exclude")
			for i := range 500 {
				r.remove(fmt.Sprintf("d0/s0/p%d", i))
			}
		})
		if n > 10_000 {
			continue // fewer files are enough to measure hashing
		}
		b.Run(size+"/edited", func(b *testing.B) {
			r.eachTracked(func(i int, path string) {
				if i%10 == 0 {
					r.append(path, "more\n")
				}
			})
			r.benchScan(b, ScanOptions{}, -1)
		})
		b.Run(size+"/touched", func(b *testing.B) {
			now := time.Now()
			r.eachTracked(func(_ int, path string) {
				if err := os.Chtimes(path, now, now); err != nil {
					b.Fatal(err)
				}
			})
			r.benchScan(b, ScanOptions{}, -1)
		})
	}
}

// BenchmarkCrowd measures Survey with 50,000 new files that git does not ignore, and compares it with git status -uall.
func BenchmarkCrowd(b *testing.B) {
	r := newRepo(b)
	r.write("a", "1\n")
	r.commit()
	r.crowd("node_modules", 50_000)
	var own, git time.Duration
	for b.Loop() {
		start := time.Now()
		r.timed("--no-optional-locks", "status", "--porcelain", "-uall")
		middle := time.Now()
		survey := r.tree().Survey(context.Background(), Base{}, ScanOptions{})
		own += time.Since(middle)
		git += middle.Sub(start)
		if len(survey.States) != 50_000 || survey.Incomplete != "" {
			b.Fatalf("%d states, incomplete %q", len(survey.States), survey.Incomplete)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(own.Seconds()*1000/float64(b.N), "own-ms")
	b.ReportMetric(git.Seconds()*1000/float64(b.N), "git-ms")
	b.ReportMetric(own.Seconds()/git.Seconds(), "x-git-status")
}

// eachTracked calls yield with the index and the path of each tracked file that exists.
func (r *repo) eachTracked(yield func(i int, path string)) {
	for i, name := range strings.Split(strings.TrimSuffix(r.run("ls-files", "-z"), "\x00"), "\x00") {
		path := filepath.Join(r.dir, name)
		if _, err := os.Lstat(path); err == nil {
			yield(i, path)
		}
	}
}

// benchScan measures Scan, which must find that many changes; if changes is negative, as many as git shows.
func (r *repo) benchScan(b *testing.B, o ScanOptions, changes int) {
	if changes < 0 {
		changes = strings.Count(r.run("--no-optional-locks", "status", "--porcelain", "-uall"), "\n")
	}
	var own, git time.Duration
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		start := time.Now()
		r.timed("--no-optional-locks", "status", "--porcelain", "-uall")
		middle := time.Now()
		place, err := Locate(r.dir)
		if err != nil {
			b.Fatal(err)
		}
		tree, err := Open(context.Background(), place, Options{Env: r.env})
		if err != nil {
			b.Fatal(err)
		}
		scan := tree.Scan(context.Background(), o)
		if err := tree.Close(); err != nil {
			b.Fatal(err)
		}
		own += time.Since(middle)
		git += middle.Sub(start)
		if scan.Incomplete != "" || len(scan.Changes) != changes || scan.ViaGit {
			b.Fatalf("%d changes instead of %d, incomplete %q", len(scan.Changes), changes, scan.Incomplete)
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(0, "ns/op") // the sum of both means nothing
	b.ReportMetric(own.Seconds()*1000/float64(b.N), "own-ms")
	b.ReportMetric(git.Seconds()*1000/float64(b.N), "git-ms")
	b.ReportMetric(own.Seconds()/git.Seconds(), "x-git-status")
	b.ReportMetric(float64(after.Sys-after.HeapReleased)/(1<<20), "held-MiB")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MiB/op")
}
