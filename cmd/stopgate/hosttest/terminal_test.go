package hosttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// Act is something that a person does at the terminal.
type Act struct {
	// Sees is the text on the screen that they wait for. Blanks and line breaks do not count.
	Sees string
	// Types are the keys that they then press, one string after the other. The client takes a text and an Enter that come at once for a paste.
	Types []string
}

// Keys that have no character.
const (
	Enter  = "\r"
	Escape = "\x1b"
	ctrlC  = "\x03"
)

const (
	betweenKeys = 300 * time.Millisecond // how slowly they type
	maxEnding   = 5                      // how often they press Ctrl-C
)

// terminal is where the client runs in front of a person.
type terminal struct {
	io.ReadWriteCloser
	screen vt10x.Terminal
	ended  chan error // the client's end
}

// startAtTerminal starts a client at a terminal that is large enough to show a whole session.
func startAtTerminal(cmd *exec.Cmd) (*terminal, error) {
	const rows, columns = 150, 180
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		return nil, fmt.Errorf("run the client at a terminal: %w", err)
	}
	t := &terminal{ReadWriteCloser: file, screen: vt10x.New(vt10x.WithSize(columns, rows), vt10x.WithWriter(file)), ended: make(chan error, 1)}
	go func() {
		for output := bufio.NewReader(file); t.screen.Parse(output) == nil; {
		}
		t.ended <- cmd.Wait() // the terminal gives an error when its last process has gone
	}()
	return t, nil
}

// solid returns text without blanks, line breaks and the bars that the client draws beside a question.
func solid(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '│' }), "")
}

// wait returns when the screen shows text. All agents of a session may have to end before that, so only ctx bounds it.
func (t *terminal) wait(ctx context.Context, text string) error {
	for !strings.Contains(solid(t.screen.String()), solid(text)) {
		select {
		case <-time.After(50 * time.Millisecond):
		case err := <-t.ended:
			t.ended <- err
			return fmt.Errorf("wait for %q at the terminal: the client ended", text)
		case <-ctx.Done():
			return fmt.Errorf("wait for %q at the terminal: %w", text, ctx.Err())
		}
	}
	return nil
}

func (t *terminal) press(keys string) error {
	time.Sleep(betweenKeys)
	if _, err := io.WriteString(t, keys); err != nil {
		return fmt.Errorf("press a key at the terminal: %w", err)
	}
	return nil
}

// do does what acts say, and returns when the last text is shown.
func (t *terminal) do(ctx context.Context, acts []Act) error {
	for _, act := range acts {
		if err := t.wait(ctx, act.Sees); err != nil {
			return err
		}
		for _, keys := range act.Types {
			if err := t.press(keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// end ends the client, as a person does, and returns what the screen showed last.
func (t *terminal) end(cmd *exec.Cmd) (string, error) {
	shown := t.screen.String()
	defer t.Close()
	for range maxEnding {
		_ = t.press(ctrlC) // fails when the client has ended
		select {
		case err := <-t.ended:
			return shown, err
		default:
		}
	}
	select {
	case err := <-t.ended:
		return shown, err
	case <-time.After(time.Minute):
	}
	return shown, errors.Join(fmt.Errorf("the client did not end when Ctrl-C was pressed %d times", maxEnding), cmd.Process.Kill())
}

// runAtTerminal runs the client in front of a person who does what the scenario says.
func (s *Session) runAtTerminal(ctx context.Context, sc Scenario, api string) error {
	ctx, cancel := context.WithTimeout(ctx, maxSession)
	defer cancel()
	cmd := s.command(ctx, sc, api)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	t, err := startAtTerminal(cmd)
	if err != nil {
		return err
	}
	actErr := t.do(ctx, sc.Terminal)
	s.Screen, err = t.end(cmd)
	s.Exit = cmd.ProcessState.ExitCode()
	return errors.Join(actErr, err)
}

// waitsForPerson is what the person sees when all gates of a task have passed.
const waitsForPerson = "is waiting for you: all gates passed. Merge?"

// atTerminal returns a session through the protocol for a person at a terminal, who says what it is about, and then does what acts say.
func atTerminal(sc Scenario, acts ...Act) Scenario {
	sc.Terminal = append([]Act{{Sees: "bypass permissions on", Types: []string{sc.Prompt, Enter}}}, acts...)
	return sc
}

// isMerged reports whether the main worktree has the work of [honest].
func isMerged(s *Session) bool {
	_, err := os.Stat(filepath.Join(s.Repository, "src", "payments.js"))
	return err == nil
}

// The person is asked in the client's own dialogue. After a no nothing is merged, and after a yes the work is.
func TestPersonIsAskedAtTheTerminal(t *testing.T) {
	t.Parallel()
	const question = `stopgate: merge task "PAY-60" from "./trees/PAY-60-client" (the main worktree has "main" checked out)? ` +
		"Passed: test-runner, code-reviewer, security-auditor. Every gate that the change needs has passed on the worktree as it is now."
	sc := protocol("PAY-60", false, honest("PAY-60"), nil)
	sc.Instead = map[string][]Turn{"merge": {Launch("merger")}} // and then it follows the step, which is the same after the no
	s := playOnly(t, atTerminal(sc,
		Act{Sees: waitsForPerson, Types: []string{"Yes, merge it.", Enter}},
		Act{Sees: question, Types: []string{Escape}},
		Act{Sees: "Interrupted", Types: []string{"I mean it, merge it.", Enter}},
		Act{Sees: question, Types: []string{Enter}},
		Act{Sees: "stopgate: PAY-60: the work is merged."},
	))
	var answers []string
	for _, fact := range facts(t, s) {
		if strings.HasPrefix(fact, "merge-") || strings.HasPrefix(fact, "branch-manager-") {
			answers = append(answers, fact)
		}
	}
	want := []string{"merge-asked", "merge-answered fail", "merge-asked", "merge-answered pass", "branch-manager-launched", "branch-manager-done pass"}
	if !slices.Equal(answers, want) {
		t.Errorf("the journal says %q, want %q", answers, want)
	}
	if n := s.Replies("merger"); n != 2 || !isMerged(s) {
		t.Errorf("the branch-manager was asked for %d replies, want 2, because it was launched once; merged: %v", n, isMerged(s))
	}
}

// A hook of anyone can answer the client's questions in the person's place, and the client shows that as an answer. It is not the person's word.
func TestHookAnswersForThePerson(t *testing.T) {
	t.Parallel()
	sc := protocol("PAY-61", false, honest("PAY-61"), nil)
	settings := map[string]any{"hooks": map[string]any{"PermissionRequest": []any{map[string]any{"hooks": []any{map[string]any{
		"type": "command", "command": `echo '{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}'`,
	}}}}}}
	sc.Untracked[".claude/settings.json"] = string(mustJSON(settings))
	s := playOnly(t, atTerminal(sc,
		Act{Sees: waitsForPerson, Types: []string{"Let me look at it first.", Enter}},
		Act{Sees: `Agent "Merge PAY-61" finished`},
	))
	if !strings.Contains(s.Screen, "Allowed by PermissionRequest hook") {
		t.Errorf("no hook has answered:\n%s", s.Screen)
	}
	// The end of the session's turn may have found that before the agent's first tool call, or not.
	if s.Read("merger", "this tool call is refused: no person agreed to") != 1 {
		t.Error("the branch-manager was not told that nobody agreed")
	}
	if isMerged(s) {
		t.Error("the work was merged")
	}
}

// What the person clicks is their word.
func TestPersonClicksAnAnswer(t *testing.T) {
	t.Parallel()
	sc := protocol("PAY-62", false, honest("PAY-62"), nil)
	sc.Files = map[string]string{".gitignore": "/trees/\n", "src/client.js": "export {}\n", ".stopgate.yml": "authorise:\n  ask: never\n"}
	sc.Instead = map[string][]Turn{"present": {Use("AskUserQuestion", map[string]any{"questions": []any{map[string]any{
		"question": "Shall PAY-62 be merged?", "header": "Merge", "multiSelect": false,
		"options": []any{map[string]any{"label": "Merge it", "description": "Into main"}, map[string]any{"label": "Not now", "description": "It waits"}},
	}}})}}
	s := playOnly(t, atTerminal(sc,
		Act{Sees: "Shall PAY-62 be merged?", Types: []string{Enter}},
		Act{Sees: "stopgate: PAY-62: the work is merged."},
	))
	if strings.Contains(s.Screen, "requires confirmation") {
		t.Errorf("they were asked again:\n%s", s.Screen)
	}
	if !isMerged(s) {
		t.Error("the work is not merged")
	}
}

// The person closes the client while a coding agent works. Another session may launch one into its worktree at once.
func TestClosedWhileAtWork(t *testing.T) {
	t.Parallel()
	sc := protocol("PAY-63", true, []Turn{Bash("until test -f never; do sleep 1; done")}, nil)
	s := playOnly(t, atTerminal(sc, Act{Sees: "Backgrounded agent"}, Act{Sees: "Waiting for 1 background agent"}))
	records, err := s.Journal()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(records, func(r map[string]any) bool { return r["kind"] == "gone" }) {
		t.Error("the journal does not say that the agent is gone")
	}
}

// The person clears the conversation while a coding agent works. The client goes on with it in a new session, where it is checked as it was launched.
func TestClearedWhileAtWork(t *testing.T) {
	t.Parallel()
	wait := Bash(`until [ "$(ls "$CLAUDE_CONFIG_DIR"/projects/*/*.jsonl | wc -l)" -gt 1 ]; do sleep 1; done`)
	sc := protocol("PAY-64", true, append([]Turn{wait}, honest("PAY-64")...), nil)
	s := playOnly(t, atTerminal(sc,
		Act{Sees: "Backgrounded agent"}, Act{Sees: "Waiting for 1 background agent", Types: []string{"/clear", Enter}},
		Act{Sees: "stopgate: PAY-64: work verified, 1 file."},
	))
	wantFacts(t, s, "coder-started", "coder-started", "coder-stopped verified")
}
