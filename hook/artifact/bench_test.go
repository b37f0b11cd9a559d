package artifact

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// BenchmarkSweep removes 500 artifacts of ten files each, spread over a tree: the work that a stop adds to its scan. What the
// standard library takes for the removal alone, with no question asked, is the floor.
func BenchmarkSweep(b *testing.B) {
	for _, how := range []string{"dry", "sweep", "floor"} {
		b.Run(how, func(b *testing.B) {
			w := newWorld(b)
			root, err := os.OpenRoot(w.tree)
			w.do(err)
			defer root.Close()
			var plan Plan
			for b.Loop() {
				if plan.Remove == nil || how != "dry" {
					b.StopTimer()
					for i := range 500 {
						for j := range 10 {
							w.write(fmt.Sprintf("src/%d/%d/__pycache__/%d.pyc", i%20, i, j), "x")
						}
					}
					plan = MakePlan(w.look(true), Protected{})
					b.StartTimer()
				}
				if how == "floor" {
					for _, r := range plan.Remove {
						w.do(root.RemoveAll(r.Path))
					}
					continue
				}
				if result := Sweep(context.Background(), root, plan, Options{DryRun: how == "dry", Tracked: w.trackedNow}); len(result.Removed) != 500 {
					b.Fatalf("%d removed, %+v", len(result.Removed), result.Failed)
				}
			}
		})
	}
}

func BenchmarkCandidate(b *testing.B) {
	names := []string{"main.go", "coverage", "index.test.tsx", ".eslintrc", "__init__.py", "README.md", "default", ".coverage.h.1.2"}
	i := 0
	for b.Loop() {
		Rules{}.Candidate(names[i%len(names)], i%4 == 0)
		i++
	}
}

func BenchmarkMakePlan(b *testing.B) {
	var seen []Seen
	for i := range 500 {
		seen = append(seen, Seen{Path: fmt.Sprintf("src/%d/%d/__pycache__", i%20, i), Dir: true})
	}
	var p Protected
	for i := range 1000 {
		p.Claimed = append(p.Claimed, fmt.Sprintf("src/%d/%d/main.py", i%20, i))
	}
	for b.Loop() {
		MakePlan(seen, p)
	}
}
