//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/hook/calls"
	"stopgate/hook/guard"
)

// guarded is a repository with a remote, a submodule and two worktrees, and the plugin whose guard the host's shells get. Its folder has a
// name that a shell would trip over.
type guarded struct {
	t                        *testing.T
	dir, repo, plugin, state string
	env                      []string
	shell                    string // that the host runs commands with: bash or zsh
	sh                       string // what sh is
	environment, transcript  string
	agents                   map[string]string // type by id
	asked                    int
}

// guardedSetup makes the repository, in the folder that is the working directory.
const guardedSetup = `
set -e
git init -q --bare -b main origin.git
git init -q -b main library && (cd library && echo 1 > l && git add l && git commit -qm l)
git init -q -b main repo && cd repo
printf 'all:\n\tgit commit -q --allow-empty -m make\n' > Makefile
printf '{"scripts":{"release":"git tag v9","prepare":"git config core.hooksPath .husky/_"}}' > package.json
printf '#!/bin/sh\ngit commit -q --allow-empty -m script\n' > release.sh && chmod +x release.sh
printf '#!/bin/sh\nexit 1\n' > watch.sh && chmod +x watch.sh
mkdir ext && printf '#!/bin/sh\n. git-sh-setup\ngit tag "$1"\n' > ext/git-publish && chmod +x ext/git-publish
printf '#!/bin/sh\nprintf "<%%s>" "$(git config a.b || git rev-parse --show-prefix)" "$@"\n' > ext/git-words && chmod +x ext/git-words
printf '*.log\n/trees/\n/tmp/\n' > .gitignore
mkdir -p src .husky/_ && echo a > src/a.txt && echo b > b.txt
git add -A && git -c protocol.file.allow=always submodule --quiet add ../library lib && git commit -qm first
git remote add origin "$PWD/../origin.git" && git push -q -u origin main
git config alias.ci 'commit -q --allow-empty -m alias'
git config alias.st 'status --short'
git config alias.sneak '!git commit -q --allow-empty -m "$1" && :'
git config alias.where '!git rev-parse --show-toplevel'
git branch idle && git worktree add -q trees/T1 -b T1 && git worktree add -q trees/T2 -b T2
cd trees/T1 && git -c protocol.file.allow=always submodule --quiet update --init
echo staged > staged.txt && echo edited >> b.txt
`

func newGuarded(t *testing.T, shell, sh string) *guarded {
	t.Helper()
	for _, tool := range []string{shell, sh, "git", "python3", "perl", "make", "node", "npm"} {
		needTool(t, tool)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	g := &guarded{t: t, dir: dir, repo: filepath.Join(dir, "repo"), plugin: filepath.Join(dir, "plug in's $HOME"), state: filepath.Join(dir, "state"), shell: shell, sh: sh}
	g.transcript = filepath.Join(dir, "s1.jsonl")
	bin := filepath.Join(dir, "bin")
	for _, folder := range []string{bin, filepath.Join(g.plugin, "bin"), filepath.Join(g.plugin, "scripts", "shim"), filepath.Join(dir, "home"), filepath.Join(dir, "tmp")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, tool string) {
		t.Helper()
		path, err := exec.LookPath(tool)
		if err == nil {
			err = os.Symlink(path, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(g.plugin, "bin", "stopgate"), "stopgate")
	link(filepath.Join(bin, "sh"), sh)
	for _, name := range []string{"ensure-binary.sh", "shim/git"} {
		content, err := os.ReadFile(filepath.Join("../../scripts", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(g.plugin, "scripts", name), content, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	g.env = append([]string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "STOPGATE_STATE_DIR=" + g.state, "CLAUDE_PROJECT_DIR=" + g.repo,
		"TMPDIR=" + filepath.Join(dir, "tmp"), "GIT_CONFIG_NOSYSTEM=1", "REPO=" + g.repo, "npm_config_update_notifier=false",
	}, cleanEnv("")[4:]...)
	g.env = slices.DeleteFunc(g.env, func(kv string) bool { return strings.HasPrefix(kv, "GIT_CONFIG_GLOBAL=") })
	if out, err := g.run(dir, "bash", "-c", guardedSetup); err != nil {
		t.Fatalf("the repository cannot be made: %v\n%s", err, out)
	}
	event := exec.Command("stopgate", "guard", "--environment", g.plugin)
	event.Env, event.Stdin = g.env, strings.NewReader(`{"hook_event_name":"SessionStart","session_id":"s1"}`)
	out, err := event.Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("no environment: %v %s", err, out)
	}
	g.environment = string(out)
	g.agents = map[string]string{"": "", "c1": "bug-fixer", "h1": "Explore", "g1": "test-runner", "m1": "branch-manager", "m2": "bug-fixer", "x1": "Explore"}
	for id, agentType := range g.agents {
		meta := map[string]string{"agentType": agentType, "toolUseId": "toolu_" + id}
		if id == "h1" {
			meta["parentAgentId"] = "c1" // the coder's helper
		}
		if id == "" {
			continue
		}
		content, err := json.Marshal(meta)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "s1", "subagents", "agent-"+id+".meta.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func (g *guarded) run(dir, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, g.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// hosted runs a command as the host does for an agent, in the main worktree: announced, and in a shell that reads the environment first.
func (g *guarded) hosted(agent, command string) (out string, err error) {
	g.t.Helper()
	call := calls.Call{At: time.Now(), Session: "s1", Transcript: g.transcript, Agent: agent, AgentType: g.agents[agent], Cwd: g.repo, Project: g.repo}
	if err := calls.Add(calls.Path(filepath.Join(g.state, "calls"), "s1"), call, command); err != nil {
		g.t.Fatal(err)
	}
	return g.shellRun(command)
}

// runHook gives the program an event, which it must not refuse.
func (g *guarded) hook(event string) {
	g.t.Helper()
	cmd := exec.Command("stopgate", "hook")
	cmd.Env, cmd.Dir, cmd.Stdin = g.env, g.repo, strings.NewReader(event)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "deny") {
		g.t.Fatalf("%v %s", err, out)
	}
}

func (g *guarded) shellRun(command string) (string, error) {
	quoted := "'" + strings.ReplaceAll(command, "'", `'"'"'`) + "'"
	return g.run(g.repo, g.shell, "-c", "source /dev/null 2>/dev/null || true && "+g.environment+"eval "+quoted+" < /dev/null && pwd -P >| "+filepath.Join(g.dir, "cwd"))
}

// kept returns what no agent's command may change: git's own files except objects, of the repository and of its remote, the person's configuration,
// and the files of a worktree.
func (g *guarded) kept() string {
	g.t.Helper()
	var b strings.Builder
	for _, top := range []string{"repo/.git", "origin.git", "home", "repo/trees"} {
		err := filepath.WalkDir(filepath.Join(g.dir, top), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "objects" || d.Name() == ".npm" || d.Name() == ".cache"):
				return filepath.SkipDir
			case d.IsDir() || d.Name() == "index" || d.Name() == "FETCH_HEAD" || d.Name() == "ORIG_HEAD" || !d.Type().IsRegular():
				return nil
			}
			content, err := os.ReadFile(name)
			fmt.Fprintf(&b, "%s\n%s\n", strings.TrimPrefix(name, g.dir), content)
			return err
		})
		if err != nil {
			g.t.Fatal(err)
		}
	}
	return b.String()
}

// staged returns the entries of the indexes that HEAD does not have.
func (g *guarded) staged() string {
	g.t.Helper()
	out, err := g.run(g.repo, "sh", "-c", `for d in . trees/T1 trees/T2 trees/T1/lib; do git -C $d diff-index --cached HEAD; git -C $d ls-files -v; done`)
	if err != nil {
		g.t.Fatal(err, out)
	}
	return out
}

// records returns the outcomes of the git commands that were recorded since the last call.
func (g *guarded) records() []string {
	g.t.Helper()
	files, _ := filepath.Glob(filepath.Join(g.state, "*", "*.jsonl"))
	var outcomes []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			g.t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			if gjson.GetBytes(line, "kind").String() == "git" {
				outcomes = append(outcomes, gjson.GetBytes(line, "data.outcome").String())
			}
		}
	}
	since := outcomes[g.asked:]
	g.asked = len(outcomes)
	return since
}

// forbidden are commands of a coding agent that write to the session's repository, by every road that leads over a git in PATH.
var forbidden = []string{
	`./release.sh`, `sh ./release.sh`, `cd trees/T1 && sh ../../release.sh`, `make -s`, `make -s -C "$REPO"`, `npm run --silent release`,
	`python3 -c 'import subprocess; subprocess.run(["git", "tag", "v1"])'`,
	`python3 -c 'import os; os.system("git branch x1")'`,
	`perl -e 'system("git", "branch", "x2")'`,
	`node -e 'require("child_process").execSync("git branch x3")'`,
	`echo Z2l0IGJyYW5jaCB4NA== | base64 -d | bash`,
	`echo Z2l0IGJyYW5jaCB4NA== | base64 -d | sh`,
	`eval "$(echo Z2l0IGJyYW5jaCB4NA== | base64 -d)"`,
	`echo branch x5 | xargs git`, `printf 'x6\0x7\0' | xargs -0 -n1 git branch`,
	`env A=b git branch x8`, `env -u A git branch x8`, `command git branch x9`, `nohup git branch x10`, `timeout 9 git branch x11`,
	`g=git; $g branch x12`, `c='branch x13'; git $(echo $c)`, `f() { git "$@"; }; f branch x14`, `$(echo git) branch x15`,
	`find . -maxdepth 0 -exec git branch x16 \;`, `awk 'BEGIN { system("git branch x17") }'`, `(sleep 0; git branch x18) & wait`,
	"cat > ../do.sh <<'E'\ngit branch x19\nE\nsh ../do.sh", "sh <<'E'\ngit branch x20\nE",
	`git ci`, `git -c alias.b=branch b x21`, `git -c alias.b='!git branch x22' b`, `git sneak x23`, `cd trees/T2 && git sneak x24`,
	`git -c alias.a=b -c alias.b='branch x26' a`,
	`git -C trees/T1 commit -q --allow-empty -m x`, `git -C trees -C T1 branch x27`, `cd ../tmp && git -C "$REPO" branch x28`,
	`cd ../tmp && git --git-dir="$REPO/.git" branch x29`, `cd ../tmp && git --git-dir "$REPO/.git" --work-tree . branch x29`,
	`cd ../tmp && GIT_DIR="$REPO/.git" git branch x30`, `export GIT_DIR="$REPO/.git/worktrees/T1"; git tag x31`,
	`d=$(mktemp -d) && cd $d && git init -q && GIT_INDEX_FILE="$REPO/.git/index" git add -f .`,
	`git worktree add -q ../w1`, `git worktree add -q trees/T3 -b T3`, `git worktree remove --force trees/T2`, `git worktree lock trees/T2`,
	`cd trees/T1/lib && git commit -q --allow-empty -m sub`, `cd trees/T1 && git submodule --quiet foreach 'git commit -q --allow-empty -m x'`,
	`cd trees/T1 && git submodule --quiet foreach git tag x32`, `cd trees/T1 && git submodule --quiet deinit -f lib`,
	`git submodule --quiet update --init`, `cd trees/T2 && git submodule --quiet update --init`, `cd trees/T1 && git submodule --quiet update --init --remote`, `cd trees/T1 && git submodule -q update --init -f`,
	`cd trees/T1 && git add staged.txt`, `cd trees/T1 && git add -N staged.txt`, `cd trees/T1 && git rm -q src/a.txt`, `cd trees/T1 && git rm -q --cached src/a.txt`, `git rm --cached b.txt`, `cd trees/T1 && git mv b.txt c.txt`,
	`cd trees/T1 && git update-index --assume-unchanged b.txt`, `cd trees/T1 && git stash -q`, `cd trees/T1 && git checkout -q -- b.txt`,
	`cd trees/T1 && git restore b.txt`, `cd trees/T1 && git reset -q --hard`, `cd trees/T1 && git clean -fdq`, `cd trees/T1 && git switch -q idle`,
	`cd trees/T1 && git merge -q idle --no-ff -m x`, `cd trees/T1 && git rebase -q --force-rebase HEAD`, `cd trees/T1 && git cherry-pick --allow-empty HEAD`,
	`git update-ref refs/heads/main $(git commit-tree HEAD^{tree} -m x)`, `git update-ref refs/heads/x33 HEAD`, `git symbolic-ref HEAD refs/heads/idle`,
	`git branch -D idle`, `git branch -m idle busy`, `git tag -a v2 -m x`, `git notes add -m x`, `git replace HEAD HEAD^{tree} -f`,
	`git push -q origin HEAD:x34`, `git push -q origin :main`, `cd trees/T1 && git push -q -u origin T1`, `git remote add r ../origin.git`, `git remote set-url origin /x`,
	`git config user.email x@example.org`, `git config core.hooksPath /tmp/hooks`, `git config core.hooksPath ../hooks`, `git config --global user.name x`,
	`git config --file .git/config a.b c`, `cd .git && git config -f config a.b c`, `git config --unset alias.ci`,
	`git fetch -q origin main:x35`, `git reflog expire --all --expire=now`, `git gc -q --prune=now`, `git init -q`, `cd trees/T1 && git init -q .`,
	`git clone -q . ../tmp/c1 && cd ../tmp/c1 && git checkout -q -b x36 && git push -q origin x36`,
	`git clone -q --bare ../origin.git ../tmp/c2 && cd ../tmp/c2 && git push -q "$REPO/../origin.git" HEAD:x37`,
	`git init -q ../tmp/c3 && cd ../tmp/c3 && git commit -q --allow-empty -m x && git push -q "file://$REPO" HEAD:x38`,
	`git -c core.fsmonitor='git branch x40; false' status --short`, `cd trees/T1 && git -c diff.external='git branch x41; :' diff`,
	`cd trees/T1 && GIT_EXTERNAL_DIFF='git branch x42; :' git diff`, `git ls-remote --upload-pack='git tag x43; git-upload-pack' origin`, `git ls-remote -q --upl='git tag x43; git-upload-pack' origin`,
	`cd trees/T1 && D='git branch x44; :' git --config-env=diff.external=D diff`, `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0='git branch x45; false'; git status --short`,
	`git -c core.sshCommand='git branch x46; false' ls-remote ssh://nowhere/x`, `git clone -q -u 'git branch x47; git-upload-pack' . ../tmp/c5`,
	`git init -q ../tmp/c4 && cd ../tmp/c4 && git commit -q --allow-empty -m x && git push -q ../../repo/trees/T1 HEAD:refs/heads/x39`,
	`git --git-dir=../origin.git update-ref refs/heads/x48 $(git rev-parse HEAD)`, `cd ../origin.git && git branch x49 main`, `git -C ../origin.git config a.b c`,
	`PATH="$PATH:$REPO/ext" git publish x50`, `cd trees/T2 && PATH="$REPO/ext:$PATH" git -C ../T1 -c a.b=c --no-pager publish x51`, `cd ../tmp && PATH="$PATH:$REPO/ext" git --git-dir="$REPO/.git" publish x52`,
	`PATH="$PATH:$REPO/ext" git -c alias.p=publish p x53`, `PATH="$PATH:$REPO/ext" git -c alias.publish=status publish x54`, `PATH="$PATH:$REPO/ext" git -c alias.p='!git publish' p x55`,
}

// honest are commands that must run: they read, or they write to another repository.
var honest = []string{
	`git status --short`, `cd trees/T1 && git diff --stat`, `git log --oneline -1 | grep first`, `git show HEAD:b.txt`, `git blame b.txt`, `git grep -n b`,
	`git branch --list`, `git branch --show-current`, `git tag -l`, `git stash list`, `git worktree list`, `git remote -v`, `git config --get user.name || true`,
	`git config alias.ci`, `git ls-remote -q origin`, `git fetch -q`, `git fetch -q origin`, `git reflog -1`, `git submodule status`, `git st`, `cd src && git where`,
	`cd trees/T1 && git restore --staged .`, `cd trees/T1 && git reset -q`, `git commit --dry-run; true`, `git push -q --dry-run origin main`, `git add -n . ; true`,
	`cd trees/T1 && git submodule --quiet foreach 'git status --short'`, `git archive HEAD | tar -t`, `git gc -q --auto`, `git --version`, `git help -a`, `git -h; true`,
	`git update-index -q --refresh; true`, `git hash-object -w b.txt`, `git rev-parse --is-inside-work-tree`, `git -C trees/T1 describe --always`, `git remote show -n origin`,
	`d=$(mktemp -d) && cd $d && git init -q && echo 1 > f && git add -A && git commit -qm x && git tag v1 && git branch b && git checkout -q b && git log --oneline`,
	`d=$(mktemp -d) && git init -q $d && git -C $d commit -q --allow-empty -m x && git -C $d commit -q --amend --allow-empty -m y`,
	`d=$(mktemp -d) && git init -q $d && echo msg | git -C $d commit -q --allow-empty -F - && git -C $d log -1 --format=%s | grep msg`,
	`d=$(mktemp -d) && export GIT_DIR=$d/.git && git init -q $d && git commit -q --allow-empty -m x`,
	`d=$(mktemp -d) && git --git-dir=$d/x.git init -q --bare && git --git-dir=$d/x.git config a.b c`,
	`d=$(mktemp -d) && git init -q --bare $d/o.git && git clone -q $d/o.git $d/c 2>/dev/null && cd $d/c && git commit -q --allow-empty -m x && git push -q origin HEAD`,
	`d=$(mktemp -d) && git clone -q . $d/c && cd $d/c && git commit -q --allow-empty -m x && git remote set-url origin /nowhere && git config a.b c`,
	`d=$(mktemp -d) && git clone -q --depth 1 "file://$REPO" $d/c && cd $d/c && git stash list && git worktree add -q ../w && git rebase -q HEAD`,
	`d=$(mktemp -d) && cd $d && git init -q && git commit -q --allow-empty -m 1 && git switch -q -c f && git commit -q --allow-empty -m 2 && git switch -q - && git merge -q --no-ff -m m f`,
	`d=$(mktemp -d) && cd $d && git init -q && echo 1 > f && git add f && git stash -q || git commit -qm x && git rm -q f && git reset -q --hard && git clean -fdq`,
	`d=$(mktemp -d) && HOME=$d git config --global user.name t && HOME=$d git config --global init.defaultBranch x`,
	`d=$(mktemp -d) && GIT_CONFIG_GLOBAL=$d/g git config --global user.name t`, `d=$(mktemp -d) && git config -f $d/settings a.b c`,
	`d=$(mktemp -d) && cp .gitmodules $d && git config -f $d/.gitmodules submodule.lib.branch main`,
	`cd trees/T1 && GIT_INDEX_FILE=$(mktemp -d)/i git add -A && echo ok`,
	`python3 -c 'import subprocess, tempfile; d = tempfile.mkdtemp(); [subprocess.run(["git", "-C", d] + c.split(), check=True) for c in ("init -q", "commit -q --allow-empty -m x", "tag v1")]'`,
	`node -e 'const {execSync: r} = require("child_process"); const d = r("mktemp -d").toString().trim(); r("git init -q && git commit -q --allow-empty -m x", {cwd: d})'`,
	`d=$(mktemp -d) && cd $d && git init -q && git config alias.c '!git commit -q --allow-empty -m' && git c hello && git log -1 --format=%s | grep hello`,
	`d=$(mktemp -d) && cd $d && git init -q && git -c alias.c='commit -q --allow-empty -m "two words"' c && git log -1 --format=%s | grep 'two words'`,
	`d=$(mktemp -d) && cd $d && git init -q && git -c protocol.file.allow=always submodule --quiet add "$REPO/../library" l && git commit -qm x && git submodule --quiet foreach 'git tag inner'`,
	`git -c core.pager=cat log -1`, `GIT_PAGER=cat git log -1`, `git -c color.ui=always -c core.quotepath=false status --short`, `git -c core.hooksPath=/dev/null status --short`,
	`GIT_SSH_COMMAND="ssh -o BatchMode=yes" git ls-remote -q origin`, `git -c protocol.file.allow=always ls-remote -q origin`, `git grep -n -O -- b >/dev/null; true`, `git --exec-path`,
	`d=$(mktemp -d) && git init -q $d && git -C $d commit -q --allow-empty -m x && export PATH="$PATH:$REPO/ext" && git -C $d -c a.b="it's" publish v1 && cd $d && git tag -l | grep v1 && git publish v2 && ! git publish v1 2>/dev/null`,
	`export PATH="$PATH:$REPO/ext" && git -c a.b="it's" words "a b" "c'd" '' | grep "<it's><a b><c'd><>"`, `PATH="$PATH:$REPO/ext" git -C src words | grep '<src/>'`,
	`git nosuchcommand 2>/dev/null || true`, `git commit -h >/dev/null || true`, `git diff --quiet HEAD -- b.txt`, `! git -C /nowhere commit -m x 2>/dev/null`,
}

// TestGuardCorpus runs commands for real, in the shells that the host knows and with those that sh is, and compares the repository before
// and after.
func TestGuardCorpus(t *testing.T) {
	t.Parallel()
	for _, with := range []struct {
		shell, sh string
		turn      int // which commands it runs: every second one
	}{{"bash", "dash", 0}, {"zsh", "bash", 1}} {
		every := 2
		if testing.Short() {
			every = 16
		}
		t.Run(with.shell+", sh is "+with.sh, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, with.shell, with.sh)
			before, staged, stopped := g.kept(), g.staged(), 0
			for i, command := range forbidden {
				if (i+with.turn)%every > 0 {
					continue
				}
				out, _ := g.hosted("c1", command)
				outcomes := g.records()
				if after := g.kept(); after != before {
					t.Fatalf("%s\nhas changed the repository:\n%s\nbefore:\n%s\nout: %s", command, after, before, out)
				}
				if !slices.Contains(outcomes, "refused") || slices.Contains(outcomes, "passed") || slices.Contains(outcomes, "unknown") {
					t.Errorf("%s\nrecorded as %q; out: %s", command, outcomes, out)
					continue
				}
				stopped++
			}
			if after := g.staged(); after != staged {
				t.Errorf("staged now:\n%s\nbefore:\n%s", after, staged)
			}
			passed := 0
			for i, command := range honest {
				if (i+with.turn)%every > 0 {
					continue
				}
				out, err := g.hosted("c1", command)
				if outcomes := g.records(); err != nil || len(outcomes) > 0 {
					t.Errorf("%s\ndid not run: %v %q; out: %s", command, err, outcomes, out)
					continue
				}
				passed++
			}
			t.Logf("%d forbidden commands refused without an effect, %d honest ones run; one in %d of %d and %d", stopped, passed, every, len(forbidden), len(honest))
		})
	}
}

// The agent that runs a command decides: the session may do everything; a gate and any helper of a coding agent as little as the coding agent; and
// the branch-manager what the gates allow. A command that cannot be traced to an agent runs, and is recorded.
func TestGuardKnowsTheAgent(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "bash", "dash")
	g.hook(`{"hook_event_name":"PreToolUse","session_id":"s1","transcript_path":"` + g.transcript + `","cwd":"` + g.repo + `","tool_name":"Agent","tool_use_id":"toolu_m2",` +
		`"tool_input":{"subagent_type":"bug-fixer","prompt":"stopgate: task=PAY-9 gate=branch-manager\nMerge it."}}`)
	for _, tt := range []struct {
		name, agent, command string
		outcome              string
	}{
		{"the session commits", "", `git commit -q --allow-empty -m x`, "passed"},
		{"the coding agent commits", "c1", `sh release.sh`, "refused"},
		{"its helper commits", "h1", `./release.sh `, "refused"},
		{"a gate commits", "g1", `./release.sh  `, "refused"},
		{"an agent of no role commits", "x1", `./release.sh   `, "passed"},
		{"the branch-manager makes a worktree", "m1", `git worktree add -q trees/T4 -b T4`, "passed"},
		{"the branch-manager merges what no task holds", "m1", `git merge -q idle`, "passed"},
		{"a coding agent that was launched to merge", "m2", `git commit -q --allow-empty -m x `, "passed"},
		{"a hook manager sets its folder", "c1", `cd trees/T1 && npm run --silent prepare`, "passed"},
		{"a coding agent has git start a script", "c1", `git -c core.fsmonitor=./watch.sh status --short`, "passed"},
		{"the session has git start a script", "", `git -c core.fsmonitor=./watch.sh status --short `, ""},
		{"two agents run one script, the newest counts", "", `sh release.sh`, "passed"},
	} {
		out, err := g.hosted(tt.agent, tt.command)
		if got := g.records(); strings.Join(got, " ") != tt.outcome || (err == nil) != (tt.outcome != "refused") {
			t.Errorf("%s: %q, %v, want %s; out: %s", tt.name, got, err, tt.outcome, out)
		}
	}
	if out, err := g.hosted("c1", `git -c help.autocorrect=immediate brnach x25`); err == nil || !strings.Contains(out, "is not a git command") {
		t.Errorf("git guesses a command: %v %s", err, out)
	}
	if out, err := g.shellRun(`git tag unannounced`); err != nil {
		t.Errorf("a command that nobody announced: %v %s", err, out)
	}
	if got := g.records(); !slices.Equal(got, []string{"unknown"}) {
		t.Errorf("a command that nobody announced is recorded as %q", got)
	}
	// The client announces each command. So an agent that removes the client's notes on the agents stays the helper of the coding agent.
	announced := func(command string) {
		g.hook(`{"hook_event_name":"PreToolUse","session_id":"s1","transcript_path":"` + g.transcript + `","cwd":"` + g.repo + `","tool_name":"Bash","tool_use_id":"toolu_n",` +
			`"agent_id":"h1","agent_type":"Explore","tool_input":{"command":` + strconv.Quote(command) + `}}`)
	}
	for _, command := range []string{`python3 -c "import os, glob; [os.remove(f) for f in glob.glob('..' + '/s1/*/agent-*')]; os.system('git tag gone')"`, `./release.sh     `} {
		announced(command)
		out, err := g.shellRun(command)
		if got := g.records(); !slices.Equal(got, []string{"refused"}) {
			t.Errorf("a helper without notes: %q, %v; out: %s", got, err, out)
		}
	}
	// A command that was refused to an agent does not run, so the same command later is somebody else's, such as one that the person types.
	refused := exec.Command("stopgate", "hook")
	refused.Env, refused.Dir, refused.Stdin = g.env, g.repo, strings.NewReader(`{"hook_event_name":"PreToolUse","session_id":"s1","transcript_path":"`+g.transcript+`","cwd":"`+
		g.repo+`","tool_name":"Bash","tool_use_id":"toolu_b","agent_id":"c1","agent_type":"bug-fixer","tool_input":{"command":"git tag typed"}}`)
	if out, err := refused.CombinedOutput(); err != nil || !strings.Contains(string(out), "deny") {
		t.Errorf("a coding agent may tag: %v %s", err, out)
	}
	if out, err := g.shellRun(`git tag typed`); err != nil {
		t.Errorf("a person may not do what was refused to an agent: %v %s", err, out)
	}
}

// The branch-manager is held to the gates of the task whose worktree or branch it writes to, and to none in another.
func TestGuardHoldsTheMerge(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "bash", "dash")
	prompt := "TASK: PAY-1, DESCRIPTION: let people log in with a name and a key\\nWORKTREE_PATH: ./trees/T1"
	base := `"session_id":"s1","transcript_path":"` + g.transcript + `","cwd":"` + g.repo + `"`
	g.hook(`{"hook_event_name":"PreToolUse",` + base + `,"tool_name":"Agent","tool_use_id":"toolu_c1","tool_input":{"subagent_type":"bug-fixer","prompt":"` + prompt + `"}}`)
	g.hook(`{"hook_event_name":"SubagentStart",` + base + `,"agent_id":"c1","agent_type":"bug-fixer"}`)
	if out, err := g.run(g.repo, "stopgate", "log"); err == nil {
		t.Log(out)
	}
	// A commit that the branch has and the main worktree has not, so that its name is not the only way to it.
	if out, err := g.shellRun(`git -C trees/T1 commit -q --allow-empty -m own && git tag own T1`); err != nil {
		t.Fatal(err, out)
	}
	g.records()
	for command, outcome := range map[string]string{
		`git merge -q T1`:                                             "refused",
		`git push -q origin T1`:                                       "refused",
		`git push -q origin HEAD:refs/heads/T1`:                       "refused",
		`cd trees/T1 && git commit -q --allow-empty -m x`:             "refused",
		`git -C trees/T2 commit -q --allow-empty -m x`:                "passed",
		`git worktree add -q trees/T5 -b T5`:                          "passed",
		`git merge -q idle`:                                           "passed",
		`git commit -q --allow-empty -m x && git push -q origin main`: "passed",

		`git merge -q $(git rev-parse T1)`: "refused",
		`git reset -q --hard own`:          "refused",
		`git push -qf origin HEAD:main`:    "refused",
		`git -C trees/T1 checkout -q .`:    "refused",
		`git worktree remove --force T1`:   "refused",
		`git branch -q new T1`:             "passed",
		`git merge -q --no-ff -m T1 idle`:  "passed",
	} {
		out, _ := g.hosted("m1", command)
		if got := g.records(); len(got) == 0 || slices.Index(got, outcome) != 0 {
			t.Errorf("%s: %q, want %s; out: %s", command, got, outcome, out)
		}
	}
	if err := os.WriteFile(filepath.Join(g.repo, "person.txt"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{`git clean -fdq`: `somebody else works: "person.txt"`, `git merge -q T1`: "it would commit, merge or push the work of", `git worktree remove -f T1`: "ask the person to end it: stopgate close TASK"} {
		if out, _ := g.hosted("m1", command); !strings.Contains(out, want) {
			t.Errorf("%s is refused with %q, want %q", command, out, want)
		}
	}
}

// The guard does not disturb anybody: input, output and exit status are git's own, and git runs even if the guard cannot.
func TestGuardHandsThrough(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, "bash", "dash")
	shim := filepath.Join(g.plugin, "scripts", "shim")
	out, err := g.shellRun(`cd "$TMPDIR" && git init -q t && cd t && git commit -q --allow-empty -F - <<< "it's the message" && git log -1 --format=%s
git commit -q -m nothing >/dev/null; echo "status $?"; git merge nosuch 2>/dev/null; echo "status $?"
git -c alias.die='!kill -TERM $$' die 2>/dev/null; echo "status $?"; git -c alias.words='!printf "<%s>"' words "a b" "c'd" ''`)
	if want := "it's the message\nstatus 1\nstatus 1\nstatus 143\n<a b><c'd><>"; err != nil || out != want {
		t.Errorf("%v, %q, want %q", err, out, want)
	}
	for _, tt := range []struct{ name, command, want string }{
		{"other copies of the guard", `mkdir -p "$TMPDIR/two" && cp -r ` + guard.Quote(filepath.Dir(shim)) + ` "$TMPDIR/two/scripts" && PATH="$TMPDIR/two/scripts/shim:$PATH:$TMPDIR/two/scripts/shim" && git --version`, "git version"},
		{"an empty entry of PATH", `cd "$TMPDIR" && PATH=` + guard.Quote(shim) + `::/usr/bin:/bin && git --version`, "git version"},
		{"no program", `mv ` + guard.Quote(filepath.Join(g.plugin, "bin", "stopgate")) + ` "$TMPDIR/gone"; git tag free && git tag -l free`, "free"},
		{"a program that crashes", `printf '#!/bin/sh\nexit 3\n' > ` + guard.Quote(filepath.Join(g.plugin, "bin", "stopgate")) + ` && chmod +x ` + guard.Quote(filepath.Join(g.plugin, "bin", "stopgate")) + `; git tag free2 && git tag -l free2`, "free2"},
		{"no git", `PATH=` + guard.Quote(shim) + `; git status; echo $?`, "git: not found\n127"},
	} {
		if out, err := g.hosted("c1", tt.command); err != nil && tt.name != "no git" || !strings.HasPrefix(out, tt.want) {
			t.Errorf("%s: %v %q, want %q", tt.name, err, out, tt.want)
		}
	}
}

// The shim compares what the environment has git start now with what it had when the shell began, variable by variable in one order.
func TestShimKnowsStartingVariables(t *testing.T) {
	shim, err := os.ReadFile("../../scripts/shim/git")
	if err != nil {
		t.Fatal(err)
	}
	variables := guard.StartingVariables()
	for _, want := range []string{
		`[ "${` + strings.Join(variables, "-}:${") + `-}" = `,
		`"${` + guard.StartsVariable + `-` + strings.Repeat(":", len(variables)-1) + `}" ]`,
	} {
		if !strings.Contains(string(shim), want) {
			t.Errorf("scripts/shim/git has no %s", want)
		}
	}
}
