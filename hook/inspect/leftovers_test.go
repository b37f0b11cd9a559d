package inspect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestLeftoversInDoubt: if the earlier state or the agent's writes are unknown, nothing may be removed.
func TestLeftoversInDoubt(t *testing.T) {
	agent := &transcript.Agent{Lines: 1}
	looked := &Baseline{Artifacts: []worktree.Name{}}
	seen := Evidence{Base: BaseLaunch, Survey: worktree.Survey{Candidates: []worktree.Candidate{{Path: "coverage", Dir: true, Ignored: true}}}}
	sure := Inquiry{Launch: looked, Agent: agent}
	if l := leftovers(sure, seen); l.Skipped != "" || len(l.Plan.Remove) != 1 {
		t.Fatalf("without doubt: %+v, want coverage to be removed", l)
	}
	for what, doubt := range map[string]func(in *Inquiry, seen *Evidence){
		"no snapshot": func(_ *Inquiry, seen *Evidence) { seen.Base = BaseHead },
		"a snapshot that is incomplete": func(in *Inquiry, _ *Evidence) {
			in.Launch = &Baseline{Artifacts: []worktree.Name{}, Snapshot: worktree.Snapshot{Incomplete: "x"}}
		},
		"a record without artifacts":    func(in *Inquiry, _ *Evidence) { in.Launch = &Baseline{} },
		"a survey that is incomplete":   func(_ *Inquiry, seen *Evidence) { seen.Survey.Incomplete = "x" },
		"no transcript":                 func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{} },
		"a transcript that is too long": func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{Lines: 1, DroppedToolUses: 1} },
		"a helper that cannot be read":  func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{Lines: 1, LostHelpers: 1} },
		"a line that is too deep": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{TooDeep: 1}}
		},
		"a line that is too long": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{TooLong: 1}}
		},
		"a line that cannot be read": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{Malformed: 1}}
		},
		"another agent still at work":       func(_ *Inquiry, seen *Evidence) { seen.Others = []trace.OtherAgent{{AgentID: "a2", Running: true}} },
		"another agent that has only begun": func(_ *Inquiry, seen *Evidence) { seen.unheard = true },
	} {
		in, seen := sure, seen
		doubt(&in, &seen)
		if l := leftovers(in, seen); l.Skipped == "" || len(l.Plan.Remove) != 0 {
			t.Errorf("%s: %+v, want nothing to be removed, and a reason", what, l)
		}
	}
}

// TestLeftoversThatStay: a leftover that is too large for the trash will stay, so it is a change like any other.
func TestLeftoversThatStay(t *testing.T) {
	seen := Evidence{Base: BaseLaunch, Survey: worktree.Survey{Candidates: []worktree.Candidate{
		{Path: "coverage", Dir: true, Marked: true, Size: 40 << 20},
		{Path: "pkg/coverage", Dir: true, Marked: true, Size: 40 << 20},
		{Path: "pkg/htmlcov", Dir: true, Marked: true, Size: 1},
		{Path: "z/coverage", Dir: true, Ignored: true, Size: 400 << 20},
		{Path: "zz/coverage", Dir: true, Marked: true, Files: 60_000},
	}}}
	in := Inquiry{Launch: &Baseline{Artifacts: []worktree.Name{}}, Agent: &transcript.Agent{Lines: 1}}
	if l := leftovers(in, seen); !slices.Equal(l.Paths, []string{"coverage", "pkg/htmlcov", "z/coverage"}) {
		t.Errorf("%q do not count as changes", l.Paths)
	}
}

// TestUnheard: an agent that runs may work anywhere until its transcript tells.
func TestUnheard(t *testing.T) {
	heard := coders{agents: map[string]*transcript.Agent{"a2": {Lines: 1}, "a3": {}}}
	for id, want := range map[string]bool{"a2": false, "a3": true} {
		for _, running := range []bool{true, false} {
			in := Inquiry{Coders: []OtherCoder{{AgentID: id, Running: running}}}
			if got := unheard(t.Context(), heard, in); got != (want && running) {
				t.Errorf("%s, running %t: %t", id, running, got)
			}
		}
	}
}

// coders is a witness of transcripts alone.
type coders struct {
	Witness
	agents map[string]*transcript.Agent
}

func (c coders) Agent(_ context.Context, id string) *transcript.Agent { return c.agents[id] }

// TestCodersWithoutStop: one that was interrupted, or whose request failed, is not at work any more, and was not there if that was before the launch.
func TestCodersWithoutStop(t *testing.T) {
	root := t.TempDir()
	at := func(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }
	line := func(kind string, minute int, message string) string {
		return fmt.Sprintf(`{"type":%q,"uuid":"u%d","isSidechain":true,"agentId":"a2","timestamp":%q,"message":%s}`+"\n", kind, minute, at(minute).Format(time.RFC3339), message)
	}
	read := func(text string) *transcript.Agent {
		path := filepath.Join(t.TempDir(), "agent-a2.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		agent, err := transcript.ReadAgent(t.Context(), path, transcript.Options{MaxText: 1000, MaxToolUses: 10})
		if err != nil {
			t.Fatal(err)
		}
		return agent
	}
	edits := line("user", 0, `{"role":"user","content":"go"}`) +
		line("assistant", 1, fmt.Sprintf(`{"id":"m1","role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Write","input":{"file_path":%q,"content":"x"}}]}`, filepath.Join(root, "b.js"))) +
		line("user", 2, `{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"done"}]}`)
	interrupted := edits + line("user", 3, `{"role":"user","content":[{"type":"text","text":"[Request interrupted by user]"}]}`)
	for name, tt := range map[string]struct {
		text          string
		other         OtherCoder
		launched, run int // minutes of the judged agent
		want          string
	}{
		"at work":                            {edits, OtherCoder{Running: true}, 0, 0, "running b.js"},
		"interrupted before the launch":      {interrupted, OtherCoder{Running: true}, 4, 4, "not there"},
		"interrupted in between":             {interrupted, OtherCoder{Running: true}, 0, 4, "earlier b.js"},
		"interrupted beside it":              {interrupted, OtherCoder{Running: true}, 0, 0, "b.js"},
		"gone before the launch":             {edits, OtherCoder{Gone: true}, 0, 0, "not there"},
		"gone in between":                    {edits, OtherCoder{Gone: true, SinceLaunch: true}, 0, 4, "earlier b.js"},
		"gone beside it":                     {edits, OtherCoder{Gone: true, SinceLaunch: true, SinceRun: true}, 0, 0, "b.js"},
		"gone beside it, without any change": {edits, OtherCoder{Gone: true, SinceLaunch: true, SinceRun: true}, 3, 3, "not there"},
	} {
		tt.other.AgentID = "a2"
		in := Inquiry{
			Coders: []OtherCoder{tt.other}, Launch: &Baseline{At: at(tt.launched)}, Agent: &transcript.Agent{Run: transcript.Run{Time: at(tt.run)}},
		}
		got := "not there"
		for _, o := range otherCoders(t.Context(), coders{agents: map[string]*transcript.Agent{"a2": read(tt.text)}}, in, "trees/T1", worktree.Place{Root: root}) {
			got = strings.Join(o.Files, " ")
			if o.Running {
				got = "running " + got
			}
			if o.Earlier {
				got = "earlier " + got
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
