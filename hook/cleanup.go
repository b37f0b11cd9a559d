package hook

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Sweeper removes the artifacts of a plan from a worktree. An error means that it could not begin.
type Sweeper func(ctx context.Context, s Sweeping) (artifact.Result, error)

// Sweeping is what a Sweeper is to do.
type Sweeping struct {
	Place worktree.Place
	Plan  artifact.Plan
	// DryRun asks what would be done, and for nothing to be.
	DryRun bool
	// Key names the journal beside which the trash stands, and ID what is removed in it.
	Key, ID string
}

// Cleanup is what became of the artifacts that stood in a worktree.
type Cleanup struct {
	// Skipped says why nothing was removed at all; "" where the artifacts were gone through one by one.
	Skipped string            `json:"skipped"`
	Removed []RemovedArtifact `json:"removed"`
	Kept    []KeptArtifact    `json:"kept"`
	Failed  []FailedArtifact  `json:"failed"`
	// Trash is the id by which stopgate restore brings back what git does not ignore; "" where nothing of that kind was removed.
	Trash string `json:"trash,omitempty"`
	// The totals count what was left out of the lists, too.
	RemovedTotal int `json:"removed_total"`
	KeptTotal    int `json:"kept_total"`
	FailedTotal  int `json:"failed_total"`
}

// RemovedArtifact is gone.
type RemovedArtifact struct {
	Path string `json:"path"`
	// Files and Bytes are what was in it, or it.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Trashed tells that it is in the trash, since git does not ignore it.
	Trashed bool `json:"trashed,omitempty"`
}

// KeptArtifact looked like one and stays.
type KeptArtifact struct {
	Path   string          `json:"path"`
	Reason artifact.Reason `json:"reason"`
	// By is the path that it is kept for; "" where it is kept for itself.
	By string `json:"by"`
}

// FailedArtifact is still there, at least in part.
type FailedArtifact struct {
	Path string `json:"path"`
	// At is where it first failed, Error why, Left how many entries are left.
	At    string `json:"at"`
	Error string `json:"error"`
	Left  int    `json:"left"`
}

// clean sweeps the worktree of a judged stop; nil where there was nothing to sweep.
func (r *Runner) clean(ctx context.Context, c Case, key string) *Cleanup {
	l := c.Leftovers
	switch {
	case r.Sweep == nil || !c.Verdict.Cleans():
		return nil
	case l.Skipped != "":
		return &Cleanup{Skipped: l.Skipped, KeptTotal: len(c.Survey.Candidates)}
	case len(l.Plan.Remove) == 0 && len(l.Plan.Kept) == 0:
		return nil
	}
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := r.Sweep(ctx, Sweeping{Place: c.Site.Place, Plan: l.Plan, Key: key, ID: c.StepID})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v\n", err)
		return &Cleanup{Skipped: err.Error(), KeptTotal: len(c.Survey.Candidates)}
	}
	return newCleanup(result, c.StepID)
}

// cleanAfterTests removes what the test-runner's own runs left, since it would count for the tree that it passes and no agent could take
// it back: reports that git does not ignore and that are newer than its launch. No other agent of the protocol is at work by then. Nil
// where there was nothing to remove.
func (r *Runner) cleanAfterTests(ctx context.Context, ledger *ledger, o protocolAgent, survey worktree.Survey, id string) *Cleanup {
	if r.Sweep == nil || o.role != launch.GateRole || config.Role(launch.BaseName(o.gate)) != config.RoleTests || o.launch == nil || o.launch.At.IsZero() || survey.Incomplete != "" {
		return nil
	}
	rules := artifactRules(ledger.config(ctx))
	protected := artifact.Protected{Rules: rules, Kept: protectedChanges(rules, survey.States)}
	var own []worktree.Candidate
	for _, c := range survey.Candidates {
		if !c.Ignored && !c.Oldest.IsZero() && c.Oldest.After(o.launch.At) {
			own = append(own, c)
		}
	}
	plan := artifact.MakePlan(seenArtifacts(own), protected)
	if len(plan.Remove) == 0 {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := r.Sweep(ctx, Sweeping{Place: o.place, Plan: plan, Key: ledger.grounds.Key(), ID: id})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v\n", err)
		return nil
	}
	return newCleanup(result, id)
}

// Clean removes the artifacts of a worktree because a person asks for it: whoever left them, and whenever. What git tracks and what
// else is protected for itself stays.
func Clean(ctx context.Context, observe Observer, sweep Sweeper, dir string, dryRun bool, now time.Time) (Cleanup, error) {
	grounds, err := site.GroundsAt(dir)
	if err != nil {
		return Cleanup{}, err
	}
	place := *grounds.Repository
	rules := artifactRules(site.ReadSettings(ctx, observe, grounds, io.Discard).Config)
	survey := observe.Survey(ctx, place, worktree.Base{}, scanOptions(rules))
	if survey.Incomplete != "" {
		return Cleanup{}, fmt.Errorf("searching the worktree %q: %s", place.Root, survey.Incomplete)
	}
	// The names of steps hold no hyphen.
	id := "clean-" + now.UTC().Format("20060102-150405")
	plan := artifact.MakePlan(seenArtifacts(survey.Candidates), artifact.Protected{Rules: rules, Kept: protectedChanges(rules, survey.States)})
	result, err := sweep(ctx, Sweeping{Place: place, Plan: plan, DryRun: dryRun, Key: grounds.Key(), ID: id})
	if err != nil {
		return Cleanup{}, err
	}
	return *newCleanup(result, id), nil
}

// newCleanup is what a sweep did; id is under what the trash keeps it.
func newCleanup(result artifact.Result, id string) *Cleanup {
	c := &Cleanup{RemovedTotal: len(result.Removed), KeptTotal: len(result.Kept), FailedTotal: len(result.Failed)}
	for _, r := range result.Removed {
		c.Removed = append(c.Removed, RemovedArtifact{Path: r.Path, Files: r.Files, Bytes: r.Bytes, Trashed: !r.Ignored})
		if !r.Ignored {
			c.Trash = id
		}
	}
	for _, k := range result.Kept {
		c.Kept = append(c.Kept, KeptArtifact{Path: k.Path, Reason: k.Reason, By: k.By})
	}
	for _, f := range result.Failed {
		c.Failed = append(c.Failed, FailedArtifact{Path: f.Path, At: f.At, Error: f.Err.Error(), Left: f.Left})
	}
	return c.first(c.RemovedTotal + c.KeptTotal + c.FailedTotal)
}

// first is the cleanup with no more than that many entries in each list; nil stays nil.
func (c *Cleanup) first(limit int) *Cleanup {
	if c == nil {
		return nil
	}
	short := *c
	short.Removed, _ = quote.First(c.Removed, limit)
	short.Kept, _ = quote.First(c.Kept, limit)
	short.Failed, _ = quote.First(c.Failed, limit)
	return &short
}

// WriteJSON writes the cleanup as one JSON object (schema cleanup).
func (c Cleanup) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, quote.JSON(c)+"\n")
	return err
}

// WriteText writes the cleanup for people: a line for each artifact and one that counts them, the same for what is done as for what a dry
// run says would be.
func (c Cleanup) WriteText(w io.Writer) error {
	var b strings.Builder
	var bytes int64
	for _, r := range c.Removed {
		bytes += r.Bytes
		trash := ""
		if r.Trashed {
			trash = ", to the trash"
		}
		fmt.Fprintf(&b, "remove %s (%s, %s%s)\n", quote.String(r.Path, quote.MaxPath), quote.Plural(r.Files, "file"), quote.Plural(int(r.Bytes), "byte"), trash)
	}
	for _, k := range c.Kept {
		fmt.Fprintf(&b, "keep   %s, which %s", quote.String(k.Path, quote.MaxPath), k.Reason.Explain())
		if k.By != "" {
			fmt.Fprintf(&b, ": %s", quote.String(k.By, quote.MaxPath))
		}
		b.WriteByte('\n')
	}
	for _, f := range c.Failed {
		fmt.Fprintf(&b, "fail   %s, of which %s: %s: %s\n", quote.String(f.Path, quote.MaxPath), left(f.Left), quote.String(f.At, quote.MaxPath), quote.Line(f.Error))
	}
	fmt.Fprintf(&b, "remove %s of %s, keep %d, fail %d\n", quote.Plural(c.RemovedTotal, "artifact"), quote.Plural(int(bytes), "byte"), c.KeptTotal, c.FailedTotal)
	if c.Trash != "" {
		fmt.Fprintf(&b, "stopgate restore %s brings back what is in the trash\n", c.Trash)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// left is "1 entry is left" and "2 entries are left".
func left(n int) string {
	if n == 1 {
		return "1 entry is left"
	}
	return fmt.Sprintf("%d entries are left", n)
}

// sentence is the cleanup as the orchestrator reads it.
func (c *Cleanup) sentence() string {
	if c.Skipped != "" {
		return fmt.Sprintf("Artifacts of the agent's tools: %d left where they are, because %s.", c.KeptTotal, quote.Line(c.Skipped))
	}
	var parts []string
	part := func(what string, total int, shown []string) {
		if total > 0 {
			parts = append(parts, fmt.Sprintf("%s %d (%s)", what, total, strings.Join(shown, ", ")+quote.AndMore(total-len(shown))))
		}
	}
	var removed, kept, failed []string
	for _, r := range c.Removed {
		removed = append(removed, quote.String(r.Path, quote.MaxPath))
	}
	for _, k := range c.Kept {
		kept = append(kept, quote.String(k.Path, quote.MaxPath)+" "+k.Reason.Explain())
	}
	for _, f := range c.Failed {
		failed = append(failed, quote.String(f.At, quote.MaxPath)+": "+quote.String(f.Error, quote.MaxReason))
	}
	part("removed", c.RemovedTotal, removed)
	part("kept", c.KeptTotal, kept)
	part("could not remove", c.FailedTotal, failed)
	sentence := "Artifacts of the agent's tools: " + strings.Join(parts, "; ") + "."
	if c.Trash != "" {
		trashed := 0
		for _, r := range c.Removed {
			if r.Trashed {
				trashed++
			}
		}
		sentence += fmt.Sprintf(" Git does not ignore %d of those removed; stopgate restore %s brings them back.", trashed, c.Trash)
	}
	return sentence
}
