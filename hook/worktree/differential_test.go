package worktree

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// numberFrom reads a number from the environment variable name.
func numberFrom(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return n
}

// roundsPerRepo is how often a repository is edited and compared before the test makes the next one.
const roundsPerRepo = 6

// TestRandomEdits compares Claims with git after random sequences of edits. STOPGATE_FUZZ_CASES is the number of comparisons of a whole worktree, and
// STOPGATE_FUZZ_SEED the seed.
func TestRandomEdits(t *testing.T) {
	cases := numberFrom(t, "STOPGATE_FUZZ_CASES", fuzzCases())
	seed := numberFrom(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	t.Logf("STOPGATE_FUZZ_SEED=%d STOPGATE_FUZZ_CASES=%d", seed, cases)
	total := &tally{}
	t.Cleanup(func() { total.report(t) })
	for i := range (cases + roundsPerRepo - 1) / roundsPerRepo {
		t.Run(fmt.Sprintf("%d", i), func(t *testing.T) {
			t.Parallel()
			e := newEditor(t, rand.New(rand.NewPCG(seed, i)))
			for round := range roundsPerRepo {
				for range 1 + e.random.IntN(12) {
					e.edit()
				}
				o := e.oracle()
				tree := e.tree()
				if e.random.IntN(4) == 0 {
					tree.Refusal = fmt.Errorf("the test wants git to be asked")
				}
				sum, _ := e.compare(o, tree, e.names(o))
				total.add(sum)
				if sum.wrong > 0 {
					t.Fatalf("seed %d, repository %d, round %d after:\n%s", seed, i, round, strings.Join(e.done, "\n"))
				}
			}
		})
	}
}

// An editor edits a worktree at random, and records what it did.
type editor struct {
	*repo
	random *rand.Rand
	done   []string
}

func newEditor(t *testing.T, random *rand.Rand) *editor {
	main := newRepo(t)
	e := &editor{repo: main, random: random}
	for range 12 {
		e.write(e.name(), e.text())
	}
	main.commit()
	if random.IntN(4) > 0 {
		e.repo = main.linked()
	}
	if random.IntN(2) > 0 {
		e.settle()
	}
	return e
}

func pick[T any](e *editor, from ...T) T { return from[e.random.IntN(len(from))] }

// name returns one of few names, so that several edits concern the same file.
func (e *editor) name() string {
	parts := []string{}
	for range pick(e, 0, 0, 1, 1, 2) {
		parts = append(parts, pick(e, "d", "e", "d.x", "dé", "D"))
	}
	parts = append(parts, pick(e, "a", "b", "c.txt", "d", "e.bin", "f g", "\xfe", "z.log", ".gitignore", "x.c"))
	return strings.Join(parts, "/")
}

// existing returns a name that exists on disk, if it finds one in a few attempts.
func (e *editor) existing() string {
	name := e.name()
	for range 8 {
		if _, err := os.Lstat(filepath.Join(e.dir, name)); err == nil {
			break
		}
		name = e.name()
	}
	return name
}

func (e *editor) text() string {
	return pick(e, "", "one\n", "two\n", "ONE\n", "one\ntwo\n", "one\r\ntwo\r\n", "one\r\ntwo\n", "\x00bin\r\n", "/* $Id$ */\n", "same size 1\n", "same size 2\n")
}

func (e *editor) path(name string) string { return filepath.Join(e.dir, name) }

func (e *editor) note(format string, args ...any) {
	e.done = append(e.done, fmt.Sprintf(format, args...))
}

// write writes a file. It may fail, because a file can be in the place of a directory.
func (e *editor) write(name, text string) {
	err := os.MkdirAll(filepath.Dir(e.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(e.path(name), []byte(text), 0o644)
	}
	e.note("write %q %q: %v", name, text, err)
}

// run runs git. It may fail.
func (e *editor) run(args ...string) {
	_, err := e.try(args...)
	e.note("git %q: %v", args, err)
}

func (e *editor) edit() {
	name := e.existing()
	path := e.path(name)
	switch e.random.IntN(40) {
	case 0, 1, 2, 3:
		e.write(e.name(), e.text())
	case 4, 5, 6:
		text := e.text()
		e.note("write %q %q: %v", name, text, os.WriteFile(path, []byte(text), 0o644))
	case 7, 8:
		e.note("remove %q: %v", name, os.RemoveAll(path))
	case 9:
		e.note("chmod %q: %v", name, os.Chmod(path, pick[os.FileMode](e, 0o755, 0o644, 0o600, 0o700)))
	case 10:
		err := os.RemoveAll(path)
		if err == nil {
			err = os.Symlink(pick(e, "a", "d", "../x", "/no/such/place", "one\n"), path) // the target is never an existing file outside, because later edits follow the link
		}
		e.note("link %q: %v", name, err)
	case 11:
		dir := pick(e, "d", "e", "d/e")
		err := os.Rename(e.path(dir), e.path(dir)+".away")
		if err == nil {
			err = os.Symlink(filepath.Base(dir)+".away", e.path(dir))
		}
		e.note("directory to link %q: %v", dir, err)
	case 12:
		to := e.name()
		e.note("rename %q %q: %v", name, to, os.Rename(path, e.path(to)))
	case 13:
		e.putBack(name)
	case 14:
		now := time.Now().Add(time.Duration(pick(e, -5000, 0, 0)) * time.Second)
		e.note("touch %q: %v", name, os.Chtimes(path, now, now))
	case 15, 16, 17:
		e.run("add", "--", name)
	case 18:
		e.run("add", "-A")
	case 19:
		e.run("rm", "-q", "--cached", "--", name)
	case 20:
		e.run("reset", "-q", "--", name)
	case 21:
		e.run("checkout", "-q", "--", name)
	case 22:
		e.run("add", "-N", "--", name)
	case 23:
		e.run("update-index", pick(e, "--assume-unchanged", "--no-assume-unchanged", "--skip-worktree", "--no-skip-worktree"), "--", name)
	case 24:
		e.run("commit", "-qm", "c")
	case 25:
		e.run("commit", "-qam", "c")
	case 26:
		e.run("update-index", "--index-version", pick(e, "2", "3", "4"))
	case 27:
		e.run("status", "--porcelain")
	case 28:
		e.run("update-index", "-q", "--refresh")
	case 29, 30:
		e.rules(pick(e, ".gitignore", "d/.gitignore", "d/e/.gitignore"),
			"*.log", "!z.log", "/d/", "d/", "*", "!*/", "!*.c", "/a", "**/b", "d/**", "[c-e]*", "!d", "\xfe", "e/", "c.txt/")
	case 31:
		e.rules(pick(e, ".gitattributes", "d/.gitattributes"),
			"* text=auto", "*.txt text", "*.c ident", "*.bin -text", "a filter=swap", "b eol=crlf", "* -text", "*.bin binary", "a -filter", "d/* text")
	case 32:
		e.run("config", pick(e, "core.autocrlf"), pick(e, "true", "false", "input"))
	case 33:
		e.run("config", "core.fileMode", pick(e, "true", "false", "true"))
	case 34:
		e.run("config", "filter.swap.clean", pick(e, "tr a-z A-Z", ""))
	case 35:
		dir := e.path(pick(e, "nest", "d/nest", "d", "e"))
		_, err := e.at(e.dir).try("init", "-q", dir)
		e.note("init %q: %v", dir, err)
	case 36:
		e.run(pick(e, "merge", "cherry-pick"), "--no-edit", pick(e, "side", "side~1", "main"))
	case 37:
		e.run("branch", "-f", "side", "HEAD")
		e.note("write %q: %v", name, os.WriteFile(path, []byte("side\n"), 0o644))
	case 38:
		e.run("config", pick(e, "core.ignoreCase", "core.trustctime", "core.sparseCheckout", "core.precomposeUnicode"), pick(e, "true", "false", "false"))
	case 39:
		e.run(pick(e, "pack-refs", "gc"), pick(e, "--all", "-q"))
	}
}

// putBack edits a file to the same size and restores its mtime.
func (e *editor) putBack(name string) {
	path := e.path(name)
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		err = os.WriteFile(path, []byte(strings.Repeat("y", int(info.Size()))), info.Mode())
		if err == nil {
			err = os.Chtimes(path, info.ModTime(), info.ModTime())
		}
	}
	e.note("put back %q: %v", name, err)
}

func (e *editor) rules(name string, lines ...string) {
	var text strings.Builder
	for range 1 + e.random.IntN(3) {
		text.WriteString(pick(e, lines...) + "\n")
	}
	e.note("rules %q %q: %v", name, text.String(), os.WriteFile(e.path(name), []byte(text.String()), 0o644))
}
