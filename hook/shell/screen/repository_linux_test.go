package screen

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/shell"
	"stopgate/hook/shell/gitop"
)

// setup makes the scratch repository: in repo the branch main, one commit ahead of origin, and feature, which has gone another way; a
// tag and a stash; new.txt untracked, b.txt edited, staged.txt staged; a second worktree in wt; patches for p.txt and a.txt.
const setup = `
set -e
git init -q --template= --bare -b main origin.git
git -C origin.git config receive.denyDeleteCurrent ignore
git init -q --template= -b main repo
cd repo
git config core.trustctime false # copies of the repository differ in that
git config core.checkStat minimal
git config user.name t
git config user.email t@example.com
git remote add origin ../origin.git
mkdir dir coverage
for f in a b p dir/c; do echo one > $f.txt; done
echo coverage > .gitignore
git add .
git commit -qm first
git tag v1.0
git push -q -u origin main
git branch feature
git worktree add -q ../wt feature
(cd ../wt && echo f > feature.txt && echo two > a.txt && git add . && git commit -qm feature)
echo three > dir/c.txt
git commit -qam second
echo stashed > dir/c.txt
git stash -q
git gc -q
git branch loose
mkdir -p .git/hooks .git/info
echo exit 0 > .git/hooks/pre-applypatch
for f in p a; do
	echo patched > $f.txt
	git diff $f.txt > ../$f.patch
	git checkout -q $f.txt
done
printf 'new.txt\n' > ../list
echo new > new.txt
echo staged > staged.txt
git add staged.txt
echo edited > b.txt
`

// scratch is a copy of the repository that setup makes, and the environment of commands in it.
type scratch struct {
	dir string // the repository is in repo
	env []string
}

func scratchEnv(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + dir,
		"GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=true", "GIT_PAGER=cat", "LC_ALL=C",
	}
}

func (s scratch) bash(dir, script string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.Env = filepath.Join(s.dir, dir), s.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// copyOf copies the repository, and points its two worktrees at each other.
func copyOf(t *testing.T, template string) scratch {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	for file, link := range map[string]string{"wt/.git": "gitdir: " + dir + "/repo/.git/worktrees/wt", "repo/.git/worktrees/wt/gitdir": dir + "/wt/.git"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(link+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(template, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(filepath.Join(dir, strings.TrimPrefix(name, template)), info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	return scratch{dir, scratchEnv(dir)}
}

// kept returns the state that a command that passes must not change. It leaves out remote-tracking refs, because git fetch passes.
func (s scratch) kept(t *testing.T, index bool) string {
	t.Helper()
	script := `
cat .git/HEAD .git/config .git/info/exclude ../home/.gitconfig .git/logs/refs/stash
git for-each-ref --format='%(refname) %(objectname) %(symref)' refs/heads refs/tags refs/stash refs/notes refs/replace refs/bisect
git -C ../origin.git for-each-ref
ls -d .git/worktrees/* .git/*_HEAD .git/rebase-* .git/sequencer .git/BISECT_* | grep -v -e FETCH_HEAD -e ORIG_HEAD
cat .git/worktrees/*/HEAD .git/hooks/*`
	if index {
		script += "\ngit ls-files -s -v"
	}
	out, _ := s.bash("repo", script) // the command may have left no repository to look at
	return out
}

// everything returns every file, and the entries of the index without their times.
func (s scratch) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	staged, _ := s.bash("repo", "git ls-files -s -v") // the command may have left no repository to look at
	b.WriteString(staged)
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, name, info.Mode())
		if d.Type().IsRegular() && d.Name() != "index" {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%x\n", sha256.Sum256(bytes.ReplaceAll(data, []byte(s.dir), nil)))
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), s.dir, "")
}

// TestCorpusInRepository runs the corpus. A command that passes changes nothing of git's. A command that is refused would have changed something,
// and so would one that cannot be read. A command that is left to the guard leads to a git command that is refused.
func TestCorpusInRepository(t *testing.T) {
	for _, tool := range []string{"git", "bash", "python3", "perl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("STOPGATE_NO_SKIP") == "1" {
				t.Fatalf("%s is not installed, and STOPGATE_NO_SKIP=1", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	template := t.TempDir()
	if err := os.Mkdir(filepath.Join(template, "home"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := (scratch{template, scratchEnv(template)}).bash("", setup); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	standIn := t.TempDir()
	if err := os.WriteFile(filepath.Join(standIn, "git"), []byte(standInGit), 0o755); err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	shared, guarded := copyOf(t, template), copyOf(t, template)
	state := shared.kept(t, true)
	before := copyOf(t, template).everything(t)
	if again := copyOf(t, template).everything(t); again != before {
		t.Fatalf("two copies differ:\n%s\n%s", before, again)
	}
	if out, err := shared.bash("repo", "git status -s"); err != nil || out != " M b.txt\nA  staged.txt\n?? new.txt\n" {
		t.Fatalf("%v\n%s", err, out)
	}
	var passed []labelled // since the repository was last looked at
	mustKeep := func() {
		t.Helper()
		if shared.kept(t, true) != state {
			for _, l := range passed { // each in its own repository
				s := copyOf(t, template)
				out, err := s.bash("repo", l.command)
				if after := s.kept(t, true); after != state {
					t.Errorf("%v passes and changed something: %v\n%s\nbefore:\n%s\nafter:\n%s", l, err, out, state, after)
				}
			}
			t.Fatal("commands that pass changed something, together if none of them is named")
		}
		passed = nil
	}
	for _, l := range corpus(t) {
		if testing.Short() && l.line%4 > 0 {
			continue // each command starts several processes
		}
		ran[l.mark]++
		changes := len(l.kinds) > 0 || l.mark == "unseen"
		switch {
		case l.mark == "-" || l.mark == "later":
		case l.mark == "guard":
			s := guarded
			s.env = append(slices.Clone(s.env[1:]), "PATH="+standIn+":"+os.Getenv("PATH"), "SEEN="+filepath.Join(standIn, "seen"))
			s.mustShow(t, l)
		case l.mark == "run" && !changes: // one after the other in one repository, since it stays the same
			if out, err := shared.bash("repo", l.command); err != nil {
				t.Errorf("%v: %v\n%s", l, err, out)
			}
			if passed = append(passed, l); len(passed)%30 == 0 {
				mustKeep()
			}
		default:
			t.Run(fmt.Sprintf("line%d", l.line), func(t *testing.T) {
				t.Parallel()
				s := copyOf(t, template)
				if changes {
					s.mustChange(t, l, before)
				} else {
					s.mustUnstage(t, l)
				}
			})
		}
	}
	mustKeep()
	t.Logf("commands that ran: %v", ran)
	least := map[string]int{"run": 250, "guard": 50, "unstage": 10, "unseen": 10}
	for mark, n := range least {
		if testing.Short() {
			n /= 8
		}
		if ran[mark] < n {
			t.Errorf("only %v", ran)
		}
	}
}

func (s scratch) mustChange(t *testing.T, l labelled, before string) {
	t.Helper()
	out, err := s.bash("repo", l.command)
	if s.everything(t) == before {
		t.Errorf("%v changed nothing: %v\n%s", l, err, out)
	}
}

// standInGit is first in PATH, as the guard is. It records its arguments, and runs git for what the setting of a command needs.
const standInGit = `#!/bin/sh
for word; do printf '%s\0' "$word"; done >> "$SEEN"
echo >> "$SEEN"
case " $* " in *" rev-parse "*|*" status "*|*" --exec-path "*|*" submodule "*|*" config "*) PATH=${PATH#*:}; exec git "$@" ;; esac
`

// mustShow runs a command whose text does not show its effect, and finds the effect in git's arguments.
func (s scratch) mustShow(t *testing.T, l labelled) {
	t.Helper()
	seen := filepath.Join(filepath.Dir(strings.TrimPrefix(s.env[len(s.env)-1], "SEEN=")), "seen")
	if err := os.WriteFile(seen, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := s.bash("repo", l.command)
	got, readErr := os.ReadFile(seen)
	if readErr != nil {
		t.Fatal(readErr)
	}
	var kinds []gitop.Kind
	for call := range strings.SplitSeq(string(got), "\x00\n") {
		words := strings.Split(strings.Trim(call, "\x00\n"), "\x00")
		for i := range words {
			words[i] = shell.Quote(words[i])
		}
		for _, use := range Prohibited("git " + strings.Join(words, " ")) {
			kinds = append(kinds, use.Kind)
		}
	}
	if !slices.Equal(slices.Compact(kinds), l.kinds) {
		t.Errorf("%v: git gets %q, which is %q: %v\n%s", l, got, kinds, err, out)
	}
}

func (s scratch) mustUnstage(t *testing.T, l labelled) {
	t.Helper()
	before := s.kept(t, false)
	out, err := s.bash("repo", l.command)
	if after := s.kept(t, false); err != nil || after != before {
		t.Errorf("%v: %v\n%s\nbefore:\n%s\nafter:\n%s", l, err, out, before, after)
	}
	if out, err := s.bash("repo", "git diff --cached --name-only"); err != nil || out != "" {
		t.Errorf("%v left in the index: %s %v", l, out, err)
	}
}
