package cleanup

import (
	"fmt"
	"io"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
)

// Outcome is what became of the artifacts that stood in a worktree.
type Outcome struct {
	// Skipped says why nothing was removed at all; "" where the artifacts were gone through one by one.
	Skipped string    `json:"skipped"`
	Removed []Removed `json:"removed"`
	Kept    []Kept    `json:"kept"`
	Failed  []Failed  `json:"failed"`
	// Trash is the id by which stopgate restore brings back what git does not ignore; "" where nothing of that kind was removed.
	Trash string `json:"trash,omitempty"`
	// The totals count what was left out of the lists, too.
	RemovedTotal int `json:"removed_total"`
	KeptTotal    int `json:"kept_total"`
	FailedTotal  int `json:"failed_total"`
}

// Removed is gone.
type Removed struct {
	Path string `json:"path"`
	// Files and Bytes are what was in it, or it.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Trashed tells that it is in the trash, since git does not ignore it.
	Trashed bool `json:"trashed,omitempty"`
}

// Kept looked like one and stays.
type Kept struct {
	Path   string          `json:"path"`
	Reason artifact.Reason `json:"reason"`
	// By is the path that it is kept for; "" where it is kept for itself.
	By string `json:"by"`
}

// Failed is still there, at least in part.
type Failed struct {
	Path string `json:"path"`
	// At is where it first failed, Error why, Left how many entries are left.
	At    string `json:"at"`
	Error string `json:"error"`
	Left  int    `json:"left"`
}

// NewOutcome is what a sweep did; id is under what the trash keeps it.
func NewOutcome(result artifact.Result, id string) *Outcome {
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

// First is the cleanup with no more than that many entries in each list; nil stays nil.
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

// WriteJSON writes the cleanup as one JSON object (schema cleanup).
func (c Outcome) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, quote.JSON(c)+"\n")
	return err
}

// WriteText writes the cleanup for people: a line for each artifact and one that counts them, the same for what is done as for what a dry
// run says would be.
func (c Outcome) WriteText(w io.Writer) error {
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

// Sentence is the cleanup as the orchestrator reads it.
func (c *Outcome) Sentence() string {
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
