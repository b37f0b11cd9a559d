// Package month invents the journals of a month in which agents worked on several repositories, for tests and pictures. The same seed makes the
// same month.
package month

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

// Month describes an invented month.
type Month struct {
	// Seed decides everything random.
	Seed uint64
	// Tasks is the number of tasks, Repositories the number of repositories that they are in.
	Tasks, Repositories int
	// Begin is when the first task is launched. The last ones are launched Days later, and some of them are still under way.
	Begin time.Time
	Days  int
}

// Realistic returns the month of the pictures: 420 tasks in six repositories, the last of which only observes.
func Realistic() Month {
	return Month{Seed: 7, Tasks: 420, Repositories: 6, Begin: time.Date(2026, 10, 26, 7, 0, 0, 0, time.UTC), Days: 30}
}

// Now returns a moment shortly after the last launch.
func (m Month) Now() time.Time { return m.Begin.Add(time.Duration(m.Days) * 24 * time.Hour) }

var repositories = []string{"storefront", "payments", "search-api", "mobile-app", "warehouse", "legacy-erp"}

// Key returns the key of the journal of a repository, from 0.
func (m Month) Key(repository int) string {
	name := repositories[repository%len(repositories)]
	if repository >= len(repositories) {
		name += fmt.Sprint("-", repository/len(repositories)+1)
	}
	return "/srv/work/" + name + "/.git"
}

// Records returns the records of each repository, in the order of its journal.
func (m Month) Records() [][]journal.Record {
	all := make([][]journal.Record, m.Repositories)
	rng := rand.New(rand.NewPCG(m.Seed, 15))
	for i := range m.Tasks {
		repository := rng.IntN(m.Repositories)
		if rng.IntN(3) == 0 {
			repository = 0 // the busiest
		}
		// Work days, and the working hours of several time zones.
		day := i * m.Days / m.Tasks
		at := m.Begin.Add(time.Duration(day)*24*time.Hour + time.Duration(rng.IntN(11*3600))*time.Second)
		if weekday := at.Weekday(); (weekday == time.Saturday || weekday == time.Sunday) && rng.IntN(5) > 0 {
			at = at.Add(-48 * time.Hour)
		}
		t := task{
			rng: rng, name: fmt.Sprintf("%s-%d", prefixes[repository%len(prefixes)], 100+i), at: at, session: fmt.Sprintf("session-%d-%d", repository, day),
			number: i, observe: repository == m.Repositories-1 && m.Repositories > 1, fresh: i >= m.Tasks-m.Tasks/14,
		}
		if t.play(); !t.ended && !t.fresh && t.chance(94) {
			t.after(900)
			t.fact(gates.Fact{Kind: gates.Closed, Why: "done by hand"})
		}
		all[repository] = append(all[repository], t.records...)
	}
	for _, records := range all {
		slices.SortStableFunc(records, func(a, b journal.Record) int { return a.At.Compare(b.At) })
	}
	return all
}

var prefixes = []string{"SHOP", "PAY", "SRCH", "APP", "WH", "ERP"}

// Write appends the records to the journals in dir.
func (m Month) Write(ctx context.Context, dir string) error {
	for i, records := range m.Records() {
		book, err := journal.Open(dir, m.Key(i))
		if err != nil {
			return err
		}
		for part := range slices.Chunk(records, 500) {
			if err := book.Append(ctx, part...); err != nil {
				return err
			}
		}
	}
	return nil
}

// task is one task while it is played.
type task struct {
	rng     *rand.Rand
	name    string
	number  int
	session string
	at      time.Time
	records []journal.Record
	// observe means that the repository blocks nothing. fresh means that the task may still be open.
	observe, fresh bool

	agents, trees, stops int
	ended                bool
}

// after lets some minutes pass, half of the given ones at least.
func (t *task) after(minutes int) {
	t.at = t.at.Add(time.Duration(minutes*30+t.rng.IntN(minutes*60)) * time.Second)
}

// chance is true in n of a hundred cases.
func (t *task) chance(n int) bool { return t.rng.IntN(100) < n }

func (t *task) agent() string {
	t.agents++
	return fmt.Sprintf("a%06x%02x", t.number*7919%0xffffff, t.agents)
}

func (t *task) tree() string { return fmt.Sprint("tree-", t.number, "-", t.trees) }

func (t *task) add(kind string, agent gates.Agent, data any) {
	raw := json.RawMessage(quote.JSON(data))
	if data == nil {
		raw = nil
	}
	t.records = append(t.records, journal.Record{
		V: journal.Version, Kind: kind, At: t.at, Session: t.session, Agent: agent.ID, AgentType: agent.Type, Task: t.name, Data: raw,
	})
}

func (t *task) fact(f gates.Fact) {
	f.Task, f.At = t.name, t.at
	t.ended = f.Kind == gates.Closed || f.Kind == gates.BranchManagerDone
	if f.Kind == gates.CoderStopped || f.Kind == gates.GateResult || f.Kind == gates.BranchManagerDone {
		f.Stop = fmt.Sprint(t.name, "-", t.stops)
	}
	data := record.Fact{Fact: f}
	if f.Kind == gates.CoderStarted {
		data.Worktree = "/srv/work/trees/" + t.name
	}
	t.add(record.KindFact, gates.Agent{ID: f.Agent, Type: f.AgentType}, data)
	t.records[len(t.records)-1].Task = launch.TaskKey(t.name)
}
