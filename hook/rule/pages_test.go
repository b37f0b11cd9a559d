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

// TestEveryRuleHasAPage holds the pages against the source: every constant of type Rule has one, whole, and no page speaks of another.
func TestEveryRuleHasAPage(t *testing.T) {
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
	for _, p := range Pages() {
		if !declared[string(p.Rule)] {
			t.Errorf("a page of %s, which is no rule, or a second one", p.Rule)
		}
		delete(declared, string(p.Rule))
		if does[p.Does] == "" || p.Line == "" || p.What == "" || p.Why == "" || p.Example == "" || p.Fix == "" {
			t.Errorf("%s: the page is not whole: %+v", p.Rule, p)
		}
		if strings.ContainsAny(p.Line, "|\n") {
			t.Errorf("%s: its line does not fit into a table", p.Rule)
		}
	}
	for rule := range declared {
		t.Errorf("%s has no page", rule)
	}
}
