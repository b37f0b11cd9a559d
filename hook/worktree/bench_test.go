package worktree

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"stopgate/hook/worktree/index"
)

// generated makes a packed repository of n small files with a linked worktree. It returns the worktree and ten paths: some are changed there, and
// some are not.
func generated(b *testing.B, n int) (*repo, []string) {
	b.Helper()
	r := newRepo(b)
	cmd := exec.Command(r.git, "fast-import", "--quiet")
	cmd.Dir, cmd.Env = r.dir, r.env
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(in) // Flush returns its errors
	_, _ = fmt.Fprint(w, "commit refs/heads/main\ncommitter C <c@example.org> 1500000000 +0000\ndata 1\nc\n")
	for i := range n {
		text := fmt.Sprintf("file %d\n%0*d\n", i, 200+i%1800, i)
		_, _ = fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", generatedName(i), len(text), text)
	}
	_, _ = fmt.Fprint(w, "M 100644 inline .gitignore\ndata 12\n*.log\nbuild/\n\n")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := in.Close(); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	t := r.linked()
	t.settle()
	t.run("status", "--porcelain") // it writes the index once more, so that no entry is racy
	var paths []string
	for i := range 8 {
		paths = append(paths, generatedName(i*n/8))
	}
	t.write(paths[1], "edited\n")
	t.write(paths[3], "edited\n")
	t.remove(paths[5])
	paths = append(paths, "d0/new.go", "nowhere/at/all.go")
	t.write("d0/new.go", "new\n")
	return t, paths
}

func generatedName(i int) string { return fmt.Sprintf("d%d/s%d/f%d.go", i/360, i/18%20, i) }

// BenchmarkTenClaims measures ten claims, including Locate and Open, and compares them with git status for the same paths in the same run. Both
// programs would start one process. Here only git does, so x-git-status-with-a-process-start adds the time that git --version needs.
func BenchmarkTenClaims(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("%dk", n/1000), func(b *testing.B) {
			r, paths := generated(b, n)
			xy := func() { r.timed("--no-optional-locks", append([]string{"status", "--porcelain", "--"}, paths...)...) }
			gitTime := median(xy, 9)
			start := median(func() { r.timed("--version") }, 9)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				place, err := Locate(r.dir)
				if err != nil {
					b.Fatal(err)
				}
				tree, err := Open(context.Background(), place, Options{Env: r.env})
				if err != nil {
					b.Fatal(err)
				}
				states := tree.Claims(context.Background(), paths, Base{})
				if states[1].Change != Modified || states[2].Change != Unchanged || states[5].Change != Deleted || states[8].Change != Added || states[1].ViaGit {
					b.Fatalf("wrong: %+v", states)
				}
				_ = tree.Close()
			}
			own := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(own)/float64(gitTime), "x-git-status")
			b.ReportMetric(float64(own+start)/float64(gitTime), "x-git-status-with-a-process-start")
			b.ReportMetric(float64(gitTime)/1e6, "git-ms")
		})
	}
}

// timed runs git and discards its output.
func (r *repo) timed(first string, args ...string) {
	cmd := exec.Command(r.git, append([]string{first}, args...)...)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.Stdout = io.Discard
	if err := cmd.Run(); err != nil {
		r.t.Fatal(err)
	}
}

func median(f func(), n int) time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		f()
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[n/2]
}

// BenchmarkIndex reads an index with 100,000 files.
func BenchmarkIndex(b *testing.B) {
	r, _ := generated(b, 100_000)
	path := r.gitDir("index")
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		x, err := index.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		if _, err := x.Each(func(*index.Entry) bool { n++; return true }); err != nil || n < 100_000 {
			b.Fatalf("%d entries: %v", n, err)
		}
		_ = x.Close()
	}
}
