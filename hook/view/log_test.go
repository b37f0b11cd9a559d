package view

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/style"
)

func newRecord(t testing.TB, kind string, data any) journal.Record {
	t.Helper()
	encoded, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return journal.Record{V: 1, Kind: kind, At: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Session: "s", Agent: "a1", AgentType: "x:bug-fixer", Task: "PROJ-1", Data: encoded}
}

// declaredKinds returns the kinds that a file declares: constants whose names begin so or whose type is called so.
func declaredKinds(t *testing.T, name, prefix, typ string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && (strings.HasPrefix(spec.Names[0].Name, prefix) || isType(spec.Type, typ)) {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, value)
		}
		return true
	})
	if len(kinds) < 8 {
		t.Fatalf("%s declares %v", name, kinds)
	}
	return kinds
}

func isType(e ast.Expr, name string) bool {
	is, ok := e.(*ast.Ident)
	return ok && is.Name == name
}

// TestEveryKindHasWords: whatever this version records, it can tell of.
func TestEveryKindHasWords(t *testing.T) {
	for _, kind := range declaredKinds(t, "../record/kinds.go", "Kind", "-") {
		if line := newLogWords(gates.Caps{}).entry(newRecord(t, kind, struct{}{})).Line(style.Style{}); strings.Contains(line, "record: ") {
			t.Errorf("%s: %s", kind, line)
		}
	}
	for _, kind := range declaredKinds(t, "../gates/fact.go", "-", "Kind") {
		rec := newRecord(t, record.KindFact, record.Fact{Fact: gates.Fact{Kind: gates.Kind(kind), Task: "PROJ-1", Gate: "test-runner", Launch: "test-runner"}})
		if line := newLogWords(gates.Caps{}).entry(rec).Line(style.Style{}); strings.Contains(line, "unknown") {
			t.Errorf("%s: %s", kind, line)
		}
	}
}

// TestLogWords: records that no test script brings about.
func TestLogWords(t *testing.T) {
	long := strings.Repeat("x", 5000)
	fact := func(f gates.Fact) journal.Record {
		f.Task = "PROJ-1"
		return newRecord(t, record.KindFact, record.Fact{Fact: f})
	}
	for want, rec := range map[string]journal.Record{
		"is launched as an ops agent":                   newRecord(t, record.KindLaunch, record.Launch{Role: launch.OpsRole}),
		"is launched to merge":                          newRecord(t, record.KindLaunch, record.Launch{Role: launch.MergeRole}),
		"is launched as an agent that":                  newRecord(t, record.KindLaunch, record.Launch{}),
		"the host did not take the step":                newRecord(t, record.KindReturn, record.Delivery{StepID: "0123456789", Via: host.PostToolUse}),
		"step 01234567":                                 newRecord(t, record.KindDelivery, record.Delivery{StepID: "0123456789", Via: host.PostToolUse}),
		"Bash not refused, because the mode is observe": newRecord(t, record.KindDenial, record.Denial{Tool: "Bash", Observed: true}),
		"sent back (time 4)":                            newRecord(t, record.KindStop, record.Stop{Verdict: rule.Rejected, Attempts: 3}),
		"3 artifacts removed":                           newRecord(t, record.KindStop, record.Stop{Verdict: rule.Verified, Cleanup: &cleanup.Outcome{RemovedTotal: 3}}),
		"claim-unchanged, nothing-":                     newRecord(t, record.KindStop, record.Stop{FindingsTotal: 3, Findings: []rule.Finding{{Rule: rule.ClaimUnchanged}, {Rule: rule.ClaimUnchanged}, {Rule: rule.NothingChanged}}}),
		"ops work done, files changed":                  fact(gates.Fact{Kind: gates.OpsStopped, Changed: true}),
		"ops work done [new ->":                         fact(gates.Fact{Kind: gates.OpsStopped}),
		"work capped":                                   fact(gates.Fact{Kind: gates.CoderStopped, Verdict: gates.Capped}),
		"gates needed: none":                            fact(gates.Fact{Kind: gates.CoderStopped, Verdict: gates.Verified, Needs: []gates.Gate{}}),
		`gate "": no result`:                            fact(gates.Fact{Kind: gates.GateResult}),
		"it failed: \"a conflict\"":                     fact(gates.Fact{Kind: gates.BranchManagerDone, Outcome: gates.Fail, Issues: []string{"a conflict"}}),
		"launch of branch-manager refused":              fact(gates.Fact{Kind: gates.LaunchAsked, Launch: gates.BranchManagerAgent}),
		"unknown kind of record: \"\\x1b[2J\"":          {V: 3, Kind: "\x1b[2J"},
		"unreadable record: stop":                       {V: 1, Kind: record.KindStop, Data: json.RawMessage(`[]`)},
		"unreadable record: fact":                       {V: 1, Kind: record.KindFact},
		"…":                                             newRecord(t, record.KindDenial, record.Denial{Tool: long, Findings: []rule.Finding{{Message: long}, {}}}),
	} {
		line := newLogWords(gates.Caps{}).entry(rec).Line(style.Style{})
		if !strings.Contains(line, want) {
			t.Errorf("%s\nhas no %q", line, want)
		}
	}
}

// FuzzLogWords: whatever stands in a journal, a line is one line, bounded, and moves no cursor.
func FuzzLogWords(f *testing.F) {
	for _, kind := range []string{record.KindLaunch, record.KindStop, record.KindDelivery, record.KindDenial, record.KindFact, record.KindReminder, "other"} {
		f.Add(kind, "a1", "x:bug-fixer", "PROJ-1", []byte(`{"verdict":"rejected","role":"gate","step_id":"1","via":"\u001b[2J","tool":"Bash","fact":{"kind":"gate-result","task":"T","gate":"g","issues":["\u202e"]},"step":{"step_id":"1","action":"x\ny"}}`))
	}
	f.Fuzz(func(t *testing.T, kind, agent, agentType, task string, data []byte) {
		if !json.Valid(data) {
			data = nil
		}
		c := newLogWords(gates.Caps{})
		rec := journal.Record{V: 1, Kind: kind, Agent: agent, AgentType: agentType, Task: task, Data: data}
		for range 2 {
			line := c.entry(rec).Line(style.Style{})
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%q", line)
			}
			if n := quote.Length(line); n > 500 {
				t.Fatalf("%d characters: %s", n, line)
			}
		}
	})
}
