package worktree

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
)

// realTrees returns a large real project: two releases of Kubernetes, with the checksums of their modules. Together they have some 20,000 files,
// among them .gitignore and .gitattributes files with rules of all kinds.
func realTrees() map[string]string {
	return map[string]string{
		"v1.12.0": "h1:2PjG+1oSb9SSwFkJIH6HZH85CDfJ7hOaMMMQYi1Q+0c=",
		"v1.34.0": "h1:NvUrwPAVB4W3mSOpJ/RtNGHWWYyUP/xPaX5rUSpzA0w=",
	}
}

const realModule = "k8s.io/kubernetes"

// realZips returns the zip files of the releases in the module cache, by version. If they can be neither found nor downloaded, the test is skipped;
// with STOPGATE_NO_SKIP=1 it fails.
func realZips(t *testing.T) map[string]string {
	t.Helper()
	args := []string{"mod", "download", "-json"}
	for version := range realTrees() {
		args = append(args, realModule+"@"+version)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.TempDir() // a directory outside of any module
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GO111MODULE=on", "GONOSUMDB="+realModule)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	zips := map[string]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var module struct{ Version, Zip, Sum, Error string }
		if err := dec.Decode(&module); err != nil {
			t.Fatal(err)
		}
		complaint.WriteString(module.Error)
		if module.Zip != "" && module.Sum != realTrees()[module.Version] {
			t.Fatalf("%s has the sum %s", module.Version, module.Sum)
		}
		zips[module.Version] = module.Zip
	}
	if err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatalf("a real repository is needed: %v\n%s", err, complaint.String())
		}
		t.Skipf("a real repository cannot be had: %v\n%s", err, complaint.String())
	}
	return zips
}

// realRepo commits the releases side by side, and returns a linked worktree.
func realRepo(t *testing.T) *repo {
	t.Helper()
	zips := realZips(t)
	r := newRepo(t)
	r.run("config", "core.compression", "0") // the repository is not kept, so compressing it is a waste of time
	r.run("config", "core.fsync", "none")
	cmd := exec.Command(r.git, "fast-import", "--quiet", "--depth=0")
	cmd.Dir, cmd.Env, cmd.Stderr = r.dir, r.env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(in) // Flush returns its errors
	_, _ = fmt.Fprint(w, "commit refs/heads/main\ncommitter C <c@example.org> 1500000000 +0000\ndata 1\nc\n")
	for version, path := range zips {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			name := strings.TrimPrefix(f.Name, realModule+"@"+version)
			mode := object.ModeRegular
			if strings.HasSuffix(name, ".sh") { // a module has no executable bits
				mode = object.ModeExecutable
			}
			size := f.UncompressedSize64
			if !strings.HasPrefix(filepath.Base(name), ".git") {
				size = min(size, 1000) // the test compares names, changes and rules, and git hashes every byte
			}
			_, _ = fmt.Fprintf(w, "M %o inline %s%s\ndata %d\n", mode, version, name, size)
			content, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(w, content, int64(size)); err != nil {
				t.Fatal(err)
			}
			_ = content.Close() // only read
			_, _ = fmt.Fprintln(w)
		}
		_ = z.Close() // only read
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return r.linked()
}

// TestRealRepository edits a repository of tens of thousands of files in a linked worktree, and compares Scan and Claims with git. It does not expect
// a number of changes, because random edits may remove or stage a directory with thousands of files. STOPGATE_FUZZ_SEED is the seed; the same seed
// makes the same edits.
func TestRealRepository(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a repository of 20,000 files takes its time")
	}
	t.Parallel()
	seed := numberFrom(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	t.Logf("STOPGATE_FUZZ_SEED=%d", seed)
	e := &editor{repo: realRepo(t), random: rand.New(rand.NewPCG(seed, 0))}
	o := e.oracle()
	if n := len(o.tracked); n < 20_000 {
		t.Fatalf("the releases have %d files, fewer than they were chosen for", n)
	}
	sum, scans := &tally{}, &scanTally{}
	for round := range 4 {
		files := slices.Sorted(maps.Keys(o.tracked))
		for range 150 {
			e.realEdit(files)
		}
		o = e.oracle()
		tree := e.tree()
		scan := tree.Scan(context.Background(), ScanOptions{})
		if scan.Incomplete != "" || scan.ViaGit {
			t.Errorf("the scan is incomplete: %q, via git: %t", scan.Incomplete, scan.ViaGit)
		}
		for _, complaint := range o.differences(&scan) {
			t.Error(complaint)
		}
		for _, c := range scan.Changes {
			if complaint := e.checkContent(c); complaint != "" {
				t.Errorf("%q: %s; got %s", c.Name, complaint, c.Now)
			}
		}
		scans.trees++
		scans.changes += len(scan.Changes)

		claims := []string{"nowhere", "v1.12.0/pkg", "v1.34.0/no/such/file"}
		for name := range o.status {
			claims = append(claims, strings.TrimSuffix(name, "/"))
		}
		for range 300 { // most of these files are clean
			claims = append(claims, pick(e, files...))
		}
		one, _ := e.compare(o, tree, claims)
		sum.add(one)
		if t.Failed() {
			t.Fatalf("seed %d, round %d after:\n%s", seed, round, strings.Join(e.done, "\n"))
		}
	}
	t.Logf("%d files", len(o.tracked))
	scans.report(t)
	sum.report(t)
	if sum.unknown > 0 {
		t.Errorf("%d claims are unknown", sum.unknown)
	}
}

// realEdit makes one edit like those that people and tools make in a real repository.
func (e *editor) realEdit(files []string) {
	name := pick(e, files...)
	path, dir := e.path(name), filepath.Dir(name)
	switch e.random.IntN(20) {
	case 0, 1, 2:
		e.write(name, pick(e, "", "package x\n", "a\r\nb\r\n", "\x00\x01", strings.Repeat("long\n", 20_000)))
	case 3, 4, 5:
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(pick(e, "// more\n", "\r\n", "x"))
			_ = f.Close() // the write has returned the error
		}
		e.note("append %q: %v", name, err)
	case 6, 7:
		e.note("remove %q: %v", name, os.Remove(path))
	case 8:
		if e.random.IntN(4) == 0 && strings.Contains(dir, "/") { // dir is no whole release, because the next rounds need files
			e.note("remove all %q: %v", dir, os.RemoveAll(e.path(dir)))
		}
	case 9, 10:
		to := dir + pick(e, "/renamed.go", "/sub/moved.go", "/NOTES", "/x.test")
		err := os.MkdirAll(filepath.Dir(e.path(to)), 0o755)
		if err == nil {
			err = os.Rename(path, e.path(to))
		}
		e.note("rename %q %q: %v", name, to, err)
	case 11:
		e.note("chmod %q: %v", name, os.Chmod(path, pick[os.FileMode](e, 0o755, 0o644)))
	case 12:
		err := os.Remove(path)
		if err == nil {
			err = os.Symlink(pick(e, "README.md", "/no/such/place"), path) // a later edit that follows the link at most creates a file beside it
		}
		e.note("link %q: %v", name, err)
	case 13:
		e.note("remove %q: %v", name, os.Remove(path))
		e.write(name+"/inner.go", "package inner\n")
	case 14, 15:
		e.write(dir+pick(e, "/new.go", "/deep/er/new.go", "/OWNERS", "/_output/x", "/a.test", "/b~", "/new name", "/é\xff"), "new\n")
	case 16:
		e.run("add", "--", name)
	case 17:
		e.run("add", "-A", "--", dir)
	case 18:
		e.run(pick(e, "reset", "checkout"), "-q", "--", name)
	case 19:
		if e.random.IntN(4) == 0 {
			e.run("commit", "-qm", "c")
		}
	}
}
