// Package view shows people what the journal holds. It records nothing.
package view

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/style"
	"stopgate/hook/worktree"
)

// statusVersion is the form of Status, held by schema/status.schema.json.
const statusVersion = "status/1"

// Status is the state of a repository's tasks.
type Status struct {
	Stopgate string `json:"stopgate"`
	// Repository is the key of the journal: the common git directory, or a folder that is in no repository.
	Repository string `json:"repository"`
	// At is when the worktrees were looked at.
	At   time.Time   `json:"at"`
	Mode config.Mode `json:"mode"`
	// Tasks are sorted by activity, newest first.
	Tasks []TaskStatus `json:"tasks"`
	// DoneOmitted counts the tasks that were left out because they are done.
	DoneOmitted int `json:"done_omitted"`
	// Gone are the tasks that were left out because their worktrees are gone, those with the newest activity first.
	Gone []string `json:"gone"`
	// DamagedLines counts the lines that cannot be read of what was read of the journal: of all of it if all tasks or one task were asked for.
	DamagedLines int `json:"damaged_lines"`

	style style.Style
}

// TaskStatus is the state of one task.
type TaskStatus struct {
	Task string `json:"task"`
	// Worktree is the path by which the orchestrator knows it; "" if it is not known.
	Worktree string      `json:"worktree"`
	Phase    gates.Phase `json:"phase"`
	// Since is when it came into that phase; nil where only the look of this moment shows that it has.
	Since *time.Time `json:"since"`
	// Active is when something last happened to it.
	Active time.Time  `json:"active"`
	Tree   TreeStatus `json:"tree"`
	// Coder is the coding agent that stopped or else started last; zero if there was none.
	Coder gates.Agent  `json:"coder"`
	Gates []GateStatus `json:"gates"`
	// Override is what was open when the person decided to merge the task as it is; nil if they did not, or if the tree has changed.
	Override []string `json:"override"`
	// Owed is what it waits for; nil for nothing.
	Owed *Owed `json:"owed"`
}

// TreeStatus is the work tree that the passes of a task are held against.
type TreeStatus struct {
	// Fingerprint identifies the tree; "" if unknown.
	Fingerprint string `json:"fingerprint"`
	// Now means that it is the present tree. Otherwise it is the one seen last, and Why is the reason why it was not checked now.
	Now bool   `json:"now"`
	Why string `json:"why"`

	gone   bool            // nothing exists at the task's path
	survey worktree.Survey // of the present tree
}

// GateStatus is the state of one gate of a task.
type GateStatus struct {
	Gate     string         `json:"gate"`
	Needed   bool           `json:"needed"`
	Blocking bool           `json:"blocking"`
	Standing gates.Standing `json:"standing"`
	// Attempts counts its results; Fails, those that sent the work back since the person last took the task over.
	Attempts int `json:"attempts"`
	Fails    int `json:"fails"`
	// Answered is when it last gave an answer that could still count; nil for never.
	Answered *time.Time `json:"answered"`
	// Issues are the reasons why it blocks, in its agent's words; the first maxIssuesListed.
	Issues []string `json:"issues"`
	// AskedBy are the files because of which it runs, the first maxAsked of them.
	AskedBy []AskedFile `json:"asked_by"`
}

// AskedFile is a file because of which a gate runs, and its kind in the words of the configuration.
type AskedFile struct {
	Kind string `json:"kind"`
	Path string `json:"path"`
}

// Owed is what a task waits for.
type Owed struct {
	By     gates.Party  `json:"by"`
	Action gates.Action `json:"action"`
	Why    gates.Reason `json:"why"`
	// Gates and Agent are the gates and the agent that it is about.
	Gates []string    `json:"gates"`
	Agent gates.Agent `json:"agent"`
	// Text says it in words.
	Text string `json:"text"`
	// Since is when the task began to wait for it; nil if only the present look shows it.
	Since *time.Time `json:"since"`
}

const (
	// statusLook bounds how long a status looks at worktrees, all together.
	statusLook = 5 * time.Second
	// maxIssuesListed bounds what is listed of one gate.
	maxIssuesListed = 20
)

// Reader answers a person's questions from the journal of one repository. It records nothing.
type Reader struct {
	// Grounds are those of the person's working directory.
	Grounds site.Grounds
	// OpenJournal opens the record of what key names, as for a Runner.
	OpenJournal func(key string) (record.Journal, error)
	// Observe looks at worktrees; nil for a reader that does not.
	Observe inspect.Observer
	// Projects are the folders in which clients keep the transcripts of their projects.
	Projects []string
	// Now is the clock.
	Now func() time.Time
	// Style is how text for people is laid out.
	Style style.Style
	// Log takes one line for each accident.
	Log io.Writer
}

func (r Reader) open() *record.Log {
	return record.Open(r.OpenJournal, r.Grounds.Key(), "", r.Now, r.Log)
}

func (r Reader) settings(ctx context.Context) *site.Settings {
	return site.ReadSettings(ctx, r.Observe, r.Grounds, r.Log)
}

// Status returns the state of the repository's tasks. It reads the worktrees of open tasks, so that a pass of another tree shows as void; it
// records nothing. Unless all is true, tasks that are done are left out, and tasks whose worktree is gone are only named. The error means that the
// journal cannot be read.
func (r Reader) Status(ctx context.Context, all bool) (Status, error) {
	conf := r.config(ctx)
	if all {
		trails, damaged, err := r.everyTask(ctx, conf)
		return r.status(ctx, conf, trails, damaged), err
	}
	status, err := r.openTasks(ctx, conf)
	status.Tasks = slices.DeleteFunc(status.Tasks, func(t TaskStatus) bool {
		if t.Tree.gone {
			status.Gone = append(status.Gone, t.Task)
		}
		return t.Tree.gone
	})
	return status, err
}

// StatusOf returns the status of one task, done or not; case does not matter. The error for an unknown task names others.
func (r Reader) StatusOf(ctx context.Context, task string) (Status, error) {
	conf := r.config(ctx)
	trails, damaged, err := r.everyTask(ctx, conf)
	if err != nil {
		return Status{}, err
	}
	of := slices.DeleteFunc(slices.Clone(trails), func(t *trail) bool { return launch.TaskKey(t.State.Task) != gates.Key(task) })
	status := r.status(ctx, conf, of, damaged)
	switch {
	case len(of) > 0:
		return status, nil
	case len(trails) == 0:
		return status, errors.New("no task is recorded for this repository yet")
	}
	first, omitted := quote.First(quote.Each(trails, func(t *trail) string { return t.State.Task }), maxSuggested)
	return status, fmt.Errorf("no task is recorded as %s. Recorded: %s%s", shown(task, quote.MaxTask), shownAll(first), quote.AndMore(omitted))
}

func (r Reader) config(ctx context.Context) config.Config {
	settings := r.settings(ctx)
	if warning := settings.Warning(); warning != "" {
		fmt.Fprintln(r.Log, warning)
	}
	return settings.Config
}

// everyTask reads the whole journal. The tasks with the newest activity come first.
func (r Reader) everyTask(ctx context.Context, conf config.Config) (trails []*trail, damaged int, err error) {
	records, skipped, err := r.open().Read(ctx, record.KindFact, record.KindLaunch)
	return followTasks(records, record.CapsOf(conf)), skipped.Lines, err
}

// maxReadOn is how often a journal is read further that is too long to be read at once. Each time begins where the one before ended.
const maxReadOn = 20

// openTasks returns the status of the tasks that are not done. It reads what the journal keeps of them, and no more.
func (r Reader) openTasks(ctx context.Context, conf config.Config) (Status, error) {
	log, caps := r.open(), record.CapsOf(conf)
	known, err := log.PendingFacts(ctx, caps)
	for n := 0; errors.Is(err, journal.ErrTooLong) && n < maxReadOn && ctx.Err() == nil; n++ {
		known, err = log.PendingFacts(ctx, caps)
	}
	if err != nil {
		return r.status(ctx, conf, nil, 0), err
	}
	trails := followTasks(known.Facts, caps)
	open := slices.DeleteFunc(slices.Clone(trails), func(t *trail) bool { return t.State.Phase == gates.Done })
	if slices.ContainsFunc(open, func(t *trail) bool { return t.Worktree == "" }) {
		launches, _, err := log.Read(ctx, record.KindLaunch)
		if err != nil {
			return r.status(ctx, conf, nil, 0), err
		}
		findWorktrees(open, launches)
	}
	status := r.status(ctx, conf, open, known.Damaged)
	status.DoneOmitted = known.Done + len(trails) - len(open)
	return status, nil
}

// status returns the status of these tasks.
func (r Reader) status(ctx context.Context, conf config.Config, trails []*trail, damaged int) Status {
	status := Status{
		Stopgate: statusVersion, Repository: r.Grounds.Key(), At: r.Now().UTC(), Mode: conf.Mode, Tasks: []TaskStatus{}, Gone: []string{},
		DamagedLines: damaged, style: r.Style,
	}
	looking, done := context.WithTimeout(ctx, statusLook)
	defer done()
	look := r.looker(looking, conf)
	for _, t := range trails {
		tree := look(t.Task) // before the end of a branch-manager is presumed: its own commit would void the passes
		if tree.Now && r.seeByHand(looking, conf, t.Task, tree.survey) {
			tree = look(t.Task)
		}
		r.presume(ctx, t.Task)
		status.Tasks = append(status.Tasks, t.status(tree, status.At))
	}
	return status
}

// seeByHand lets a task be as somebody left it who committed or merged its work by hand, and reports whether it is done then. now is the present
// state of its worktree.
func (r Reader) seeByHand(ctx context.Context, conf config.Config, t *record.Task, now worktree.Survey) (done bool) {
	where := r.Grounds.WithTrees(conf.Worktrees).FindSite(t.Worktree, "")
	home, _ := r.Grounds.Main()
	b := t.ByHand(where.Place, home, cleanup.ScanOptions(cleanup.Rules(conf)))
	if !t.State.Committed && now.Fingerprint != t.State.Tree {
		if _, kept := b.Kept(ctx, r.Observe); !kept {
			return false
		}
		t.Take("", t.Kept(now, r.Now()))
		b = t.ByHand(b.Place, b.Home, b.Options)
	}
	commit := b.Merged(ctx, r.Observe, now)
	if commit != "" {
		t.Take("", t.Merged(commit, r.Now()))
	}
	return commit != ""
}

// presume lets a task no longer wait for agents that are gone, as far as their transcripts show it. Without an observer it does nothing.
func (r Reader) presume(ctx context.Context, t *record.Task) {
	for _, folder := range r.Projects {
		if r.Observe != nil {
			t.Presume(ctx, folder, r.Now())
		}
	}
}

// looker returns a function that reads the worktree of a task. It reads each worktree once.
func (r Reader) looker(ctx context.Context, conf config.Config) func(*record.Task) TreeStatus {
	grounds := r.Grounds.WithTrees(conf.Worktrees)
	seen := map[string]TreeStatus{}
	return func(t *record.Task) TreeStatus {
		switch {
		case t.State.Phase == gates.Done:
			return TreeStatus{Why: "the task is done"}
		case t.State.Merging:
			return TreeStatus{Why: "the branch-manager has begun to merge"}
		case t.Worktree == "":
			return TreeStatus{Why: "its worktree is unknown"}
		case r.Observe == nil:
			return TreeStatus{Why: "its worktree was not looked at"}
		}
		tree, ok := seen[t.Worktree]
		if !ok {
			tree = r.look(ctx, grounds.FindSite(t.Worktree, ""), cleanup.Rules(conf))
			seen[t.Worktree] = tree
		}
		return tree
	}
}

func (r Reader) look(ctx context.Context, where site.Site, rules artifact.Rules) TreeStatus {
	switch where.Problem {
	case site.Found:
	case site.Absent, site.Gone:
		return TreeStatus{Why: "its worktree is gone", gone: true}
	default:
		return TreeStatus{Why: "its worktree cannot be used"}
	}
	survey := r.Observe.Survey(ctx, where.Place, worktree.Base{}, cleanup.ScanOptions(rules))
	tree := cleanup.TreePrint(survey, nil)
	switch {
	case tree != "":
		return TreeStatus{Fingerprint: tree, Now: true, survey: survey}
	case ctx.Err() != nil:
		return TreeStatus{Why: "the time to look at worktrees ran out"}
	}
	return TreeStatus{Why: quote.Reason(cmp.Or(survey.Incomplete, "something in its worktree could not be read"))}
}

// trail is a task with the times of its changes.
type trail struct {
	*record.Task
	// last is where in the journal something last happened to it, active when that was.
	last   int
	active time.Time
	// owed is since when it waits for what it waits for.
	owed time.Time
}

// followTasks returns the tasks with facts among the records, newest activity first. Before its coding agent has stopped, a task's worktree is the
// one that the agent was launched into, if the launch is among the records.
func followTasks(records []journal.Record, caps gates.Caps) []*trail {
	tasks := record.FoldTasks(nil, caps)
	known := map[*record.Task]*trail{}
	for i, rec := range records {
		d, ok := record.Data[record.Fact](rec)
		if rec.Kind != record.KindFact || !ok {
			continue
		}
		task := tasks.Task(d.Fact.Task)
		t := known[task]
		if t == nil {
			t = &trail{Task: task}
			known[task] = t
		}
		before := task.State.Owed()
		task.Take(rec.Session, d)
		if t.last, t.active = i, rec.At; t.owed.IsZero() || !before.Same(task.State.Owed()) {
			t.owed = rec.At
		}
	}
	var trails []*trail
	for _, task := range tasks.All() {
		trails = append(trails, known[task])
	}
	findWorktrees(trails, records)
	slices.SortStableFunc(trails, func(a, b *trail) int { return cmp.Compare(b.last, a.last) })
	return trails
}

// findWorktrees gives tasks without a worktree the one of the last launch for them among the records.
func findWorktrees(trails []*trail, records []journal.Record) {
	launched := map[string]string{}
	for _, rec := range records {
		var l struct{ Worktree string } // without the long rest
		if rec.Kind == record.KindLaunch && json.Unmarshal(rec.Data, &l) == nil && l.Worktree != "" {
			// A task without an identifier is called by its worktree.
			launched[launch.TaskKey(cmp.Or(rec.Task, l.Worktree))] = l.Worktree
		}
	}
	for _, t := range trails {
		t.Worktree = cmp.Or(t.Worktree, launched[launch.TaskKey(t.State.Task)])
	}
}

func (t *trail) status(tree TreeStatus, now time.Time) TaskStatus {
	since, owedSince := &t.State.Since, &t.owed
	if tree.Now {
		phase, owed := t.State.Phase, t.State.Owed()
		t.Take("", record.Fact{Fact: gates.Fact{Kind: gates.TreeSeen, Task: t.State.Task, At: now, Tree: tree.Fingerprint}})
		if t.State.Phase != phase {
			since = nil
		}
		if !owed.Same(t.State.Owed()) {
			owedSince = nil
		}
	} else {
		tree.Fingerprint = t.State.Tree
	}
	s := TaskStatus{
		Task: quote.Clip(t.State.Task, quote.MaxTask), Worktree: quote.Clip(t.Worktree, quote.MaxPath), Phase: t.State.Phase, Since: since, Active: t.active,
		Tree: tree, Coder: shortAgent(t.State.Coder), Gates: []GateStatus{},
	}
	if o := t.State.Override; o != nil && o.Tree == t.State.Tree {
		s.Override = step.ClippedNames(o.Open)
	}
	for _, g := range t.State.Gates {
		s.Gates = append(s.Gates, t.gate(g))
	}
	if next := t.State.Owed(); next.Action != "" {
		s.Owed = &Owed{
			By: next.WaitsFor(), Action: next.Action, Why: next.Why, Gates: step.ClippedNames(next.Gates), Agent: shortAgent(next.Agent),
			Text: Waits(next), Since: owedSince,
		}
	}
	return s
}

func shortAgent(a gates.Agent) gates.Agent {
	return gates.Agent{ID: quote.Clip(a.ID, quote.MaxName), Type: quote.Clip(a.Type, quote.MaxName)}
}

// gate returns the state of one gate of the task.
func (t *trail) gate(g gates.GateState) GateStatus {
	s := GateStatus{
		Gate: quote.Clip(g.Name, quote.MaxName), Needed: g.Needed, Blocking: g.Blocking, Standing: t.State.Standing(g.Name), Attempts: g.Attempts, Fails: g.Fails,
		Issues: []string{}, AskedBy: []AskedFile{},
	}
	if g.Last != nil {
		issues, _ := quote.First(g.Last.Issues, maxIssuesListed)
		s.Answered, s.Issues = &g.Last.At, step.Clipped(issues)
	}
	for _, asked := range t.Asked() {
		if asked.Gate == g.Name {
			s.AskedBy = append(s.AskedBy, AskedFile{Kind: quote.Clip(asked.Kind, quote.MaxName), Path: asked.Path})
		}
	}
	return s
}

// Waits describes what a task waits for; "" for nothing. An agent and issues that are not known are left out.
func Waits(g gates.Step) string {
	names := shownAll(g.Gates)
	switch g.Action {
	case "":
		return ""
	case gates.Deploy:
		return "launch " + names + map[gates.Reason]string{
			gates.TreeChanged: ": the worktree has changed since it passed",
			gates.TreeUnknown: ": the worktree may have changed since it passed",
			gates.NoResult:    ": it ended without a result",
			gates.NoEvidence:  ": its transcript does not show that it did what it reported",
			gates.NotLaunched: ": nothing shows that the agent that passed was launched as that gate",
			gates.NoInput:     ": it lacked an input",
			gates.NoReceipt:   ": the worktree changed while it ran, or could not be read completely",
		}[g.Why]
	case gates.Resume:
		if g.Agent.ID == "" {
			return "send the issues from " + names + " to the coding agent"
		}
		return fmt.Sprintf("send %s from %s to the coding agent %s", quote.Plural(len(g.Issues), "issue"), names, shown(g.Agent.ID, quote.MaxName))
	case gates.Merge:
		if g.Why == gates.WordHeard {
			return "all gates passed, and a prompt has come since. Launch the branch-manager if the person approved the merge"
		}
		return "all gates passed. Launch the branch-manager if the person approved the merge"
	case gates.Resolve:
		return "resolve what the coding agent listed as unfinished"
	case gates.Supply:
		return "supply what the coding agent said it lacks"
	case gates.Wait:
		switch g.Why {
		case gates.ForGates:
			return names + " at work"
		case gates.ForBranchManager:
			return "branch-manager at work"
		case gates.NothingVerified:
			return "have a coding agent do the work: none is at work on it, and no work on it is verified"
		case gates.ForAnswer:
			return "branch-manager done. Who agreed to its launch is read when the turn ends"
		}
		return "coding agent at work"
	case gates.Present:
		if g.Why == gates.HeldOps {
			return "an ops agent changed files. Run the gates on them?"
		}
		return "all gates passed. Merge?"
	case gates.Unverified:
		if g.Why == gates.TreeUnknown {
			return "decide: the content of the worktree could not be determined"
		}
		return "decide: the coding agent's report could not be checked"
	}
	return "decide: " + step.Clause(step.WhyHeld(g))
}

// shownAll are names that came from others, in text for people.
func shownAll(names []string) string {
	list := quote.Each(names, func(name string) string { return shown(name, quote.MaxName) })
	return strings.Join(list, ", ")
}
