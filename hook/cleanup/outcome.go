package cleanup

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
	"stopgate/hook/style"
)

// Outcome is the result of cleaning a worktree, or what a dry run would do.
type Outcome struct {
	// Skipped is the reason why nothing was removed at all; "" if each artifact was decided.
	Skipped string    `json:"skipped"`
	Removed []Removed `json:"removed"`
	Kept    []Kept    `json:"kept"`
	Failed  []Failed  `json:"failed"`
	// Trash is the id under which the trash keeps what git does not ignore or no tool is known to write; "" if it keeps nothing.
	Trash string `json:"trash,omitempty"`
	// The totals include entries that the lists leave out.
	RemovedTotal int `json:"removed_total"`
	KeptTotal    int `json:"kept_total"`
	FailedTotal  int `json:"failed_total"`
}

// Removed is an artifact that was removed.
type Removed struct {
	Path string `json:"path"`
	// Files is the number of files in it, 1 for a file. Bytes is their size.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Trashed means that it is in the trash, because git does not ignore it, or nothing shows that a tool wrote its content.
	Trashed bool `json:"trashed,omitempty"`
}

// Kept is a path that has the name of an artifact and was not removed.
type Kept struct {
	Path   string          `json:"path"`
	Reason artifact.Reason `json:"reason"`
	// By is the path that the reason is about; "" for Path itself.
	By string `json:"by"`
}

// Failed is an artifact that could not be removed completely.
type Failed struct {
	Path string `json:"path"`
	// At is the first path that could not be removed, and Error the reason. Left is the number of entries that are left.
	At    string `json:"at"`
	Error string `json:"error"`
	Left  int    `json:"left"`
}

// NewOutcome returns the outcome of a removal, without the files that only share their name with what a tool leaves. id is the id in the trash.
func NewOutcome(result artifact.Result, id string) *Outcome {
	result.Kept = slices.DeleteFunc(slices.Clone(result.Kept), func(k artifact.Kept) bool { return k.Reason == artifact.ReasonNotArtifact })
	c := &Outcome{RemovedTotal: len(result.Removed), KeptTotal: len(result.Kept), FailedTotal: len(result.Failed)}
	for _, r := range result.Removed {
		c.Removed = append(c.Removed, Removed{Path: r.Path, Files: r.Files, Bytes: r.Bytes, Trashed: !r.Ignored})
		if !r.Ignored {
			c.Trash = id
		}
	}
	for _, k := range result.Kept {
		c.Kept = append(c.Kept, Kept{Path: k.Path, Reason: k.Reason, By: k.By})
	}
	for _, f := range result.Failed {
		c.Failed = append(c.Failed, Failed{Path: f.Path, At: f.At, Error: f.Err.Error(), Left: f.Left})
	}
	return c.First(c.RemovedTotal + c.KeptTotal + c.FailedTotal)
}

// First returns the outcome with at most limit entries in each list, and with the same totals. It returns nil for nil.
func (c *Outcome) First(limit int) *Outcome {
	if c == nil {
		return nil
	}
	short := *c
	short.Removed, _ = quote.First(c.Removed, limit)
	short.Kept, _ = quote.First(c.Kept, limit)
	short.Failed, _ = quote.First(c.Failed, limit)
	return &short
}

// WriteText writes the outcome for people: a line for each artifact and one with the totals.
func (c Outcome) WriteText(w io.Writer, look style.Style) error {
	var b strings.Builder
	for _, r := range c.Removed {
		trash := ""
		if r.Trashed {
			trash = ", to the trash"
		}
		fmt.Fprintf(&b, "%s %s (%s, %s%s)\n", look.Paint(style.Good, "remove"), quoted(r.Path), quote.Plural(r.Files, "file"), quote.Plural(int(r.Bytes), "byte"), trash)
	}
	for _, k := range c.Kept {
		fmt.Fprintf(&b, "%s   %s, which %s", look.Paint(style.Caution, "keep"), quoted(k.Path), k.Reason.Explain())
		if k.By != "" {
			fmt.Fprintf(&b, ": %s", quoted(k.By))
		}
		b.WriteByte('\n')
	}
	for _, f := range c.Failed {
		fmt.Fprintf(&b, "%s   %s, %s left: %s: %s\n", look.Paint(style.Bad, "fail"), quoted(f.Path), quote.Number(f.Left, "entry", "entries"), quoted(f.At), quote.Line(f.Error))
	}
	b.WriteString(c.totals() + "\n")
	if c.Trash != "" {
		fmt.Fprintf(&b, "to bring back what is in the trash: stopgate restore %s\n", c.Trash)
	}
	_, err := io.WriteString(w, look.Wrap(b.String()))
	return err
}

// totals returns "remove 2 artifacts of 50 bytes, keep 1", without counts of zero.
func (c Outcome) totals() string {
	var bytes int64
	for _, r := range c.Removed {
		bytes += r.Bytes
	}
	var parts []string
	if c.RemovedTotal > 0 {
		parts = append(parts, fmt.Sprintf("remove %s of %s", quote.Plural(c.RemovedTotal, "artifact"), quote.Plural(int(bytes), "byte")))
	}
	if c.KeptTotal > 0 {
		parts = append(parts, fmt.Sprintf("keep %d", c.KeptTotal))
	}
	if c.FailedTotal > 0 {
		parts = append(parts, fmt.Sprintf("fail to remove %d", c.FailedTotal))
	}
	if len(parts) == 0 {
		return "nothing to clean"
	}
	return strings.Join(parts, ", ")
}

// Sentence returns the outcome for the orchestrator.
func (c *Outcome) Sentence() string {
	if c.Skipped != "" {
		return fmt.Sprintf("Artifacts: %d kept, because %s.", c.KeptTotal, quote.Line(c.Skipped))
	}
	var removed, kept, failed []string
	for _, r := range c.Removed {
		removed = append(removed, quoted(r.Path))
	}
	for _, k := range c.Kept {
		kept = append(kept, quoted(k.Path)+" "+k.Reason.Explain())
	}
	for _, f := range c.Failed {
		failed = append(failed, quoted(f.At)+": "+quote.String(f.Error, quote.MaxReason))
	}
	var parts []string
	for _, p := range []struct {
		total int
		did   string
		shown []string
	}{{c.RemovedTotal, "removed", removed}, {c.KeptTotal, "kept", kept}, {c.FailedTotal, "could not be removed", failed}} {
		if p.total > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", p.total, p.did, strings.Join(p.shown, ", ")+quote.AndMore(p.total-len(p.shown))))
		}
	}
	sentence := "Artifacts: " + strings.Join(parts, "; ") + "."
	if c.Trash != "" {
		sentence += fmt.Sprintf(" stopgate restore %s brings back what is in the trash.", c.Trash)
	}
	return sentence
}

func quoted(path string) string { return quote.String(path, quote.MaxPath) }
