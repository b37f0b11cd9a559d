package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

// kept is a journal in memory that asks a NamedKeep now and then, as one on disk does that has grown.
type kept struct {
	record.Memory
	all, old []journal.Record
	taken    int // of all; old stands for them
	again    bool
}

func (k *kept) Read(_ context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	list := slices.Clone(k.all)
	if f.Keep != nil {
		if list = slices.Concat(k.old, k.all[k.taken:]); k.again {
			k.old, k.taken = f.Keep.Keep(journal.Filter{Kinds: f.Kinds}, list), len(k.all)
			list = slices.Clone(k.old)
		}
	}
	return slices.DeleteFunc(list, func(rec journal.Record) bool {
		return f.Task != "" && rec.Task != f.Task || !slices.Contains(f.Kinds, rec.Kind)
	}), journal.Skipped{}, nil
}

// anyFact returns a fact of a task that may be in any state: the tasks of a journal are coded, checked, merged or closed, and taken up again.
func anyFact(r *rand.Rand, i int) record.Fact {
	task := fmt.Sprint("T-", i/40+r.IntN(6))
	if r.IntN(40) == 0 {
		task = fmt.Sprint("t-", r.IntN(1+i/40)) // one that may be done
	}
	f := record.Fact{Fact: gates.Fact{Task: task, Agent: fmt.Sprint("a", r.IntN(4)), At: keptAt.Add(time.Duration(i) * time.Second), Tree: fmt.Sprint("tree", r.IntN(2)), Stop: fmt.Sprint(i - r.IntN(3))}}
	kind := r.IntN(12)
	if i%40 > 35 { // the task that the next facts are not about
		kind, f.Fact.Task = 10, fmt.Sprint("T-", i/40)
	}
	switch kind {
	case 0:
		f.Fact.Kind = gates.CoderStarted
	case 1, 2, 3:
		f.Fact.Kind, f.Fact.Verdict, f.Fact.Needs, f.Worktree = gates.CoderStopped, gates.Verified, []gates.Gate{{Name: "g", Blocking: true}}, "./trees/"+task
	case 4:
		f.Fact.Kind, f.Fact.Verdict = gates.CoderStopped, gates.Capped
	case 5:
		f.Fact.Kind, f.Fact.Gate, f.Fact.Outcome, f.Fact.Issues = gates.GateResult, "g", gates.Fail, []string{"x"}
	case 6, 7:
		f.Fact.Kind, f.Fact.Gate, f.Fact.Outcome = gates.GateResult, "g", gates.Pass
	case 8:
		f.Fact.Kind = gates.PersonSpoke
	case 9:
		f.Fact.Kind, f.Fact.Words, f.Fact.Said = gates.PromptCame, fmt.Sprint("p", i), "x"
	case 10:
		f.Fact.Kind, f.Fact.Outcome = gates.BranchManagerDone, gates.Pass
		if r.IntN(3) > 0 {
			f.Fact.Kind, f.Fact.Why = gates.Closed, "no need"
		}
	case 11:
		f.Fact.Kind, f.Fact.Gate, f.Fact.AgentType, f.Instead = gates.LaunchFailed, "g", "team:g", fmt.Sprint("team:h", i)
	}
	return f
}

// TestPending compares the tasks read from the kept part of a long journal with the fold of the complete one.
func TestPending(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	caps := gates.Caps{Total: 4}
	j := &kept{}
	log := record.Open(func(string) (record.Journal, error) { return j, nil }, "k", "s1", time.Now, io.Discard)
	done := 0
	for i := range 1000 {
		f := anyFact(r, i)
		j.all = append(j.all, journal.Record{V: 1, Kind: record.KindFact, At: f.Fact.At, Session: fmt.Sprint("s", i/500), Task: launch.TaskKey(f.Fact.Task), Data: json.RawMessage(quote.JSON(f))})
		if r.IntN(40) > 0 {
			continue
		}
		j.again = r.IntN(3) == 0
		tasks := record.FoldTasks(j.all, caps)
		want := map[string]*record.Task{}
		for _, task := range tasks.All() {
			if task.State.Phase != gates.Done || len(task.State.Heard) > 0 {
				want[task.State.Task] = task
			}
		}
		got := log.Pending(t.Context(), caps)
		if len(got) != len(want) {
			t.Fatalf("after %d facts %d tasks are pending, want %d", i+1, len(got), len(want))
		}
		for _, task := range got {
			w := want[task.State.Task]
			if w == nil || !reflect.DeepEqual(task.State, w.State) || task.Worktree != w.Worktree || task.LastIn != w.LastIn || !reflect.DeepEqual(task.Instead(), w.Instead()) {
				t.Fatalf("after %d facts the task is\n%+v\nwant\n%+v", i+1, task, w)
			}
			if i%7 > 0 {
				continue
			}
			if one := log.Task(t.Context(), task.State.Task, caps); !reflect.DeepEqual(one.State, w.State) {
				t.Fatalf("the task alone is\n%+v\nwant\n%+v", one.State, w.State)
			}
		}
		for _, task := range tasks.All() {
			if task.State.Phase == gates.Done {
				done++
			}
		}
	}
	if err := log.Err(); err != nil || done < 100 || len(j.old) > len(j.all)*2/3 {
		t.Errorf("%d times a task was done, %d of %d records are kept: the test proves nothing; error %v", done, len(j.old), len(j.all), err)
	}
}
