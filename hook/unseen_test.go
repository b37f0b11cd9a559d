package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// blind is an observer that sees the same as its host, except for what a test hides from it.
type blind struct {
	*fakeHost
	claims, survey, mainSurvey, moved, marks, config error
	otherSurvey, snapshot, mainSnapshot              error
	missed                                           map[string]string // of marks
	slow                                             bool              // reading the worktree takes longer than anybody waits
	changes                                          []worktree.MarkChange
	configured                                       []byte // .stopgate.yml
}

var errBlind = errors.New("input/output error")

func (b *blind) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	states := b.fakeHost.Claims(ctx, place, paths, base)
	for i := range states {
		if b.claims != nil {
			states[i] = worktree.PathState{Path: paths[i], Name: paths[i], Change: worktree.Unknown, Reason: b.claims.Error()}
		}
	}
	return states
}

func (b *blind) Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey {
	s := b.fakeHost.Survey(ctx, place, base, o)
	err := b.survey
	switch {
	case place.Root == b.dir:
		err = b.mainSurvey
	case strings.HasSuffix(place.Root, "T-2-other"):
		err = b.otherSurvey
	}
	if b.slow {
		<-ctx.Done()
		err = ctx.Err()
	}
	if err != nil {
		s.Incomplete, s.Fingerprint = err.Error(), ""
	}
	return s
}

func (b *blind) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return b.configured, b.config
}

func (b *blind) Marks(ctx context.Context, _ worktree.Place) (worktree.Marks, error) {
	return worktree.Marks{Incomplete: b.missed}, errors.Join(b.marks, ctx.Err())
}

func (b *blind) Moved(ctx context.Context, _ worktree.Place, _ worktree.Marks) (worktree.Marks, []worktree.MarkChange, error) {
	return worktree.Marks{Incomplete: b.missed}, b.changes, errors.Join(b.moved, ctx.Err())
}

func (b *blind) Since(context.Context, worktree.Place, worktree.Marks) inspect.Observer { return b }

func (b *blind) Snapshot(ctx context.Context, place worktree.Place, _ worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	err := b.snapshot
	if place.Root == b.dir {
		err = b.mainSnapshot
	}
	if b.slow {
		<-ctx.Done()
		err = ctx.Err()
	}
	s := worktree.Snapshot{}
	if err != nil {
		s.Incomplete = err.Error()
	}
	return s, nil, nil
}

// without is a journal that has lost the records of a kind.
type without struct {
	*memory
	kind string
}

func (w without) Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	if w.kind == "" && len(f.Kinds) == 0 {
		return nil, journal.Skipped{}, errBlind
	}
	records, skipped, err := w.memory.Read(ctx, f)
	var kept []journal.Record
	for _, r := range records {
		if r.Kind != w.kind {
			kept = append(kept, r)
		}
	}
	return kept, skipped, err
}

// TestNeverAPass takes each look from the judge, in each way in which it can fail, at an honest agent's stop: it is unknown, with the reason
// in one finding, and never verified. A look that no row takes fails the test.
func TestNeverAPass(t *testing.T) {
	ruin := func(a *played, change func(lines []string) []string) {
		a.lines = change(a.lines)
		a.h.write(a.path(), strings.Join(a.lines, "\n")+"\n")
	}
	meta := func(a *played) string { return strings.TrimSuffix(a.path(), ".jsonl") + ".meta.json" }
	rows := map[string]struct {
		look         inspect.Look // "" if the claim itself is the look
		atLaunch, at func(b *blind)
		before       func(t *testing.T, h *fakeHost, a *played) // the stop
		during       func(t *testing.T, h *fakeHost, a *played) // when the host has written it
		lost         *string                                    // records that the journal has lost
		prompt       func(task, worktreePath string) string     // nil for coderPrompt
	}{
		"a claim cannot be checked":     {at: func(b *blind) { b.claims = errBlind }},
		"git's files cannot be read":    {look: inspect.LookMarks, at: func(b *blind) { b.moved = errBlind }},
		"some of git's files cannot be": {look: inspect.LookMarks, at: func(b *blind) { b.missed = map[string]string{"config": "permission denied"} }},
		"nor at the launch":             {look: inspect.LookMarks, atLaunch: func(b *blind) { b.marks = errBlind }, at: func(b *blind) { b.marks = nil }},
		"some of them at the launch":    {look: inspect.LookMarks, atLaunch: func(b *blind) { b.missed = map[string]string{"hooks": "permission denied"} }},
		"the worktree cannot be walked": {look: inspect.LookWorktree, at: func(b *blind) { b.survey = errBlind }},
		"nor could it at the launch":    {look: inspect.LookSnapshot, atLaunch: func(b *blind) { b.snapshot = errBlind }},
		"the main worktree cannot be":   {look: inspect.LookMain, at: func(b *blind) { b.mainSurvey = errBlind }},
		"another that it writes to cannot be": {look: inspect.LookOthers, at: func(b *blind) { b.otherSurvey = errBlind }, before: func(_ *testing.T, h *fakeHost, a *played) {
			a.runs("touch " + filepath.Join(h.dir, h.addWorktree("T-2-other"), "y"))
		}},
		"too many others that it writes to": {look: inspect.LookOthers, before: func(_ *testing.T, h *fakeHost, a *played) {
			for i := range 17 {
				a.runs("touch " + filepath.Join(h.dir, h.addWorktree(fmt.Sprint("T-3-", i)), "y"))
			}
		}},
		"nor the main one at the launch":   {look: inspect.LookMain, atLaunch: func(b *blind) { b.mainSnapshot = errBlind }},
		"the configuration cannot be read": {look: inspect.LookConfig, at: func(b *blind) { b.config = errBlind }},
		"the journal cannot be read":       {look: inspect.LookJournal, lost: new(string)},
		"the launch is not recorded":       {look: inspect.LookLaunch, lost: pointer(record.KindLaunch)},
		"the start is not recorded":        {look: inspect.LookStart, lost: pointer(record.KindStart)},
		"the host's notes are gone": {look: inspect.LookNotes, before: func(t *testing.T, _ *fakeHost, a *played) {
			if err := os.Remove(meta(a)); err != nil {
				t.Fatal(err)
			}
		}},
		"the host's notes are no notes": {look: inspect.LookNotes, before: func(_ *testing.T, h *fakeHost, a *played) { h.write(meta(a), "{") }},
		"the host's notes name another": {look: inspect.LookLaunch, before: func(_ *testing.T, h *fakeHost, a *played) { h.write(meta(a), `{"toolUseId":"toolu_other"}`) }},
		"the host's notes are those of a launch without a worktree": {look: inspect.LookSnapshot, prompt: func(task, _ string) string {
			return "TASK: " + task + "\nDESCRIPTION: let people log in with a name and a key"
		}},
		"the transcript is gone": {look: inspect.LookTranscript, during: func(t *testing.T, _ *fakeHost, a *played) {
			if err := os.Remove(a.path()); err != nil {
				t.Fatal(err)
			}
		}},
		"it is empty": {look: inspect.LookTranscript, during: func(_ *testing.T, h *fakeHost, a *played) { h.write(a.path(), "") }},
		"it begins with another prompt": {look: inspect.LookTranscript, before: func(_ *testing.T, _ *fakeHost, a *played) {
			ruin(a, func(lines []string) []string {
				return append([]string{strings.Replace(lines[0], "let people log in", "let nobody log in", 1)}, lines[1:]...)
			})
		}},
		"it begins with a later record": {look: inspect.LookTranscript, before: func(_ *testing.T, _ *fakeHost, a *played) {
			ruin(a, func(lines []string) []string { return lines[1:] })
		}},
		"a resumed run began unseen": {look: inspect.LookMarks, before: func(t *testing.T, h *fakeHost, a *played) {
			a.stop(reportOn("T-1", "./trees/T-1-login", "app.go"))
			meta := meta(a)
			if err := os.Rename(meta, meta+".away"); err != nil { // the launch is then unknown
				t.Fatal(err)
			}
			a.resume("Once more.")
			if err := os.Rename(meta+".away", meta); err != nil {
				t.Fatal(err)
			}
		}},
		"a helper's transcript is gone": {look: inspect.LookTranscript, before: func(t *testing.T, _ *fakeHost, a *played) {
			if err := os.Remove(a.helped("h1", false)); err != nil {
				t.Fatal(err)
			}
		}},
		"nothing is left of a helper": {look: inspect.LookTranscript, before: func(t *testing.T, _ *fakeHost, a *played) {
			path := a.helped("h1", false)
			if err := errors.Join(os.Remove(path), os.Remove(transcript.MetaPath(path))); err != nil {
				t.Fatal(err)
			}
		}},
		"nothing is left of a helper, nor the result of its launch": {look: inspect.LookTranscript, before: func(t *testing.T, _ *fakeHost, a *played) {
			path := a.helped("h1", false)
			ruin(a, func(lines []string) []string {
				return slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, `"tool_result"`) })
			})
			if err := errors.Join(os.Remove(path), os.Remove(transcript.MetaPath(path))); err != nil {
				t.Fatal(err)
			}
		}},
		"a call was cut out of it, and its result stays": {look: inspect.LookTranscript, before: func(_ *testing.T, _ *fakeHost, a *played) {
			ruin(a, func(lines []string) []string {
				return append(lines, a.result("toolu_gone"))
			})
		}},
		"a call was cut out of it with its result": {look: inspect.LookTranscript, before: func(_ *testing.T, h *fakeHost, a *played) {
			h.calls = append(h.calls, calls.Call{Session: "s", Agent: a.id, Use: "toolu_gone", At: h.clock().Add(-time.Minute)})
		}},
		"a call was cut out of a helper's": {look: inspect.LookTranscript, before: func(_ *testing.T, h *fakeHost, a *played) {
			path := a.helped("h1", false)
			helper := &played{h: h, id: "h1"}
			h.write(path, readText(h.t, path)+helper.result("toolu_gone")+"\n")
		}},
		"all calls were cut out of a helper's": {look: inspect.LookTranscript, before: func(_ *testing.T, h *fakeHost, a *played) {
			a.helped("h1", false)
			h.calls = append(h.calls, calls.Call{Session: "s", Agent: "h1", Use: "toolu_gone", At: h.clock().Add(-time.Minute)})
		}},
		"a line of it is no record": {look: inspect.LookTranscript, before: func(_ *testing.T, _ *fakeHost, a *played) {
			ruin(a, func(lines []string) []string { return append(lines, `{"type":"assistant","message":{"id":"m1"`) })
		}},
	}
	taken := map[inspect.Look]bool{}
	for name, tt := range rows {
		taken[tt.look] = true
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.memory = &memory{}
			place := h.addWorktree("T-1-login")
			b := &blind{fakeHost: h}
			h.observer = b
			if tt.atLaunch != nil {
				tt.atLaunch(b)
			}
			prompt := coderPrompt
			if tt.prompt != nil {
				prompt, b.config, b.configured = tt.prompt, nil, []byte("mode: observe\n")
			}
			a, refused := h.launch("s", "x:bug-fixer", prompt("T-1", place))
			if refused != "" {
				t.Fatal(refused)
			}
			*b = blind{fakeHost: h}
			a.runs("make")
			h.edit(place, "app.go")
			if tt.at != nil {
				tt.at(b)
			}
			if tt.before != nil {
				tt.before(t, h, a)
			}
			if tt.lost != nil {
				h.instead = without{h.memory, *tt.lost}
			}
			at := func(host.Event) {
				if tt.during != nil {
					tt.during(t, h, a)
				}
			}
			if back := a.stopAnd(reportOn("T-1", place, "app.go"), at, func(host.Output) {}); back != "" {
				t.Fatalf("it is sent back with %s", back)
			}
			h.instead = nil
			stop := h.lastStop(a)
			if stop.Verdict != rule.Unknown {
				t.Errorf("the verdict is %s, want unknown: %+v", stop.Verdict, stop.Findings)
			}
			halting := rule.Of(stop.Findings, rule.Halt)
			if len(halting) != 1 || halting[0].Rule != rule.Unverifiable || len(halting[0].Message) > 1500 {
				t.Errorf("the findings are %+v, want one that says what could not be seen", stop.Findings)
			}
			if next := stop.Step; next == nil || next.Action != gates.Unverified || len(next.Calls) > 0 {
				t.Errorf("the step is %+v", next)
			}
		})
	}
	for _, look := range inspect.Looks() {
		if !taken[look] {
			t.Errorf("no row takes the look %q away", look)
		}
	}
}

// TestHonestStop is what TestNeverAPass takes the looks from. The agent only reads in another worktree, which therefore need not be seen.
func TestHonestStop(t *testing.T) {
	h := newHost(t)
	h.memory = &memory{}
	place, other := h.addWorktree("T-1-login"), filepath.Join(h.dir, h.addWorktree("T-2-other"))
	h.observer = &blind{fakeHost: h, otherSurvey: errBlind}
	a, refused := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
	if refused != "" {
		t.Fatal(refused)
	}
	a.runs("make")
	a.runs("cp " + other + "/app.go /tmp/app.go; cd " + other + " && ls && cat app.go")
	a.helped("h1", false)
	if path := a.helped("h2", true); os.Remove(path) != nil || os.Remove(transcript.MetaPath(path)) != nil {
		t.Fatal("the files of an agent that was not launched stay")
	}
	h.edit(place, "app.go")
	h.calls = []calls.Call{
		{Session: "s", Agent: "", Use: "toolu_of_the_session", At: h.clock().Add(-time.Minute)},
		{Session: "s", Agent: "other", Use: "toolu_of_another", At: h.clock().Add(-time.Minute)},
		{Session: "s", Agent: "h1", Use: "toolu_of_now", At: h.clock()},
		{Session: "s", Agent: a.id, At: h.clock().Add(-time.Minute)},
		{Session: "s", Agent: a.id, Use: "toolu_of_now", At: h.clock()},
	}
	a.stop(reportOn("T-1", place, "app.go"))
	if stop := h.lastStop(a); stop.Verdict != rule.Verified {
		t.Errorf("the verdict is %s: %+v", stop.Verdict, stop.Findings)
	}
}

// TestTimeForMarks: whatever takes up the time in the worktree, git's own files are compared, at the launch and at the stop.
func TestTimeForMarks(t *testing.T) {
	h := newHost(t)
	h.memory = &memory{}
	place := h.addWorktree("T-1-login")
	synctest.Test(t, func(t *testing.T) {
		b := &blind{fakeHost: h, slow: true}
		h.observer = b
		a, refused := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
		if refused != "" {
			t.Fatal(refused)
		}
		a.runs("make")
		h.edit(place, "app.go")
		b.changes = []worktree.MarkChange{{Kind: marks.HeadMoved, From: strings.Repeat("a", 40), To: strings.Repeat("b", 40)}}
		a.stop(reportOn("T-1", place, "app.go"))
		stop := h.lastStop(a)
		if stop.Verdict != rule.Violation {
			t.Errorf("a commit is %s: %+v", stop.Verdict, stop.Findings)
		}
		for _, f := range stop.Findings {
			if strings.Contains(f.Message, "git's own files") {
				t.Errorf("git's own files were not compared: %s", f.Message)
			}
		}
	})
}

func pointer(s string) *string { return &s }

// runs is a command of the agent in its transcript.
func (a *played) runs(command string) {
	a.lines = append(a.lines, quote.JSON(map[string]any{
		"type": "assistant", "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "timestamp": a.h.clock().Format(time.RFC3339Nano),
		"message": map[string]any{"role": "assistant", "id": a.h.id("msg"), "content": []any{
			map[string]any{"type": "tool_use", "id": a.h.id("toolu"), "name": "Bash", "input": map[string]any{"command": command}},
		}},
	}))
	a.h.write(a.path(), strings.Join(a.lines, "\n")+"\n")
}

func readText(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// result returns the record of a tool's result, for the agent's transcript.
func (a *played) result(use string) string {
	return quote.JSON(map[string]any{
		"type": "user", "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "timestamp": a.h.clock().Format(time.RFC3339Nano),
		"message": map[string]any{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": use, "content": "done"}}},
	})
}

// helped adds the launch of another agent to the agent's transcript, and writes that agent's files. It returns the path of its transcript.
func (a *played) helped(id string, fails bool) string {
	launch := "toolu_" + id
	line := func(id, role string, content any) string {
		return quote.JSON(map[string]any{
			"type": role, "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": id, "timestamp": a.h.clock().Format(time.RFC3339Nano),
			"message": map[string]any{"role": role, "id": a.h.id("msg"), "content": content},
		})
	}
	path := filepath.Join(filepath.Dir(a.path()), "agent-"+id+".jsonl")
	a.h.write(path, line(id, "user", "Look around.")+"\n")
	a.h.write(transcript.MetaPath(path), quote.JSON(map[string]any{"agentType": "Explore", "toolUseId": launch, "parentAgentId": a.id}))
	a.lines = append(a.lines,
		line(a.id, "assistant", []any{map[string]any{"type": "tool_use", "id": launch, "name": "Agent", "input": map[string]any{"prompt": "Look around."}}}),
		line(a.id, "user", []any{map[string]any{"type": "tool_result", "tool_use_id": launch, "content": "done", "is_error": fails}}))
	a.h.write(a.path(), strings.Join(a.lines, "\n")+"\n")
	return path
}

// lastStop returns the last stop of an agent as it is recorded.
func (h *fakeHost) lastStop(a *played) record.Stop {
	h.t.Helper()
	records, _, err := h.memory.Read(context.Background(), journal.Filter{Session: a.session})
	if err != nil {
		h.t.Fatal(err)
	}
	var last record.Stop
	for _, rec := range records {
		if rec.Kind == record.KindStop && rec.Agent == a.id {
			last = record.Stop{}
			if err := json.Unmarshal(rec.Data, &last); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	if last.Verdict == "" {
		h.t.Fatalf("no stop is recorded; the log is %s", h.log)
	}
	return last
}

// TestPassOfAnUnseenTree: a gate that passes a worktree that cannot be seen has passed nothing, and its step says why.
func TestPassOfAnUnseenTree(t *testing.T) {
	h := newHost(t)
	h.memory = &memory{}
	place := h.addWorktree("T-1-login")
	b := &blind{fakeHost: h}
	h.observer = b
	h.verified("s", "T-1", place)
	a, refused := h.launch("s", "x:test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line()+"\nWORKTREE_PATH: "+place)
	if refused != "" {
		t.Fatal(refused)
	}
	b.survey = errBlind
	a.stop(passOfTests)
	steps := h.stepsIn(a.back())
	if len(steps) != 1 || len(steps[0].Findings) != 1 || !strings.Contains(steps[0].Findings[0].Message, errBlind.Error()) {
		t.Fatalf("the steps are %+v", steps)
	}
	if got := h.task("T-1").State.Standing("test-runner"); got != gates.StandingNoResult {
		t.Errorf("the gate stands as %s", got)
	}
}
