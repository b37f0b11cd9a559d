package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/sarif"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/style"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// resultVersion is the form of Result, held by schema/result.schema.json.
const resultVersion = "result/1"

// Result is what a report is worth.
type Result struct {
	Stopgate string       `json:"stopgate"`
	Verdict  rule.Verdict `json:"verdict"`
	// Report is the report as it was written; null where there is none that is JSON.
	Report   json.RawMessage `json:"report"`
	Files    []judge.File    `json:"files"`
	Findings []rule.Finding  `json:"findings"`
	// Step is what the orchestrator would be owed; null for a report that would be sent back.
	Step *step.Step `json:"step"`
	// Warning tells a person that their configuration does not count; "" where it does.
	Warning string `json:"-"`

	// Task and Worktree are what a person knows the work by; "" where the report names none.
	Task     string `json:"-"`
	Worktree string `json:"-"`
}

// NewResult is what a judged case comes to.
func NewResult(c judge.Case) Result {
	result := Result{
		Stopgate: resultVersion, Verdict: c.Verdict, Report: c.Submission.Report.Raw,
		Step: step.Next(c), Task: c.Task(), Worktree: c.WorktreeName(),
	}
	result.Files, _ = quote.First(c.Files, len(c.Files))
	result.Findings, _ = quote.First(c.Findings, len(c.Findings))
	return result
}

// HoldsReport tells whether a message holds a report, whatever it is worth.
func HoldsReport(message string) bool { return report.Find(message).Kind == report.KindReport }

// Check judges a message as if it were the first stop of an agent of whom nothing else is known, against a revision as gitrevisions(7)
// spells it; "" stands for HEAD. What the repository configures holds, as it does for an agent. It changes nothing.
func Check(ctx context.Context, observe judge.Observer, grounds site.Grounds, revision, message string) Result {
	settings := site.ReadSettings(ctx, observe, grounds, io.Discard)
	conf := settings.Config
	grounds = grounds.WithTrees(conf.Worktrees)
	c := judge.Stop(ctx, observe, nil, judge.Inquiry{
		Grounds: grounds, Revision: revision, Submission: judge.ReadSubmission(message, nil), Agent: &transcript.Agent{}, Rules: cleanup.Rules(conf),
	})
	c.Commands, c.Coverage = conf.Commands, conf.Coverage
	c.Verdict = judge.Decide(c.Submission, c.Findings, nil, conf.Caps.Attempts)
	c.Ordered = (&record.Task{}).Take("", record.CoderFact(c, conf, time.Time{}))
	result := NewResult(c)
	result.Warning = settings.Warning()
	return result
}

// JSON is the result as one JSON object, on one line without its end.
func (r Result) JSON() string { return quote.JSON(r) }

// WriteJSON writes the result as one JSON object.
func (r Result) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, r.JSON()+"\n")
	return err
}

// WriteSARIF writes the findings as a SARIF log. version is the program's.
func (r Result) WriteSARIF(w io.Writer, version string) error {
	return sarif.Write(w, version, r.Findings)
}

// WriteAnnotations writes the findings as annotations of a GitHub workflow.
func (r Result) WriteAnnotations(w io.Writer) error { return sarif.Annotate(w, r.Findings) }

// WriteText writes the result for people: the verdict, a line for each file, a line for each finding, what comes next.
func (r Result) WriteText(w io.Writer, look style.Style) error {
	var b strings.Builder
	b.WriteString(look.Verdict(r.Verdict, string(r.Verdict)))
	if r.Task != "" {
		fmt.Fprintf(&b, "  %s", quote.String(r.Task, quote.MaxTask))
	}
	if r.Worktree != "" {
		fmt.Fprintf(&b, "  %s", quote.String(r.Worktree, quote.MaxPath))
	}
	b.WriteByte('\n')
	for _, f := range r.Files {
		fmt.Fprintf(&b, "  %-10s %s%s\n", f.Change, quote.String(f.Path, quote.MaxPath), map[bool]string{false: ", not listed"}[f.Claimed])
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %-5s %s\n", f.Severity, f.Line())
	}
	if r.Step != nil {
		fmt.Fprintf(&b, "next: %s\n", r.Step.Summary())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Clean removes the artifacts of a worktree because a person asks for it, whoever left them and however old they are. Tracked files and
// other protected ones stay. It fails if the worktree cannot be searched completely.
func Clean(ctx context.Context, observe judge.Observer, sweep cleanup.Sweeper, dir string, dryRun bool, now time.Time) (cleanup.Outcome, error) {
	grounds, err := site.GroundsAt(dir)
	if err != nil {
		return cleanup.Outcome{}, err
	}
	place := *grounds.Repository
	rules := cleanup.Rules(site.ReadSettings(ctx, observe, grounds, io.Discard).Config)
	survey := observe.Survey(ctx, place, worktree.Base{}, cleanup.ScanOptions(rules))
	if survey.Incomplete != "" {
		return cleanup.Outcome{}, fmt.Errorf("searching the worktree %q: %s", place.Root, survey.Incomplete)
	}
	id := "clean-" + now.UTC().Format("20060102-150405") // the ids of steps have no hyphen
	plan := artifact.MakePlan(cleanup.Seen(survey.Candidates), artifact.Protected{Rules: rules, Kept: cleanup.ProtectedChanges(rules, survey.States)})
	result, err := sweep(ctx, cleanup.Sweeping{Place: place, Plan: plan, DryRun: dryRun, Key: grounds.Key(), ID: id})
	if err != nil {
		return cleanup.Outcome{}, err
	}
	done := *cleanup.NewOutcome(result, id)
	if dryRun {
		done.Trash = "" // nothing was put there
	}
	return done, nil
}

// Close ends an open task of the repository at dir because a person says so, whatever it waits for. It returns the task's own name.
func (r *Runner) Close(ctx context.Context, dir, task, reason string) (name string, err error) {
	grounds := site.GroundsOf("", dir)
	r.GivenGrounds = &grounds
	s := r.Scene(host.Event{})
	known := s.Journal().AllTasks(ctx, record.CapsOf(s.Config(ctx))).Find(task)
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("reading the journal: %w", err)
	}
	switch {
	case known == nil || known.State.Phase == "":
		return "", fmt.Errorf("no task is called %s", quote.String(task, quote.MaxTask))
	case known.State.Phase == gates.Done:
		return "", fmt.Errorf("task %s is done already", quote.String(known.State.Task, quote.MaxTask))
	}
	name = known.State.Task
	scene.UpdateTask(ctx, s, name, func(t *record.Task) (struct{}, []record.Entry) {
		fact := record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}}
		return struct{}{}, []record.Entry{fact.Entry()}
	})
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, nil
}
