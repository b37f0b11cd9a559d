package hosttest

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A launch without an input that the agent needs is refused, and the orchestrator reads why. Launched with it, the agent does its work.
func TestDeniedLaunch(t *testing.T) {
	t.Parallel()
	alice := coder("PAY-30", false, Write(in("PAY-30", "src/payments.js"), "export {}\n"), Say(report("PAY-30", "src/payments.js")))
	vague := alice
	vague.Prompt = "TASK: PAY-30\nWORKTREE_PATH: ./trees/elsewhere\n"
	s := play(t, withCoders([]Turn{Launch("vague"), Launch("alice"), Say("Understood.")}, map[string]Agent{"alice": alice, "vague": vague}, "PAY-30"))
	if n := s.Replies("vague"); n != 0 {
		t.Errorf("the agent with the vague prompt was asked for %d replies", n)
	}
	for _, says := range []string{
		"ERROR: Need task identifier with description OR detailed integration description",
		"ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)",
		"Correct the prompt, then launch the agent again.",
	} {
		if s.Read(Orchestrator, says) == 0 {
			t.Errorf("the orchestrator has not read %q", says)
		}
	}
	if got, want := denials(t, s), "launch-task launch-worktree"; got != want {
		t.Errorf("refused for %q, want %q", got, want)
	}
	wantTestGate(t, onlyStep(t, s), "PAY-30", "src/payments.js")
}

// A commit is refused before it happens: the agent reads why, leaves its work uncommitted, and is verified.
func TestDeniedCommit(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-31", background,
				Write(in("PAY-31", "src/payments.js"), "export {}\n"),
				Bash("cd "+worktree("PAY-31")+" && git add -A && git commit -qm 'Add payments'"),
				Bash("git -C "+worktree("PAY-31")+" status --short"),
				Say(report("PAY-31", "src/payments.js"))),
		}, "PAY-31"))
		wantRead(t, s, "stopgate: this command is not run: 2 findings.")
		wantRead(t, s, "git-staged")
		wantRead(t, s, "the branch-manager commits after the gates")
		if got, want := denials(t, s), "git-staged git-history"; got != want {
			t.Errorf("refused for %q, want %q", got, want)
		}
		if s.Read("alice", "?? src/payments.js") == 0 {
			t.Error("git does not show the file as untracked: something was staged or committed")
		}
		wantTestGate(t, onlyStep(t, s), "PAY-31", "src/payments.js")
		wantReplies(t, s, 4)
	})
}

// stopgate does not check the same command by the session itself.
func TestCommitOfTheSession(t *testing.T) {
	t.Parallel()
	s := play(t, withCoders([]Turn{Bash("git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m x && echo committed"), Say("Done.")}, nil))
	if s.Read(Orchestrator, "committed") == 0 || denials(t, s) != "" {
		t.Errorf("the session's own commit was refused for %q", denials(t, s))
	}
}

// A write into the main worktree is refused, and the agent is told where its own copy of the file is.
func TestDeniedWrite(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-32", background,
				Write("src/payments.js", "export {}\n"),
				Write(in("PAY-32", "src/payments.js"), "export {}\n"),
				Say(report("PAY-32", "src/payments.js"))),
		}, "PAY-32"))
		wantRead(t, s, "stopgate: this file is not written: 1 finding.")
		wantRead(t, s, "your copy of it is")
		if got, want := denials(t, s), "write-outside"; got != want {
			t.Errorf("refused for %q, want %q", got, want)
		}
		if _, err := os.Stat(filepath.Join(s.Repository, "src/payments.js")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the main worktree has the file: %v", err)
		}
		wantTestGate(t, onlyStep(t, s), "PAY-32", "src/payments.js")
		wantReplies(t, s, 3)
	})
}

// realGit returns the absolute path of git, which bypasses the guard.
func realGit(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// In the client's own shells, the guard refuses a commit from a script: the agent reads why, and its work is verified. A commit in a temporary
// repository passes. The session itself is not held up. An agent whose script removes the client's notes on its launch is not verified, because its
// purpose is then unknown.
func TestGuardedCommit(t *testing.T) {
	for _, shell := range []string{"bash", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				skip(t, shell+" is not installed")
			}
			const unnoted = `cd "$TMPDIR" && echo 'find "$1" -name "*.meta.json" -print -delete' > w.sh && sh w.sh "$HOME/.."`
			gone := shell == "zsh"
			last := []Turn{Say(report("PAY-35", "src/payments.js"))}
			if gone {
				last = append([]Turn{Bash(unnoted)}, last...)
			}
			sc := withCoders(append([]Turn{Bash("printf 'git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m \"$1\" && echo made $1\\n' > \"$TMPDIR/c.sh\" && sh \"$TMPDIR/c.sh\" session")}, launchAlice()...), map[string]Agent{
				"alice": coder("PAY-35", true, append([]Turn{
					Write(in("PAY-35", "src/payments.js"), "export {}\n"),
					Bash("cd " + worktree("PAY-35") + " && sh \"$TMPDIR/c.sh\" agent || echo refused"),
					Bash("d=$(mktemp -d) && cd \"$d\" && git init -q && sh \"$TMPDIR/c.sh\" temporary"),
				}, last...)...),
			}, "PAY-35")
			sc.Env = append(sc.Env, "SHELL="+path)
			s := playOnly(t, sc)
			for _, says := range []string{"stopgate: not run:", "refused", "made temporary"} {
				if s.Read("alice", says) == 0 {
					t.Errorf("the agent has not read %q", says)
				}
			}
			if s.Read("alice", "made agent") > 0 || s.Read(Orchestrator, "made session") == 0 {
				t.Error("the agent's commit was made, or the session's was not")
			}
			if !gone {
				wantTestGate(t, onlyStep(t, s), "PAY-35", "src/payments.js")
				return
			}
			if s.Read("alice", ".meta.json") == 0 || s.Read(Orchestrator, "the client's notes on the agent's launch cannot be read") == 0 {
				t.Error("the notes are still there, or the orchestrator has not read that they are gone")
			}
			wantStep(t, onlyStep(t, s), "PAY-35", "unknown", "unverified")
		})
	}
}

// A push that no parser sees is found at the stop. The agent is not held, and the orchestrator is told to stop, with the evidence. A replay cannot
// find it, because no transcript holds the state of git's files at the launch.
func TestCaughtPush(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		hidden := base64.StdEncoding.EncodeToString([]byte(realGit(t) + " -C " + worktree("PAY-33") + " push -q origin HEAD"))
		orchestrator := append([]Turn{Bash("git init -q --bare ../origin.git && git remote add origin \"$PWD/../origin.git\"")}, launchAlice()...)
		s := playOnly(t, withCoders(orchestrator, map[string]Agent{
			"alice": coder("PAY-33", background,
				Write(in("PAY-33", "src/payments.js"), "export {}\n"),
				Bash("echo "+hidden+" | base64 -d | sh"),
				Say(report("PAY-33", "src/payments.js"))),
		}, "PAY-33"))
		got := onlyStep(t, s)
		wantStep(t, got, "PAY-33", "violation", "stop")
		if len(got.Findings) != 1 || got.Findings[0].Rule != "git-pushed" {
			t.Errorf("findings %+v, want git-pushed", got.Findings)
		}
		for _, evidence := range []string{"refs/remotes/origin/PAY-33-client", "update by push", "base64 -d | sh", "push origin --delete PAY-33-client"} {
			if s.Read(Orchestrator, evidence) == 0 {
				t.Errorf("the orchestrator has not read %q", evidence)
			}
		}
		wantReplies(t, s, 3)
	})
}

// The agent is sent back for a change that it can undo itself: it unstages, keeps its work, and is verified.
func TestStagedIsTakenBack(t *testing.T) {
	t.Parallel()
	hidden := base64.StdEncoding.EncodeToString([]byte(realGit(t) + " -C " + worktree("PAY-34") + " add -A"))
	s := playOnly(t, withCoders(launchAlice(), map[string]Agent{
		"alice": coder("PAY-34", false,
			Write(in("PAY-34", "src/payments.js"), "export {}\n"),
			Bash("echo "+hidden+" | base64 -d | sh"),
			Say(report("PAY-34", "src/payments.js")),
			Bash("git -C "+worktree("PAY-34")+" restore --staged src/payments.js"),
			Say(report("PAY-34", "src/payments.js"))),
	}, "PAY-34"))
	wantRead(t, s, "git-staged")
	wantTestGate(t, onlyStep(t, s), "PAY-34", "src/payments.js")
	wantReplies(t, s, 5)
}

// denials returns the rules for which tool calls were refused, according to the journal.
func denials(t *testing.T, s *Session) string {
	t.Helper()
	records, err := s.Journal()
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, r := range records {
		if r["kind"] != "denial" {
			continue
		}
		for _, f := range r["data"].(map[string]any)["findings"].([]any) {
			rules = append(rules, f.(map[string]any)["rule"].(string))
		}
	}
	return strings.Join(rules, " ")
}
