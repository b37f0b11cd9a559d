package artifact

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRules: paths that a project adds are removed, paths that it protects stay, and so do all folders that hold a protected path.
func TestRules(t *testing.T) {
	w := newWorld(t)
	w.write("a/.turbo/x", "1")
	w.write("a/report.tmp", "1")
	w.write("node_modules/.turbo/x", "1")
	w.write("b/coverage/baseline/x", "1")
	w.write("c/coverage/x", "1")
	w.write("coverage/x", "1")
	rules := Rules{
		Add:     []Pattern{{Name: ".turbo", Dir: true}, {Name: "*.tmp"}},
		Protect: func(p string) bool { return p == "c/coverage" || strings.HasPrefix(p, "b/coverage/baseline") },
	}
	var seen []Seen
	for _, p := range []string{"a/.turbo", "b/coverage", "c/coverage", "coverage", "node_modules/.turbo"} {
		if rules.Candidate(p, true) {
			seen = append(seen, Seen{Path: p, Dir: true, Ignored: true})
		}
	}
	if rules.Candidate("a/report.tmp", false) {
		seen = append(seen, Seen{Path: "a/report.tmp", Ignored: true})
	}
	if (Rules{}).Candidate("a/.turbo", true) || rules.Candidate("a/.turbo", false) || len(seen) != 5 {
		t.Errorf("candidates %+v", seen)
	}
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	plan := MakePlan(seen, Protected{Rules: rules})
	for _, dry := range []bool{true, false} {
		result := Sweep(context.Background(), root, plan, Options{DryRun: dry})
		var removed []string
		for _, r := range result.Removed {
			removed = append(removed, r.Path)
		}
		if want := []string{"a/.turbo", "a/report.tmp", "coverage"}; !slices.Equal(removed, want) {
			t.Errorf("dry %t: removed %q, want %q", dry, removed, want)
		}
		if want := []Kept{{"b/coverage", ReasonProtected, ""}, {"c/coverage", ReasonProtected, ""}}; !slices.Equal(result.Kept, want) {
			t.Errorf("dry %t: kept %+v, want %+v", dry, result.Kept, want)
		}
	}
}
