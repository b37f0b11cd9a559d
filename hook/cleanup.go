package hook

import (
	"context"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/report"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Sweeper removes the artifacts of a plan from a worktree; with dryRun it tells what that would do. An error means that it could not
// begin.
type Sweeper func(ctx context.Context, place worktree.Place, plan artifact.Plan, dryRun bool) (artifact.Result, error)

// Cleanup is what became of the artifacts that stood in a worktree.
type Cleanup struct {
	// Skipped says why nothing was removed at all; "" where the artifacts were gone through one by one.
	Skipped string            `json:"skipped"`
	Removed []RemovedArtifact `json:"removed"`
	Kept    []KeptArtifact    `json:"kept"`
	Failed  []FailedArtifact  `json:"failed"`
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

// artifactRules are what counts as an artifact by a configuration.
func artifactRules(c config.Config) artifact.Rules {
	rules := artifact.Rules{}
	for _, a := range c.Artifacts.Add {
		rules.Add = append(rules.Add, artifact.Pattern{Name: a.Name, Dir: a.Dir, Tool: "this project's tools", Source: config.FileName})
	}
	if len(c.Artifacts.Protect) > 0 {
		rules.Protect = c.Artifacts.Protects
	}
	return rules
}

// scanOptions are how a worktree is walked: without the directories that the seed leaves alone, and with an eye for what tools leave
// behind.
func scanOptions(rules artifact.Rules) worktree.ScanOptions {
	return worktree.ScanOptions{Exclude: artifact.Excluded, Candidates: rules.Candidate}
}

// seenArtifacts are a walk's candidates as a plan is made of them.
func seenArtifacts(candidates []worktree.Candidate) []artifact.Seen {
	seen := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		seen[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Files: c.Files, Bytes: c.Size, Tracked: c.Tracked, Staged: c.Staged,
			Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository,
		}
	}
	return seen
}

// artifactsPresent are the candidates that were there when the agent was launched: whatever they are, they are not its own. Never nil.
func artifactsPresent(rules artifact.Rules, candidates []worktree.Candidate) []worktree.Name {
	present := []worktree.Name{}
	for _, name := range artifact.MakePlan(seenArtifacts(candidates), artifact.Protected{Rules: rules}).Present() {
		present = append(present, worktree.Name(name))
	}
	return present
}

// Leftovers are the artifacts that an agent's stop found, and what may be done with them.
type Leftovers struct {
	Plan artifact.Plan
	// Skipped says why none may be removed; the Plan is empty then.
	Skipped string
}

// leftovers decides what of the artifacts may go. It is pure but for what in asks.
func leftovers(in Inquiry, seen Evidence) Leftovers {
	if len(seen.Survey.Candidates) == 0 {
		return Leftovers{}
	}
	before := in.Launch
	if in.Run != nil {
		before = in.Run
	}
	switch {
	case seen.Base != baseLaunch:
		return Leftovers{Skipped: "nobody knows which of them were there before the agent was launched"}
	case before.Snapshot.Incomplete != "" || before.Artifacts == nil:
		return Leftovers{Skipped: "not all that was there when the agent was launched is known"}
	case seen.Survey.Incomplete != "":
		return Leftovers{Skipped: "the worktree could not be searched whole"}
	case !knowsEdits(in.Agent):
		return Leftovers{Skipped: "the transcript does not tell all that the agent itself wrote"}
	}
	protected := artifact.Protected{Rules: in.Rules, Claimed: in.Reported, Written: written(in.Agent, seen.names)}
	for _, rival := range seen.Rivals {
		if rival.Running {
			return Leftovers{Skipped: "another agent is still at work in this worktree"}
		}
		protected.Claimed = append(protected.Claimed, rival.Files...)
	}
	for _, r := range append(slices.Clone(in.Earlier), in.Submission.Report) { // sources are no leftovers because they are off the list
		for _, c := range readClaims(r, seen.Site.Place.Root) {
			protected.Claimed = append(protected.Claimed, c.Path, strings.TrimSuffix(c.Means, "/"))
		}
	}
	if in.Orchestrator != nil {
		protected.Written = append(protected.Written, in.Orchestrator(seen.Site.Place)...)
	}
	for _, name := range before.Artifacts {
		protected.Before = append(protected.Before, string(name))
	}
	// What git tracked then, or showed as untracked, is not the agent's for being neither tracked nor shown now.
	for _, dirty := range before.Snapshot.Dirty {
		protected.Before = append(protected.Before, string(dirty.Name))
	}
	protected.Before = append(protected.Before, seen.Survey.Committed...)
	// What was moved since has another name, and is as old as it was.
	for _, c := range seen.Survey.Candidates {
		if !c.Oldest.IsZero() && c.Oldest.Before(before.At.Add(-clockStep)) {
			protected.Before = append(protected.Before, c.Path)
		}
	}
	return Leftovers{Plan: artifact.MakePlan(seenArtifacts(seen.Survey.Candidates), protected)}
}

// clockStep is how far the clock of a file system may lag behind that of the process.
const clockStep = 100 * time.Millisecond

// knowsEdits tells whether a transcript tells of every edit of the agent.
func knowsEdits(agent *transcript.Agent) bool {
	return agent.Lines > 0 && agent.DroppedToolUses == 0 && agent.Skipped.Malformed == 0 && agent.Skipped.TooLong == 0
}

// written are the files of the worktree that an agent's own tools wrote, or tried to, by their names and by where symbolic links lead
// to. roots are the names that the worktree goes by.
func written(agent *transcript.Agent, roots []string) []string {
	var paths []string
	for _, use := range agent.ToolUses {
		if use.Edits() && use.Path != "" {
			name := filepath.FromSlash(use.Path)
			if !filepath.IsAbs(name) {
				name = filepath.Join(agent.CWD, name)
			}
			paths = append(paths, relativeTo(roots, name))
			if real, err := filepath.EvalSymlinks(name); err == nil {
				paths = append(paths, relativeTo(roots, real))
			} else if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
				paths = append(paths, relativeTo(roots, filepath.Join(dir, filepath.Base(name))))
			}
		}
	}
	return paths
}

// verifyCleaned holds artifacts_cleaned against what is still there.
func verifyCleaned(r report.Report, seen Evidence) []Finding {
	if !r.Cleaned {
		return nil
	}
	removable := map[string]bool{}
	for _, removal := range seen.Leftovers.Plan.Remove {
		removable[removal.Path] = true
	}
	listed := map[string]bool{}
	for _, entry := range r.ArtifactsCleaned {
		listed[path.Clean(filepath.ToSlash(entry))] = true
	}
	var left []string
	for _, c := range seen.Survey.Candidates {
		if removable[c.Path] || listed[c.Path] {
			left = append(left, c.Path)
		}
	}
	if len(left) == 0 {
		return nil
	}
	first, omitted := firstOf(left, maxUnsureShown)
	return []Finding{{
		Rule: ArtifactLeft, Severity: Note,
		Message: fmt.Sprintf("artifacts_cleaned says that the artifacts were removed, but %s still there when the agent stopped: %s", were(len(left)), quoteAll(first, omitted)),
	}}
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

// cleans tells whether a stop with that verdict is followed by a sweep: not while the agent is sent back, for it may need what its
// tools left, and not where nobody knows what the report is worth.
func (v Verdict) cleans() bool { return v == Verified || v == Capped || v == Incomplete }

// clean sweeps the worktree of a judged stop; nil where there was nothing to sweep.
func (r *Runner) clean(ctx context.Context, c Case) *Cleanup {
	l := c.Leftovers
	switch {
	case r.Sweep == nil || !c.Verdict.cleans():
		return nil
	case l.Skipped != "":
		return &Cleanup{Skipped: l.Skipped, KeptTotal: len(c.Survey.Candidates)}
	case len(l.Plan.Remove) == 0 && len(l.Plan.Kept) == 0:
		return nil
	}
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := r.Sweep(ctx, c.Site.Place, l.Plan, false)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v\n", err)
		return &Cleanup{Skipped: err.Error(), KeptTotal: len(c.Survey.Candidates)}
	}
	return newCleanup(result)
}

// Clean removes the artifacts of a worktree because a person asks for it: whoever left them, and whenever. What git tracks and what
// else is protected for itself stays.
func Clean(ctx context.Context, observe Observer, sweep Sweeper, dir string, dryRun bool) (Cleanup, error) {
	grounds, err := GroundsAt(dir)
	if err != nil {
		return Cleanup{}, err
	}
	place := *grounds.Repository
	rules := artifactRules(readSettings(ctx, observe, grounds, io.Discard).Config)
	survey := observe.Survey(ctx, place, worktree.Base{}, scanOptions(rules))
	if survey.Incomplete != "" {
		return Cleanup{}, fmt.Errorf("searching the worktree %q: %s", place.Root, survey.Incomplete)
	}
	result, err := sweep(ctx, place, artifact.MakePlan(seenArtifacts(survey.Candidates), artifact.Protected{Rules: rules}), dryRun)
	if err != nil {
		return Cleanup{}, err
	}
	return *newCleanup(result), nil
}

func newCleanup(result artifact.Result) *Cleanup {
	c := &Cleanup{RemovedTotal: len(result.Removed), KeptTotal: len(result.Kept), FailedTotal: len(result.Failed)}
	for _, r := range result.Removed {
		c.Removed = append(c.Removed, RemovedArtifact{Path: r.Path, Files: r.Files, Bytes: r.Bytes})
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
	short.Removed, _ = firstOf(c.Removed, limit)
	short.Kept, _ = firstOf(c.Kept, limit)
	short.Failed, _ = firstOf(c.Failed, limit)
	return &short
}

// WriteJSON writes the cleanup as one JSON object (schema cleanup).
func (c Cleanup) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, toJSON(c)+"\n")
	return err
}

// WriteText writes the cleanup for people: a line for each artifact and one that counts them.
func (c Cleanup) WriteText(w io.Writer) error {
	var b strings.Builder
	var bytes int64
	for _, r := range c.Removed {
		bytes += r.Bytes
		fmt.Fprintf(&b, "remove %s (%s, %s)\n", quote(r.Path, maxPathShown), plural(r.Files, "file"), plural(int(r.Bytes), "byte"))
	}
	for _, k := range c.Kept {
		fmt.Fprintf(&b, "keep   %s, which %s", quote(k.Path, maxPathShown), k.Reason.Explain())
		if k.By != "" {
			fmt.Fprintf(&b, ": %s", quote(k.By, maxPathShown))
		}
		b.WriteByte('\n')
	}
	for _, f := range c.Failed {
		fmt.Fprintf(&b, "fail   %s, of which %s: %s: %s\n", quote(f.Path, maxPathShown), left(f.Left), quote(f.At, maxPathShown), oneLine(f.Error))
	}
	fmt.Fprintf(&b, "%s of %s to remove, %d to keep, %d failed\n", plural(c.RemovedTotal, "artifact"), plural(int(bytes), "byte"), c.KeptTotal, c.FailedTotal)
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
		return fmt.Sprintf("Artifacts of the agent's tools: %d left where they are, because %s.", c.KeptTotal, oneLine(c.Skipped))
	}
	var parts []string
	part := func(what string, total int, shown []string) {
		if total > 0 {
			parts = append(parts, fmt.Sprintf("%s %d (%s)", what, total, strings.Join(shown, ", ")+andMore(total-len(shown))))
		}
	}
	var removed, kept, failed []string
	for _, r := range c.Removed {
		removed = append(removed, quote(r.Path, maxPathShown))
	}
	for _, k := range c.Kept {
		kept = append(kept, quote(k.Path, maxPathShown)+" "+k.Reason.Explain())
	}
	for _, f := range c.Failed {
		failed = append(failed, quote(f.At, maxPathShown)+": "+quote(f.Error, maxReasonShown))
	}
	part("removed", c.RemovedTotal, removed)
	part("kept", c.KeptTotal, kept)
	part("could not remove", c.FailedTotal, failed)
	return "Artifacts of the agent's tools: " + strings.Join(parts, "; ") + "."
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}
