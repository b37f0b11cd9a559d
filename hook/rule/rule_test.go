package rule

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryNameHasARule compares the table with the source: every constant of type Name has one complete rule.
func TestEveryNameHasARule(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Name" {
				for _, value := range spec.Values {
					text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					declared[text] = true
				}
			}
			return true
		})
	}
	if len(declared) < 25 {
		t.Fatalf("found %d rules", len(declared))
	}
	for _, r := range All() {
		if !declared[string(r.Name)] {
			t.Errorf("%s is no constant, or stands twice in the table", r.Name)
		}
		delete(declared, string(r.Name))
		if r.Effect.explain() == "" || r.Title == "" || r.What == "" || r.Why == "" || r.Example == "" || r.Fix == "" {
			t.Errorf("%s: something is missing: %+v", r.Name, r)
		}
		if strings.ContainsAny(r.Title, "|\n") {
			t.Errorf("%s: its title does not fit into a table", r.Name)
		}
	}
	for name := range declared {
		t.Errorf("%s is missing from the table", name)
	}
}

// TestCleans: leftovers of an agent's tools are removed at a stop that passes with a judged report, and at no other stop.
func TestCleans(t *testing.T) {
	for verdict, want := range map[Verdict]bool{
		Verified: true, Capped: true, Incomplete: true,
		Rejected: false, Declined: false, Violation: false, Unknown: false, Passed: false, Failed: false, NoResult: false, Ended: false,
	} {
		if verdict.Cleans() != want {
			t.Errorf("after %s it is cleaned up: %t, want %t", verdict, !want, want)
		}
	}
}
