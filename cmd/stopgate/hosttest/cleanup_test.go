package hosttest

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// cleanup holds the fields of a step's cleanup that tests read.
type cleanup struct {
	Skipped string `json:"skipped"`
	Removed []struct {
		Path  string `json:"path"`
		Files int    `json:"files"`
	} `json:"removed"`
	Kept []struct {
		Path   string `json:"path"`
		Reason string `json:"reason"`
	} `json:"kept"`
	RemovedTotal int `json:"removed_total"`
	KeptTotal    int `json:"kept_total"`
	FailedTotal  int `json:"failed_total"`
}

// cleanupOf returns the cleanup in the step for a task; zero if the step has none.
func cleanupOf(t *testing.T, s *Session, task string) cleanup {
	t.Helper()
	for _, object := range s.Objects(Orchestrator, "step_id") {
		if object["task_id"] != task {
			continue
		}
		raw, err := json.Marshal(object["cleanup"])
		if err != nil {
			t.Fatal(err)
		}
		var c cleanup
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatalf("a cleanup that cannot be read: %v\n%s", err, raw)
		}
		return c
	}
	t.Fatalf("the orchestrator has read no step for %s", task)
	return cleanup{}
}

// disk is the content of a folder of the repository right before a model's reply.
type disk struct {
	mu   sync.Mutex
	seen Contents
	err  error
}

// looksAt returns the turn, with a look at the folder right before it is played.
func (d *disk) looksAt(folder string, t Turn) Turn {
	first := t.blocks[0]
	t.blocks = slices.Clone(t.blocks)
	t.blocks[0] = func(s *standIn, model string) (map[string]any, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.seen, d.err = ReadContents(filepath.Join(s.dir, folder))
		if d.err != nil {
			return nil, d.err
		}
		return first(s, model)
	}
	return t
}

// held returns the folder's content; nil if the turn was not played.
func (d *disk) held() Contents {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func (d *disk) has(name string) bool { return d.held()[name] != "" }

// lookAt returns the present content of a folder of the repository.
func lookAt(t *testing.T, s *Session, folder string) Contents {
	t.Helper()
	now, err := ReadContents(filepath.Join(s.Repository, folder))
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// wantOnly fails unless after equals before, byte for byte, without the names in gone and with those in come.
func wantOnly(t *testing.T, before, after Contents, gone, come []string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		switch {
		case slices.Contains(gone, name):
			if after[name] != "" {
				t.Errorf("%s is still there", name)
			}
		case after[name] == "":
			t.Errorf("%s is gone", name)
		case after[name] != before[name] && !slices.Contains(come, name):
			t.Errorf("%s has changed: %s, was %s", name, after[name], before[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] == "" && !slices.Contains(come, name) {
			t.Errorf("%s is new", name)
		}
	}
	for _, name := range come {
		if after[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

// makeArtifacts creates the files that test runs of pytest and npm leave, with the same names in the same places.
const makeArtifacts = `
mkdir -p src/__pycache__ tests/unit/__pycache__ .pytest_cache/v/cache coverage/lcov-report packages/a/coverage packages/a/.nyc_output
echo 1 > src/__pycache__/client.cpython-311.pyc
echo 1 > tests/unit/__pycache__/test_client.cpython-311-pytest-8.pyc
echo 1 > .pytest_cache/v/cache/lastfailed
echo '*' > .pytest_cache/.gitignore
echo 1 > .coverage
echo 1 > coverage/lcov-report/index.html
printf '<?xml version="1.0" encoding="UTF-8"?>\n<coverage generated="1" clover="3.2.0"><project timestamp="1" name="All files"></project></coverage>\n' > packages/a/coverage/clover.xml
echo 1 > packages/a/.nyc_output/1.json
echo 1 > packages/a/tsconfig.tsbuildinfo
echo 1 > htmlcov/new.html
mkdir -p node_modules/x/coverage && echo 1 > node_modules/x/coverage/a.js
mkdir -p src/coverage && cat > src/coverage/calc.js <<'END'
export const calc = (hit, all) => hit / all
END
`

// The leftovers of the agent's tools are removed after the stop that passes, and not before. Everything else in the worktree stays byte for byte. A
// source file that a command wrote into a folder called coverage is found and stays.
func TestArtifactsRemoved(t *testing.T) {
	const task = "PAY-40"
	artifacts := []string{
		".coverage", ".pytest_cache", "coverage", "packages/a/.nyc_output", "packages/a/coverage", "packages/a/tsconfig.tsbuildinfo",
		"src/__pycache__", "tests/unit/__pycache__",
	}
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		var launched, made, sentBack disk
		sc := withCoders(launchAlice(), map[string]Agent{
			"alice": coder(task, background,
				launched.looksAt(worktree(task), Bash("cd "+worktree(task)+" && set -e\n"+makeArtifacts)),
				Write(in(task, "src/coverage/report.js"), "export const covered = 1\n"),
				Write(in(task, "src/payments.js"), "export {}\n"),
				made.looksAt(worktree(task), Say(report(task, "src/payments.js", "src/coverage/report.js", "src/client.js"))),
				sentBack.looksAt(worktree(task), Say(report(task, "src/payments.js", "src/coverage/report.js", "src/coverage/calc.js")))),
		}, task)
		sc.Files = map[string]string{
			".gitignore": "/trees/\n__pycache__/\n.coverage\n/coverage/\nhtmlcov/\n.nyc_output/\n*.tsbuildinfo\nnode_modules/\n", "README.md": "# A project\n", "src/client.js": "export {}\n",
			"tests/unit/test_client.py": "def test_client(): pass\n", "packages/a/index.js": "export {}\n",
		}
		sc.Untracked = inWorktree(task, map[string]string{"htmlcov/kept.html": "a person's\n", "src/notes.js": "// a person's\n"})
		s := playOnly(t, sc)

		wantRead(t, s, "claim-unchanged")
		wantRead(t, s, `files_modified does not list "src/coverage/calc.js"`)
		wantReplies(t, s, 5)
		wantTestGate(t, onlyStep(t, s), task, "src/payments.js", "src/coverage/report.js", "src/coverage/calc.js")
		wantOnly(t, made.held(), sentBack.held(), nil, nil)

		var gone []string
		for name := range made.held() {
			for _, artifact := range artifacts {
				if name == artifact || len(name) > len(artifact) && name[:len(artifact)+1] == artifact+"/" {
					gone = append(gone, name)
				}
			}
		}
		after := lookAt(t, s, worktree(task))
		wantOnly(t, made.held(), after, gone, nil)
		wantOnly(t, launched.held(), after, nil, []string{
			"src/payments.js", "src/coverage", "src/coverage/report.js", "src/coverage/calc.js", "htmlcov/new.html",
			"node_modules", "node_modules/x", "node_modules/x/coverage", "node_modules/x/coverage/a.js",
		})

		got := cleanupOf(t, s, task)
		var kept []string
		for _, k := range got.Kept {
			kept = append(kept, k.Path+" "+k.Reason)
		}
		if want := []string{"htmlcov existed", "src/coverage claimed"}; !slices.Equal(kept, want) || got.KeptTotal != len(want) {
			t.Errorf("the step says that %d were kept, %q; want %q", got.KeptTotal, kept, want)
		}
		if got.RemovedTotal != len(artifacts) || got.FailedTotal != 0 || got.Skipped != "" {
			t.Errorf("the step's cleanup is %+v, want %d removed", got, len(artifacts))
		}
		for i, removed := range got.Removed { // the first few
			if removed.Path != artifacts[i] || removed.Files == 0 {
				t.Errorf("the step lists %+v as removed, want %s", removed, artifacts[i])
			}
		}
		if len(got.Removed) == 0 {
			t.Error("the step lists nothing as removed")
		}
	})
}

// What a gate's tests wrote where their command says, and what they build, is gone when it stops, so that its pass counts. What somebody else wrote
// there stays.
func TestGateLeavesWhatItsTestsWrote(t *testing.T) {
	t.Parallel()
	const task = "PAY-42"
	sc := protocol(task, false, honest(task), func(agents map[string]Agent) {
		tester := agents["tester"]
		tester.Turns = []Turn{Bash("cd " + worktree(task) + " && sh run-tests.sh --report=out/results.html --log kept/log.html"), Say(testsPass)}
		agents["tester"] = tester
	})
	sc.Files = map[string]string{
		".gitignore": "/trees/\n", "src/client.js": "export {}\n", "kept/page.html": "<p>\n",
		"run-tests.sh": "mkdir -p out target/classes; echo 1 > out/results.html; echo 1 > kept/log.html; echo 1 > target/classes/A; echo 'Tests:       4 passed, 4 total'\n",
	}
	s := playOnly(t, sc)
	wantOrders(t, s, "verified: deploy test-runner", "passed: deploy code-reviewer security-auditor", "*: present")
	after := lookAt(t, s, worktree(task))
	for _, name := range []string{"out", "target", "kept/log.html"} {
		if _, stays := after[name]; stays {
			t.Errorf("%s is still there", name)
		}
	}
	if _, stays := after["kept/page.html"]; !stays {
		t.Error("a tracked file is gone")
	}
}
