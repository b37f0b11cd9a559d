package hosttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// judgement holds the fields that the records of a live and of a replayed stop share.
type judgement struct {
	Verdict  string    `json:"verdict"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Message  string `json:"message"`
}

// wantSameReplay fails unless a replay of the session's transcripts, with the worktrees as the session left them, judges every stop as the live
// hook did: the same verdicts and findings of each agent, in the same order. A session without verdicts must replay to none.
func wantSameReplay(t *testing.T, s *Session, plugin string) {
	t.Helper()
	live, replayed := liveJudgements(t, s), replayedJudgements(t, s, plugin)
	if !reflect.DeepEqual(live, replayed) {
		t.Errorf("the live hook and a replay judge differently\n  live: %+v\nreplay: %+v", live, replayed)
	}
}

// liveJudgements returns the stops in the journal, by agent. A record "unseen" is about an agent that returned without a stop, because it ran out
// of turns or after an error. No transcript holds such a stop.
func liveJudgements(t *testing.T, s *Session) map[string][]judgement {
	t.Helper()
	all := map[string][]judgement{}
	for line := range bytes.Lines(s.journal) {
		var record struct {
			Kind  string `json:"kind"`
			Agent string `json:"agent"`
			Data  struct {
				judgement
				Stop struct {
					Said string `json:"said"`
				} `json:"stop"`
			} `json:"data"`
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("a record of the journal cannot be read: %v\n%s", err, line)
		}
		if record.Kind == "stop" && record.Data.Stop.Said != "unseen" {
			all[record.Agent] = append(all[record.Agent], record.Data.judgement)
		}
	}
	return all
}

// replayedJudgements returns the stops of stopgate replay over the session's folder, by agent.
func replayedJudgements(t *testing.T, s *Session, plugin string) map[string][]judgement {
	t.Helper()
	executable := filepath.Join(plugin, "bin", "stopgate")
	if _, err := os.Stat(executable + realSuffix); err == nil {
		executable += realSuffix // a recorder has its place
	}
	if _, err := os.Stat(executable); errors.Is(err, os.ErrNotExist) {
		return map[string][]judgement{} // a session without the gate: nothing was judged, and nobody can
	}
	cmd := exec.CommandContext(t.Context(), executable, "replay", "--format", "jsonl", filepath.Join(s.config(), "projects"))
	cmd.Env = append(gitEnv(), "STOPGATE_STATE_DIR="+filepath.Join(s.dir, "state-of-replay"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("replay: %v", err)
	}
	all := map[string][]judgement{}
	for line := range bytes.Lines(stdout.Bytes()) {
		var result struct {
			judgement
			Source struct {
				AgentID string `json:"agent_id"`
			} `json:"source"`
		}
		if err := json.Unmarshal(line, &result); err != nil {
			t.Fatalf("a replayed stop cannot be read: %v\n%s", err, line)
		}
		all[result.Source.AgentID] = append(all[result.Source.AgentID], result.judgement)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "state-of-replay")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("replay has written a journal (%v)", err)
	}
	if status := cmd.ProcessState.ExitCode(); (status == 3) != (len(all) == 0) {
		t.Errorf("replay exited with status %d and judged %d agents: %s", status, len(all), stderr.Bytes())
	}
	return all
}

// Changes after a stop prove nothing at that stop, whichever tool made them.
func TestReplayIsAsOfItsMoment(t *testing.T) {
	t.Parallel()
	claim := func(task string, change Turn) Agent {
		claims := Say(report(task, "src/payments.js"))
		return coder(task, false, claims, change, claims)
	}
	s := play(t, withCoders([]Turn{Launch("writer"), Launch("basher"), Say("Understood."), Say("Understood again.")}, map[string]Agent{
		"writer": claim("PAY-19", Write(in("PAY-19", "src/payments.js"), "export {}\n")),
		"basher": claim("PAY-20", Bash("echo '// changed' >> "+in("PAY-20", "src/payments.js"))),
	}, "PAY-19", "PAY-20"))
	live := liveJudgements(t, s)
	for _, task := range []string{"PAY-19", "PAY-20"} {
		wantOutcomes(t, task, live[launchedFor(t, s, task)], []string{"rejected", "verified"})
	}
}

// limits are the cases in which the live hook and a replay differ, because a transcript does not hold everything, and why. A limit that no longer
// applies must be removed from the list.
var limits = []struct {
	name         string
	before       map[string]string // files of the worktree that are there before the launch, beside the commit's
	turns        func(task string) []Turn
	later        func(worktree string) error // what happens before the replay
	live, replay []string                    // verdicts, or rules
}{
	{
		name: "an empty reply leaves no trace", // the host writes down no reply without text (2.1.330)
		turns: func(task string) []Turn {
			return []Turn{Write(in(task, "src/payments.js"), "export {}\n"), {}, {}, {}}
		},
		live: []string{"rejected", "capped"}, replay: nil,
	},
	{
		name: "the worktree has changed since",
		turns: func(task string) []Turn {
			return []Turn{Write(in(task, "src/payments.js"), "export {}\n"), Say(report(task, "src/payments.js"))}
		},
		later: func(worktree string) error { return os.Remove(filepath.Join(worktree, "src", "payments.js")) },
		live:  []string{"verified"}, replay: []string{"rejected"},
	},
	{
		name: "a shell undid what a shell had done, between two stops",
		turns: func(task string) []Turn {
			return []Turn{
				Bash("echo '// changed' >> " + in(task, "src/client.js")), Say(report(task, "src/client.js", "src/none.js")),
				Bash("cd " + worktree(task) + " && echo 'export {}' > src/client.js && echo x > src/other.js"), Say(report(task, "src/other.js")),
			}
		},
		live: []string{"claim-missing", "verified"}, replay: []string{"claim-unchanged claim-missing", "verified"},
	},
	{
		name:   "what the worktree was like at the launch", // no transcript tells, so that a replay compares with HEAD
		before: map[string]string{"src/client.js": "export const draft = 1\n"},
		turns: func(task string) []Turn {
			return []Turn{Say(report(task, "src/client.js")), Say(report(task, "src/client.js"))}
		},
		live: []string{"claim-not-yours", "capped"}, replay: []string{"verified", "verified"},
	},
	{
		name: "changes that nobody lists and no edit shows", // what stands there long after a stop tells nothing of it
		turns: func(task string) []Turn {
			return []Turn{
				Bash("cd " + worktree(task) + " && echo 1 > src/one.js && echo 2 > src/two.js"),
				Say(report(task, "src/one.js")), Say(report(task, "src/one.js", "src/two.js")),
			}
		},
		live: []string{"change-undeclared", "verified"}, replay: []string{"verified", "verified"},
	},
	{
		name: "artifacts that are still there", // they are gone after the stop, and the agent did not lie for that
		turns: func(task string) []Turn {
			return []Turn{
				Bash("cd " + worktree(task) + " && mkdir coverage && echo 1 > coverage/index.html && echo 1 > src/one.js"),
				Say(strings.Replace(report(task, "src/one.js"), "{", `{"artifacts_cleaned":["coverage"],`, 1)),
			}
		},
		live: []string{"artifact-left"}, replay: []string{"verified"},
	},
}

// TestReplayLimits holds each limit, so that it is known to be one. One session launches an agent for each, one after the other.
func TestReplayLimits(t *testing.T) {
	t.Parallel()
	sc := withCoders(nil, map[string]Agent{})
	sc.Untracked = map[string]string{}
	task := func(i int) string { return fmt.Sprint("PAY-", 21+i) }
	for i, limit := range limits {
		name := fmt.Sprint("agent ", i)
		sc.Worktrees = append(sc.Worktrees, worktree(task(i)))
		sc.Orchestrator = append(sc.Orchestrator, Launch(name))
		sc.Agents[name] = coder(task(i), false, limit.turns(task(i))...)
		maps.Copy(sc.Untracked, inWorktree(task(i), limit.before))
	}
	sc.Orchestrator = append(sc.Orchestrator, Say("Understood."), Say("Understood again."))
	s := playOnly(t, sc)
	for i, limit := range limits {
		if limit.later == nil {
			continue
		}
		if err := limit.later(filepath.Join(s.Repository, worktree(task(i)))); err != nil {
			t.Fatal(err)
		}
	}
	live, replayed := liveJudgements(t, s), replayedJudgements(t, s, shared.get(t).plugin)
	for i, limit := range limits {
		t.Run(limit.name, func(t *testing.T) {
			agent := launchedFor(t, s, task(i))
			wantOutcomes(t, "live", live[agent], limit.live)
			wantOutcomes(t, "replay", replayed[agent], limit.replay)
		})
	}
}

// wantOutcomes compares an agent's verdicts, or the rules where those are wanted.
func wantOutcomes(t *testing.T, what string, stops []judgement, want []string) {
	t.Helper()
	if len(stops) != len(want) {
		t.Fatalf("%s: %d stops, want %d: %+v", what, len(stops), len(want), stops)
	}
	for i, stop := range stops {
		rules := ""
		for _, f := range stop.Findings {
			rules += " " + f.Rule
		}
		if !slices.Contains([]string{" " + stop.Verdict, rules}, " "+want[i]) {
			t.Errorf("%s: stop %d is %s for%s, want %s", what, i+1, stop.Verdict, rules, want[i])
		}
	}
}
