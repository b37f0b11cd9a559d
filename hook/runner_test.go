package hook

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// watcher is an observer that sees no change and remembers what it was asked.
type watcher struct{ bases []worktree.Base }

func (w *watcher) Claims(_ context.Context, _ worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	w.bases = append(w.bases, base)
	states := make([]worktree.PathState, len(paths))
	for i, path := range paths {
		states[i] = worktree.PathState{Path: path, Change: worktree.Unchanged}
	}
	return states
}

func (*watcher) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	return worktree.Survey{}
}

func (*watcher) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return nil, nil
}

func (*watcher) Marks(context.Context, worktree.Place) (worktree.Marks, error) {
	return worktree.Marks{}, nil
}

func (*watcher) Moved(context.Context, worktree.Place, worktree.Marks) (worktree.Marks, []worktree.MarkChange, error) {
	return worktree.Marks{}, nil, nil
}

func (*watcher) Snapshot(context.Context, worktree.Place, worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	return worktree.Snapshot{}, nil, nil
}

// readLines is the agent whose transcript has these lines.
func readLines(t *testing.T, lines ...string) *transcript.Agent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agent, err := transcript.ReadAgent(context.Background(), path, transcript.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return agent
}

const (
	promptLine   = `{"type":"user","uuid":"u1","agentId":"a1","timestamp":"2026-01-01T00:00:00Z","message":{"role":"user","content":"log in"}}`
	firstLineOf  = `{"type":"assistant","uuid":"u2","agentId":"a1","timestamp":"2026-01-01T00:00:01Z","message":{"id":"m1","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"Done."}]}}`
	feedbackLine = `{"type":"user","uuid":"u3","isMeta":true,"agentId":"a1","timestamp":"2026-01-01T00:00:02Z","message":{"role":"user","content":"Stop hook feedback:\nmend it"}}`
	secondLineOf = `{"type":"assistant","uuid":"u4","agentId":"a1","timestamp":"2026-01-01T00:00:03Z","message":{"id":"m2","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"{\"task_id\": 1, \"files_modified\": []}"}]}}`
)

// TestStuckTranscript: the transcript stands still after the second reply while the agent answers the same a third time. That is no
// second report of the second stop: it is judged, and the agent is not held.
func TestStuckTranscript(t *testing.T) {
	first, second := readLines(t, promptLine, firstLineOf), readLines(t, promptLine, firstLineOf, feedbackLine, secondLineOf)
	journal := &record.Memory{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	stop := func(agent *transcript.Agent, active bool) Answer {
		now = now.Add(10 * record.SameEvent)
		runner := &Runner{
			Grounds:     &site.Grounds{},
			OpenJournal: func(string) (record.Journal, error) { return journal, nil },
			Transcript:  func(context.Context, host.Event, string) *transcript.Agent { return agent },
			Observe:     &watcher{},
			Now:         func() time.Time { return now },
			Log:         io.Discard,
		}
		return runner.Run(context.Background(), host.Event{
			HookEventName: host.SubagentStop, SessionID: "s", AgentID: "a1", AgentType: "bug-fixer",
			StopHookActive: active, LastAssistantMessage: agent.LastMessage(),
		})
	}
	if got := stop(first, false); got.Output.Decision != "block" {
		t.Fatalf("the first stop: %+v", got.Output)
	}
	if got := stop(second, true); got.Output.Decision != "block" {
		t.Fatalf("the second stop: %+v", got.Output)
	}
	got := stop(second, true)
	if !got.Output.Silent() || got.Case == nil || got.Case.Verdict != rule.Capped {
		t.Errorf("the third stop: %+v, %+v", got.Output, got.Case)
	}
}

func TestSameStop(t *testing.T) {
	reply := record.StopID{Reply: "m1", Said: "x"}
	tests := []struct {
		name  string
		a, b  record.StopID
		apart time.Duration
		want  bool
	}{
		{"the same reply, however late", reply, record.StopID{Reply: "m1", Said: "y"}, time.Hour, true},
		{"another reply with the same words", reply, record.StopID{Reply: "m2", Said: "x"}, 0, false},
		{"one hook was too early for the reply", reply, record.StopID{Said: "x"}, time.Second, true},
		{"the same words long after", reply, record.StopID{Said: "x"}, record.SameEvent, false},
		{"the same words with the clock set back", record.StopID{Said: "x"}, record.StopID{Said: "x"}, -time.Hour, false},
		{"other words", record.StopID{Said: "x"}, record.StopID{Said: "y"}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.Same(tt.b, tt.apart); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestAssignmentOfAResumedAgent(t *testing.T) {
	agent := &transcript.Agent{Prompt: "TASK: T-1\nWORKTREE_PATH: ./trees/T-1-x"}
	agent.Run.Prompt = "TASK: T-2\nWORKTREE_PATH: ./trees/T-2-y"
	if got, want := launch.AssignmentOf(agent), (launch.Assignment{TaskID: "T-2", WorktreePath: "./trees/T-2-y"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	agent.Run.Prompt = "Mend the failing test."
	if got, want := launch.AssignmentOf(agent), (launch.Assignment{TaskID: "T-1", WorktreePath: "./trees/T-1-x"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestLaunchOfAnotherWorktree: a snapshot says nothing of a worktree that it was not taken of.
func TestLaunchOfAnotherWorktree(t *testing.T) {
	place := worktree.Place{Root: "/r/trees/T-2-y"}
	in := judge.Inquiry{
		Grounds:    site.Grounds{Fixed: &place},
		Submission: judge.Submission{Kind: judge.ReportHandedIn, Report: report.Report{WorktreePath: "./trees/T-2-y", FilesModified: []string{"a"}}},
		Agent:      &transcript.Agent{},
		Records:    &judge.Records{Launched: true, Begun: true},
	}
	for worktreeOfLaunch, used := range map[string]bool{"/r/trees/T-2-y": true, "/r/trees/T-1-x": false} {
		w := &watcher{}
		in.Launch = &judge.Baseline{Worktree: worktreeOfLaunch}
		c := judge.Stop(context.Background(), w, nil, in)
		if len(w.bases) == 0 || (w.bases[0].Snapshot != nil) != used || c.NoSnapshot == used {
			t.Errorf("%s: compared with %+v, and the case says %t", worktreeOfLaunch, w.bases, c.NoSnapshot)
		}
	}
}

// TestLongReportIsNotKept: what the journal would not take is left to the transcript, and the head of the message is kept instead.
func TestLongReportIsNotKept(t *testing.T) {
	c := judge.Case{Verdict: rule.Verified}
	for n, kept := range map[int]bool{record.MaxReportKept: true, record.MaxReportKept + 1: false} {
		c.Submission.Report.Raw = []byte(strings.Repeat(" ", n))
		data := record.StopOf(c, record.StopID{}, "the message")
		if (data.Report != nil) != kept || (data.Message == "") != kept {
			t.Errorf("%d bytes: the report has %d, the message is %q", n, len(data.Report), data.Message)
		}
	}
}

func TestRecordedTaskIsBounded(t *testing.T) {
	l := &record.Log{Now: time.Now}
	if got := l.Records([]record.Entry{{Task: strings.Repeat("x", 5<<20)}})[0].Task; len(got) > 2*quote.MaxTask {
		t.Errorf("%d bytes", len(got))
	}
}

// TestOthersOfLongAgo: an agent that never came back is in no conflict over what it did before this one began.
func TestOthersOfLongAgo(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	peer := &transcript.Agent{ToolUses: []transcript.ToolUse{
		{Name: "Write", Path: "/r/trees/T/a", Outcome: transcript.Succeeded, Time: began.Add(-time.Minute)},
		{Name: "Write", Path: "/r/trees/T/b", Outcome: transcript.Succeeded, Time: began.Add(time.Minute)},
		{Name: "Write", Path: "/r/trees/T/c", Outcome: transcript.Failed, Time: began.Add(time.Minute)},
	}}
	got := trace.EditsSince(peer, worktree.Place{Root: "/r/trees/T"}, began)
	if len(got) != 1 || got[0] != "b" {
		t.Errorf("got %q", got)
	}
}
