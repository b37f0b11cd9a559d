package figures

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// Reader turns the records of one repository into events. It must get every record, in the order of the journal, because one record alone
// does not say which task its agent works on or what a fact changes.
type Reader struct {
	repository string
	reports    bool
	tasks      record.Tasks
	known      int // how many tasks there are
	agents     map[agentKey]*agent
	// unnamed means that events get no id, which takes longer to compute than all else.
	unnamed bool
	// same counts the records that are equal byte for byte, by their digest.
	same map[string]int
}

type agentKey struct{ session, id string }

// agent has what the records so far say about an agent.
type agent struct {
	agentType, task string
	// back is the last stop, if the agent was sent back with it in the present run; otherwise nil.
	back *sentBack
}

type sentBack struct {
	rules           []string // that blocked
	report, touched string   // digests; "" for a report that is not kept
}

// Bounds on one event.
const (
	maxRules    = 20
	maxGates    = 20
	maxMessages = 20       // messages of findings, and issues
	maxText     = 16 << 10 // bytes of a message or a report
)

// Bounds on a journal. A task takes some kilobytes, an agent some hundred bytes.
const (
	maxTasks  = 50_000
	maxAgents = 1_000_000
)

// errMany means that a journal is larger than any work of agents makes it.
var errMany = fmt.Errorf("the journal has more than %d tasks or %d agents", maxTasks, maxAgents)

// NewReader starts at the beginning of the journal of a repository. caps bound how often its gates may send work back. With reports, events
// have the words of agents and people.
func NewReader(repository string, caps gates.Caps, reports bool) *Reader {
	return &Reader{
		repository: repository, reports: reports, tasks: record.FoldTasks(nil, caps), agents: map[agentKey]*agent{}, same: map[string]int{},
	}
}

// Event adds the next record and returns its event.
func (r *Reader) Event(rec journal.Record) Event {
	e := Event{
		Stopgate: EventVersion, At: rec.At.UTC(), Repository: r.repository, Kind: name(rec.Kind), Session: name(rec.Session),
		Agent: name(rec.Agent), AgentType: name(rec.AgentType), Task: task(rec.Task),
	}
	if !r.unnamed {
		e.ID = r.id(rec)
	}
	a := &agent{}
	if rec.Agent != "" {
		key := agentKey{rec.Session, rec.Agent}
		if a = r.agents[key]; a == nil {
			a = &agent{}
			r.agents[key] = a
		}
		a.agentType, a.task = cmp.Or(e.AgentType, a.agentType), cmp.Or(e.Task, a.task)
		e.AgentType, e.Task = a.agentType, a.task
	}
	if err := r.data(&e, a, rec); err != nil {
		e.Unreadable = true
	}
	return e
}

// id names a record by what it says. Of equal ones, each has another name.
func (r *Reader) id(rec journal.Record) string {
	raw := quote.JSON(rec)
	digest := quote.Digest(r.repository, raw)
	n := r.same[digest]
	r.same[digest] = n + 1
	if n > 0 {
		return quote.Digest(r.repository, raw, fmt.Sprint(n))
	}
	return digest
}

// data adds the fields that depend on the kind of record.
func (r *Reader) data(e *Event, a *agent, rec journal.Record) error {
	switch rec.Kind {
	case record.KindStart:
		a.back = nil
	case record.KindLaunch:
		var l struct { // without the long rest
			Role     launch.Role
			Worktree string
		}
		if err := json.Unmarshal(rec.Data, &l); err != nil {
			return err
		}
		e.Role, e.Task = name(string(l.Role)), cmp.Or(e.Task, task(l.Worktree))
	case record.KindStop:
		var s record.Stop
		if err := json.Unmarshal(rec.Data, &s); err != nil {
			return err
		}
		r.stop(e, a, s)
	case record.KindDenial:
		var d record.Denial
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return err
		}
		e.Tool, e.Observed = name(d.Tool), d.Observed
		r.findings(e, d.Findings)
	case record.KindGit:
		g, ok := record.ReadGit(rec)
		if !ok {
			return fmt.Errorf("a git record without a command")
		}
		e.Outcome = name(string(g.Outcome))
		r.words(e, g.Command)
	case record.KindFact:
		var f record.Fact
		if err := json.Unmarshal(rec.Data, &f); err != nil {
			return err
		}
		r.fact(e, rec.Session, f)
	}
	return nil
}

func (r *Reader) stop(e *Event, a *agent, s record.Stop) {
	e.Verdict, e.Task = name(string(s.Verdict)), cmp.Or(e.Task, task(s.Worktree))
	rejected := s.Verdict == rule.Rejected
	e.SentBack, e.Observed = rejected && s.Step == nil, rejected && s.Step != nil // a rejected agent with a step was not sent back
	e.First = s.Fingerprint != "" && a.back == nil                                // only the stops of coding agents have a fingerprint
	r.findings(e, s.Findings)
	for _, f := range s.Findings {
		if strings.HasPrefix(string(f.Rule), "claim-") && f.Severity != rule.Note {
			e.Unproven++
		}
	}
	e.Claims = claims(s.Report)
	if s.Cleanup != nil {
		e.Artifacts = max(s.Cleanup.RemovedTotal, 0)
		for _, removed := range s.Cleanup.Removed {
			e.Files += max(removed.Files, 0)
			e.Bytes += max(removed.Bytes, 0)
		}
	}
	now := &sentBack{rules: quote.Each(rule.Names(rule.Of(s.Findings, rule.Block)), name), report: reportDigest(s.Report), touched: quote.Digest(s.Touched...)}
	if a.back != nil {
		e.Mended = mended(a.back, now)
	}
	if a.back = nil; e.SentBack {
		a.back = now
	}
	if r.reports {
		if len(s.Report) <= maxText {
			e.Report = s.Report
		} else {
			e.Message = clipText(string(s.Report))
		}
		e.Message = cmp.Or(e.Message, clipText(s.Message))
	}
}

// claims returns how many files a report lists; 0 if there is no list.
func claims(raw json.RawMessage) int {
	var list struct {
		FilesModified []json.RawMessage `json:"files_modified"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &list) != nil {
		return 0
	}
	return len(list.FilesModified)
}

// reportDigest names what a report says, however it is laid out; "" for none.
func reportDigest(raw json.RawMessage) string {
	var b bytes.Buffer
	if len(raw) == 0 || json.Compact(&b, raw) != nil {
		return ""
	}
	return quote.Digest(b.String())
}

// mended returns the rules that blocked before and do not now, and where that was fixed.
func mended(before, now *sentBack) []Mend {
	where := InBoth
	switch {
	case before.report == "" && now.report == "":
		where = InUnknown
	case before.report == now.report:
		where = InWork
	case before.touched == now.touched:
		where = InReport
	}
	var all []Mend
	for _, n := range before.rules {
		if !slices.Contains(now.rules, n) && len(all) < maxRules {
			all = append(all, Mend{n, where})
		}
	}
	return all
}

// findings adds findings, each rule and severity once.
func (r *Reader) findings(e *Event, findings []rule.Finding) {
	for _, f := range findings {
		n, severity := name(string(f.Rule)), name(string(f.Severity))
		i := slices.IndexFunc(e.Rules, func(c RuleCount) bool { return c.Rule == n && c.Severity == severity })
		switch {
		case i >= 0:
			e.Rules[i].Count++
		case len(e.Rules) < maxRules:
			e.Rules = append(e.Rules, RuleCount{Rule: n, Severity: severity, Count: 1, Path: quote.Line(quote.Clip(f.Path, quote.MaxPath))})
		}
		if r.reports && len(e.Findings) < maxMessages {
			e.Findings = append(e.Findings, quote.Clip(quote.Line(f.Line()), quote.MaxIssue))
		}
	}
}

// fact adds what happened to a task, and what that changed.
func (r *Reader) fact(e *Event, session string, f record.Fact) {
	e.Fact, e.Gate, e.Outcome = gates.Kind(name(string(f.Fact.Kind))), name(f.Fact.Gate), name(string(f.Fact.Outcome))
	e.Verdict = name(string(f.Fact.Verdict))
	if r.tasks.Find(f.Fact.Task) == nil {
		r.known++
	}
	t := r.tasks.Task(f.Fact.Task)
	before := standings(t.State)
	override, phase := t.State.Override, t.State.Phase
	t.Take(session, f)
	now := standings(t.State)
	for _, s := range now {
		if s.Standing == string(gates.StandingVoid) && slices.Contains(before, Standing{s.Gate, string(gates.StandingPass)}) {
			e.Voided = append(e.Voided, s.Gate)
		}
	}
	e.Task = task(cmp.Or(t.State.Task, f.Fact.Task))
	e.Phase, e.Gates = string(t.State.Phase), now
	owed := t.State.Owed()
	e.WaitsFor, e.Waits = owed.WaitsFor(), waiting(owed)
	e.Overridden = override == nil && t.State.Override != nil
	ended := phase != gates.Done && t.State.Phase == gates.Done
	e.Closed = ended && f.Fact.Kind == gates.Closed
	e.Merged = ended && (f.Fact.Kind == gates.BranchManagerDone || f.Fact.Kind == gates.MergedByHand)
	r.words(e, append([]string{f.Fact.Why}, append(slices.Clone(f.Fact.Issues), f.Fact.Contradictions...)...)...)
}

func standings(s gates.State) []Standing {
	var all []Standing
	for _, g := range s.Gates {
		if len(all) < maxGates {
			all = append(all, Standing{name(g.Name), string(s.Standing(g.Name))})
		}
	}
	return all
}

// waiting returns what a task waits for, in few words; "" for nothing.
func waiting(owed gates.Step) string {
	if owed.Action == "" {
		return ""
	}
	names, omitted := quote.First(owed.Gates, maxGates)
	list := quote.Each(names, name)
	what := strings.TrimSpace(string(owed.Action) + " " + strings.Join(list, ", ") + quote.AndMore(omitted))
	if owed.Why != "" {
		what += " (" + string(owed.Why) + ")"
	}
	return what
}

// words adds the words of others, if they were requested.
func (r *Reader) words(e *Event, all ...string) {
	for _, w := range all {
		if r.reports && w != "" && len(e.Words) < maxMessages {
			e.Words = append(e.Words, quote.Clip(quote.Line(w), quote.MaxIssue))
		}
	}
}

func name(s string) string {
	return quote.Line(quote.Clip(strings.ToValidUTF8(s, "\uFFFD"), quote.MaxName))
}

func task(s string) string {
	return quote.Line(quote.Clip(strings.ToValidUTF8(s, "\uFFFD"), quote.MaxTask))
}

func clipText(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// Journals are events as they were read, with the number of lines that are no records.
type Journals struct {
	Events  []Event
	Damaged int
}

// Read adds the records of a journal, up to its end. caps and reports are as for NewReader.
func (r *Journals) Read(ctx context.Context, book *journal.Journal, caps gates.Caps, reports bool) error {
	damaged, err := NewReader(filepath.Base(book.Folder()), caps, reports).each(ctx, book, func(e Event) { r.Events = append(r.Events, e) })
	r.Damaged += damaged
	return err
}

// each passes on the events of a journal, up to its end. It returns the number of lines that are no records. It fails if there are too many tasks.
func (r *Reader) each(ctx context.Context, book *journal.Journal, pass func(Event)) (damaged int, err error) {
	end, damaged, err := book.ToEnd(ctx, journal.Cursor{}, func(records []journal.Record) error {
		for _, rec := range records {
			if r.known > maxTasks || len(r.agents) > maxAgents {
				return errMany
			}
			pass(r.Event(rec))
		}
		return nil
	})
	if err == nil && end.Unfinished() {
		damaged++
	}
	return damaged, err
}

// Sort puts the events of several journals in the order of time.
func (r *Journals) Sort() {
	slices.SortStableFunc(r.Events, func(a, b Event) int { return a.At.Compare(b.At) })
}

// State names what journals and exports hold, by the sizes and times of their files. A file that is removed meanwhile is a change as well.
func State(books []*journal.Journal, exports []string) (string, error) {
	var parts []string
	add := func(info os.FileInfo, err error) {
		if err == nil {
			parts = append(parts, fmt.Sprint(info.Name(), info.Size(), info.ModTime().UnixNano()))
		}
	}
	for _, name := range exports {
		add(os.Stat(name))
	}
	for _, book := range books {
		parts = append(parts, book.Folder())
		entries, err := os.ReadDir(book.Folder())
		if err != nil {
			return "", fmt.Errorf("looking for what is new: %w", err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".jsonl") {
				add(entry.Info())
			}
		}
	}
	return quote.Digest(parts...), nil
}
