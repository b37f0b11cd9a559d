package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/worktree"
)

const (
	claimRounds = 31
	scanRounds  = 15
	// artifacts is the number of leftovers that the scan must find.
	artifacts = 500
	// maxMemory is the memory that a scan of 100,000 files may use, in bytes.
	maxMemory = 40 << 20
)

// repository measures in a new repository of n files.
func (b *bench) repository(n int) (err error) {
	fmt.Fprintf(b.progress, "%d files\n", n)
	r, err := b.newRepository(n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(filepath.Join(b.dir, fmt.Sprint(n)))) }()
	for _, measure := range []func(n int) error{r.measureClaims, r.measureScan, r.measureMemory, r.measureHalf, r.measureArtifacts, r.measureStop} {
		if err := measure(n); err != nil {
			return err
		}
	}
	return nil
}

// at names a row by the size of the repository.
func at(what string, n int) string { return fmt.Sprintf("%s, %d files", what, n) }

func (r *repository) open(use func(*worktree.Tree) error) (err error) {
	place, err := worktree.Locate(r.root)
	if err != nil {
		return err
	}
	tree, err := worktree.Open(r.ctx, place, worktree.Options{Env: r.env})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	return use(tree)
}

// measureClaims compares ten claims, including finding the repository, with git status on their paths.
func (r *repository) measureClaims(n int) error {
	process := func() error {
		_, err := r.alone(append([]string{r.root}, r.paths...)...)
		return err
	}
	git := r.gitStatus(append([]string{"--"}, r.paths...)...)
	times, err := r.inTurn(claimRounds, r.claimTen, process, git)
	if err != nil {
		return err
	}
	r.claims, r.processes = append(r.claims, times[0]), append(r.processes, times[1])
	than := "git status -- the ten paths"
	target := "at most 0.15 at 100000 files"
	r.compare(at("ten claims in process", n), times[0], than, times[2], target)
	r.compare(at("ten claims as a process", n), times[1], than, times[2], target)
	return nil
}

func (r *repository) claimTen() error {
	return r.open(func(tree *worktree.Tree) error {
		for i, s := range tree.Claims(r.ctx, r.paths, worktree.Base{}) {
			want := worktree.Modified
			switch i {
			case untouched:
				want = worktree.Unchanged
			case deleted:
				want = worktree.Deleted
			case len(r.paths) - 1:
				want = worktree.Added
			}
			if s.Change != want || s.ViaGit {
				return fmt.Errorf("%q is %s (%s), not %s", s.Name, s.Change, s.Reason, want)
			}
		}
		return nil
	})
}

// report writes a report with the ten claims.
func (r *repository) report() (string, error) {
	text, err := json.Marshal(map[string]any{
		"task_id": "TASK-1", "worktree_path": "./trees/TASK-1", "work_completed": "Edited files.", "files_modified": r.paths, "unfinished": []string{},
	})
	if err != nil {
		return "", err
	}
	path := filepath.Join(r.dir, "report.json")
	return path, os.WriteFile(path, text, 0o600)
}

// scan finds the changes, and so many candidates.
func (r *repository) scan(o worktree.ScanOptions, candidates int) func() error {
	return func() error {
		return r.open(func(tree *worktree.Tree) error {
			scan := tree.Scan(r.ctx, o)
			if scan.Incomplete != "" || scan.ViaGit || len(scan.Changes) != len(r.paths)-1 {
				return fmt.Errorf("the scan found %d changes, incomplete %q", len(scan.Changes), scan.Incomplete)
			}
			plan := cleanup.Plan(worktree.Survey{Candidates: scan.Candidates}, artifact.Protected{Claimed: r.paths})
			if len(plan.Remove) != candidates {
				return fmt.Errorf("%d artifacts are to be removed, not %d", len(plan.Remove), candidates)
			}
			return nil
		})
	}
}

// measureScan compares the scan for undeclared changes, and stopgate check, which does that and everything else, with git status on
// everything.
func (r *repository) measureScan(n int) error {
	report, err := r.report()
	if err != nil {
		return err
	}
	check := func() error {
		cmd := exec.CommandContext(r.ctx, r.program("stopgate"), "check", "--format", "json", "--worktree", r.root, report)
		cmd.Dir, cmd.Env = r.root, r.env
		out, err := cmd.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 && strings.Contains(string(out), "claim-unchanged") {
			return nil // one claim of the ten is false
		}
		return fmt.Errorf("stopgate check said %q, %w", out, err)
	}
	times, err := r.inTurn(scanRounds, r.scan(worktree.ScanOptions{}, 0), check, r.gitStatus("-uall"))
	if err != nil {
		return err
	}
	r.compare(at("scan for undeclared changes", n), times[0], "git status -uall", times[2], "at most 1.00")
	r.compare(at("stopgate check", n), times[1], "git status -uall", times[2], "")
	return nil
}

// measureArtifacts compares a scan with a search for artifacts and a plan for their removal to the same scan without them.
func (r *repository) measureArtifacts(n int) error {
	for i := range artifacts {
		dir := filepath.Dir(r.path(fileName(i * n / artifacts)))
		name := filepath.Join(dir, fmt.Sprintf("p%d", i), "__pycache__", "m.pyc")
		if i%5 == 0 {
			name = filepath.Join(dir, fmt.Sprintf("p%d", i), ".coverage")
		}
		if err := writeIn(name, []byte("x"), 0o600); err != nil {
			return err
		}
	}
	o := worktree.ScanOptions{Exclude: artifact.Excluded}
	with := o
	with.Candidates = artifact.Rules{}.Candidate
	times, err := r.inTurn(scanRounds, r.scan(with, artifacts), r.scan(o, 0))
	if err != nil {
		return err
	}
	r.compare(at(fmt.Sprintf("scan and plan of %d artifacts", artifacts), n), times[0], "the scan alone", times[1], "at most 1.30 at 100000 files")
	return nil
}

// alone is the argument for a process that looks once at a worktree, the next argument: at the claims that follow, or without claims at
// everything, and then prints the memory that it used.
const alone = "alone"

// alone runs that process and returns its output.
func (r *repository) alone(args ...string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(r.ctx, self, append([]string{alone}, args...)...)
	cmd.Env, cmd.Stderr = r.env, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("looking at the worktree in a process of its own: %w", err)
	}
	return out, nil
}

// doAlone is that process.
func doAlone(ctx context.Context, root string, claims []string) error {
	r := &repository{bench: &bench{ctx: ctx}, root: root, paths: claims}
	if len(claims) > 0 {
		return r.claimTen()
	}
	return r.open(func(tree *worktree.Tree) error {
		tree.Scan(ctx, worktree.ScanOptions{})
		fmt.Println(peak())
		return nil
	})
}

// measureMemory scans in a process of its own.
func (r *repository) measureMemory(n int) error {
	out, err := r.alone(r.root)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return err
	}
	r.compareMemory(at("memory of the scan", n), size, maxMemory, "at most 1.00 at 100000 files")
	return nil
}

// peak returns the highest resident memory of this process, in bytes (proc(5), VmHWM). On systems without it, it is the memory that the Go runtime
// got from the system.
func peak() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	if _, after, found := strings.Cut(string(status), "VmHWM:"); found {
		if fields := strings.Fields(after); len(fields) > 0 {
			if kib, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// growth compares the ten claims in the largest repository with those in the smallest.
func (b *bench) growth(sizes []int) {
	last := len(sizes) - 1
	if last == 0 {
		return
	}
	target := "at most 2.00 from 1000 to 100000"
	b.compare(at("ten claims in process", sizes[last]), b.claims[last], at("the same", sizes[0]), b.claims[0], target)
	b.compare(at("ten claims as a process", sizes[last]), b.processes[last], at("the same", sizes[0]), b.processes[0], target)
}
