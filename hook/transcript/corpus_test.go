package transcript

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the goldens under testdata")

// withoutTrace are the recorded sessions in which an agent stopped and its transcript does not show it:
// the host writes down no empty reply.
var withoutTrace = []string{"fg-empty-reply"}

func recordedSessions(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("testdata", "recorded", "*"))
	if err != nil || len(dirs) < len(recorded) {
		t.Fatalf("the corpus holds %d sessions, want %d (%v)", len(dirs), len(recorded), err)
	}
	return dirs
}

// TestRecordedStops compares the stops that a Scanner finds with the events that the real client sent.
func TestRecordedStops(t *testing.T) {
	compared := 0
	for _, dir := range recordedSessions(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			want := map[string][]event{}
			for _, line := range readLines(t, filepath.Join(dir, "events.jsonl")) {
				if len(line) == 0 {
					continue
				}
				var e event
				if err := json.Unmarshal(line, &e); err != nil {
					t.Fatal(err)
				}
				want[e.AgentID] = append(want[e.AgentID], e)
			}
			agents, err := Agents(filepath.Join(dir, "session.jsonl"))
			if err != nil || len(agents) == 0 {
				t.Fatalf("%d agents, %v", len(agents), err)
			}
			for _, file := range agents {
				if file.Err != nil || file.Meta.AgentType == "" || file.Meta.ToolUseID == "" {
					t.Errorf("agent file %+v", file)
				}
				var got []event
				for _, stop := range scanFile(t, file.Path, Options{}) {
					if stop.Agent.ID != file.ID {
						t.Errorf("agent id %q in the file of %q", stop.Agent.ID, file.ID)
					}
					got = append(got, event{stop.Agent.ID, stop.Active, stop.Agent.LastMessage()})
				}
				if slices.Contains(withoutTrace, filepath.Base(dir)) {
					if len(got) != 0 || len(want[file.ID]) != 1 {
						t.Errorf("%d stops found and %d fired: take this session off the list", len(got), len(want[file.ID]))
					}
					continue
				}
				if !reflect.DeepEqual(got, want[file.ID]) {
					t.Errorf("stops of %s\n got %+v\nwant %+v", file.ID, got, want[file.ID])
				}
				compared += len(got)
			}
		})
	}
	if compared < 20 {
		t.Errorf("only %d stops were compared", compared)
	}
	t.Logf("%d stops agree with the events", compared)
}

// TestStopIsAsOfItsMoment compares each stop of the corpus with what the hook reads from a file that ends there.
func TestStopIsAsOfItsMoment(t *testing.T) {
	compared := 0
	for _, dir := range recordedSessions(t) {
		agents, err := Agents(filepath.Join(dir, "session.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range agents {
			content, err := os.ReadFile(file.Path)
			if err != nil {
				t.Fatal(err)
			}
			lines := bytes.SplitAfter(content, []byte("\n"))
			for _, o := range []Options{{}, {OneAgent: true}} {
				for _, stop := range scanFile(t, file.Path, o) {
					hook, err := readAgent(context.Background(), bytes.NewReader(bytes.Join(lines[:stop.Line], nil)), Options{})
					if err != nil {
						t.Fatal(err)
					}
					replay := stop.Agent
					replay.Lines = hook.Lines
					if !reflect.DeepEqual(*hook, replay) {
						t.Errorf("%s, stop at line %d\nthe hook reads %+v\n replay yields %+v", file.Path, stop.Line, *hook, replay)
					}
					if !hook.Reached(stop.Agent.LastMessage(), stop.Active, "") {
						t.Errorf("%s: the stop at line %d is not reached at that line", file.Path, stop.Line)
					}
					compared++
				}
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d stops were compared", compared)
	}
}

// TestRecordedFacts compares everything else that is read from a session with a golden.
func TestRecordedFacts(t *testing.T) {
	for _, dir := range recordedSessions(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var facts bytes.Buffer
			launched := launchedIn(t, filepath.Join(dir, "session.jsonl"))
			for _, id := range slices.Sorted(maps.Keys(launched)) {
				fmt.Fprintf(&facts, "launch of agent %s as %s\n", id, launched[id])
			}
			agents, err := Agents(filepath.Join(dir, "session.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range agents {
				a, err := ReadAgent(context.Background(), file.Path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&facts, "agent %s %+v in %s\n  prompt %q\n", a.ID, file.Meta, a.CWD, a.Prompt)
				fmt.Fprintf(&facts, "  run %d line %d feedbacks %d prompt %q\n", a.Run.Number, a.Run.Line, a.Run.Feedbacks, a.Run.Prompt)
				for _, r := range a.Replies {
					fmt.Fprintf(&facts, "  reply %s lines %d-%d %s %s tools=%d api error=%t %q\n",
						r.MessageID, r.FirstLine, r.LastLine, r.Time.Format("15:04:05.000"), r.StopReason, r.ToolUses, r.APIError, r.Texts)
				}
				for _, u := range a.ToolUses {
					fmt.Fprintf(&facts, "  run %d line %d %s %s path=%q command=%q: %s\n",
						u.Run, u.Line, u.Name, u.ID, u.Path, u.Command, outcomes[u.Outcome])
				}
				fmt.Fprintf(&facts, "  lines %d skipped %d\n", a.Lines, a.Skipped.Total())
			}
			golden := filepath.Join(dir, "facts.golden")
			if *update {
				write(t, golden, facts.Bytes())
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := facts.String(); got != string(want) {
				t.Errorf("facts of %s changed (-update rewrites them)\n got:\n%s\nwant:\n%s", dir, got, want)
			}
		})
	}
}

// TestCorpusIsScrubbed keeps machine paths and the host's own texts out of testdata.
func TestCorpusIsScrubbed(t *testing.T) {
	foreign := regexp.MustCompile(`/(tmp|root|home|Users|var|private)\b|C:\\|system-reminder|You are powered by|internal metadata`)
	files := 0
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if found := foreign.Find(b); found != nil {
			t.Errorf("%s holds %q", path, found)
		}
		return err
	})
	if err != nil || files < 3*len(recorded) {
		t.Errorf("%d files seen, %v", files, err)
	}
}

func scanFile(t *testing.T, path string, o Options) []Stop {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stops, s := scan(t, string(b), o)
	if skipped := s.Skipped(); skipped != (Skipped{}) {
		t.Errorf("%s: skipped %+v", path, skipped)
	}
	return stops
}

func scan(t *testing.T, transcript string, o Options) ([]Stop, *Scanner) {
	t.Helper()
	s := NewScanner(context.Background(), strings.NewReader(transcript), o)
	var stops []Stop
	for s.Scan() {
		stops = append(stops, s.Stop())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return stops, s
}

// outcomes are the words for outcomes in the goldens.
var outcomes = map[Outcome]string{Unanswered: "unanswered", Succeeded: "succeeded", Failed: "failed"}

func launchedIn(t *testing.T, path string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, s := scan(t, string(b), Options{})
	return s.Launched()
}
