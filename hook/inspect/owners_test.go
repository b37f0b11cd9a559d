package inspect

import (
	"context"
	"testing"
	"time"

	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestOwners: a file that is one agent's by its prompt and another's by its change is a conflict if both were at work.
func TestOwners(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }
	const mine, theirs = "FILES: a.js", "EXCLUSIVE: b.js"
	for _, tt := range []struct {
		name             string
		mine, theirs     string
		touched, edited  []string // of the judged agent; what it edited by a tool, at minute 5
		files            []string // of the other
		began, ended     int      // of the other; ended 0: it runs
		earlier, foreign bool
		want             string
	}{
		{"an edit of another's file", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, "b.js mine"},
		{"before the other began", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 6, 0, false, false, ""},
		{"after the other ended", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 2, 3, false, false, ""},
		{"before the other ended", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 2, 7, false, false, "b.js mine"},
		{"by a command, beside it all the time", mine, theirs, []string{"b.js"}, nil, nil, 0, 0, false, false, "b.js mine"},
		{"by a command, some time", mine, theirs, []string{"b.js"}, nil, nil, 4, 0, false, false, ""},
		{"without a scope of its own", "TASK: T1", theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, "b.js mine"},
		{"named by both", "FILES: a.js, b.js", theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"only in the other's scope", mine, "SCOPE: b.js", []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"not certain to be the other's", mine, "FILES: b.js and related files", []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"its own file, changed by the other", mine, theirs, nil, nil, []string{"a.js"}, 4, 0, false, false, "a.js theirs"},
		{"changed by both", mine, theirs, []string{"b.js"}, []string{"b.js"}, []string{"b.js"}, 4, 0, false, false, ""},
		{"of an earlier run", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, true, false, ""},
		{"of no coding agent", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, true, ""},
		{"nothing of the other's", mine, theirs, []string{"a.js"}, []string{"a.js"}, []string{"b.js"}, 4, 0, false, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			other := &transcript.Agent{Prompt: tt.theirs, Run: transcript.Run{Time: at(tt.began)}, Replies: []transcript.Reply{{Time: at(tt.ended)}}}
			in := Inquiry{Agent: &transcript.Agent{Prompt: tt.mine, Run: transcript.Run{Time: at(1)}}}
			if !tt.foreign {
				in.Coders = []OtherCoder{{AgentID: "o1"}}
			}
			c := Evidence{Site: site.Site{Place: worktree.Place{Root: t.TempDir()}}, Roots: []string{"./trees/T1"}}
			c.Others = []trace.OtherAgent{{AgentID: "o1", Running: tt.ended == 0, Earlier: tt.earlier, Files: tt.files}}
			c.Touched = tt.touched
			for _, name := range tt.edited {
				c.Edits = append(c.Edits, trace.Edit{Path: name, Time: at(5)})
			}
			c.Trespasses = lookAtOwners(t.Context(), oneAgent{other: other}, in, c)
			got := ""
			for _, tr := range c.Trespasses {
				got += tr.Path + map[bool]string{true: " theirs", false: " mine"}[tr.ByOther]
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// oneAgent is a witness of a session with one other agent.
type oneAgent struct {
	noWitness
	other *transcript.Agent
}

func (o oneAgent) Agent(context.Context, string) *transcript.Agent { return o.other }
