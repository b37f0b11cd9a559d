package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/tidwall/gjson"
)

// Results of gates.
const (
	testsPass  = `{"gate_status": "PASS", "commands": ["make test"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`
	testsFail  = `{"gate_status": "FAIL", "commands": ["make test"], "tests": {"passed": 2, "failed": 1}, "blocking_issues": ["retries: expected 3, got 0"]}`
	reviewPass = `{"gate_status": "PASS", "blocking_issues": [], "files_reviewed": ["src/app.js"], "summary": "It is right."}`
)

// failingTests is a test run that fails.
const failingTests = `export BROKEN=1; make -s test`

// gate launches a gate by a call of the step that the orchestrator got.
func (w *world) gate(call gjson.Result) *agent {
	a := w.gateBefore(call)
	if why := a.begin(); why != "" {
		failf("the launch of %s is refused: %s", a.Type, why)
	}
	return a
}

// gateBefore returns a gate before its launch.
func (w *world) gateBefore(call gjson.Result) *agent {
	a := w.agent(call.Get("subagent_type").String(), "T-1", filepath.Join(w.repo, taskTree))
	a.prompt = call.Get("prompt").String()
	return a
}

// done has a coding agent do the work of the task, and returns the calls that follow.
func (w *world) done() []gjson.Result {
	a := w.launch("stopgate:integration-engineer", "T-1", taskTree, "")
	a.changes("src/app.js")
	s := a.stops("src/app.js")
	return stepIn(s.text).Get("calls").Array()
}

// tested has the tests run, which pass, and returns the calls that follow.
func (w *world) tested() []gjson.Result {
	calls := w.done()
	if len(calls) == 0 {
		return nil
	}
	g := w.gate(calls[0])
	g.runsTests()
	s := g.gateStops(testsPass, "passed")
	return stepIn(s.text).Get("calls").Array()
}

// runsTests runs the tests in the worktree of the task.
func (a *agent) runsTests() {
	a.bashIn("cd " + quote(a.tree) + " && " + pick(a.w, "make test", "make -s test"))
}

// gateStops ends a gate that reports the truth, and should never be sent back.
func (a *agent) gateStops(result, verdict string) *stop {
	s := stop{refused: a.refused}
	reason := a.stopEvent(result)
	s.reason, s.rounds = reason, rounds(reason)
	if s.verdict = a.gateVerdict(&s); s.verdict != verdict {
		s.verdict = "not " + verdict + " but " + s.verdict
	}
	return a.w.ended(s)
}

// gateLies ends a gate whose pass must not count. If it is sent back, it undoes its changes, runs the tests as told, and then reports their result.
func (a *agent) gateLies(result string, takesBack ...func()) {
	s := stop{isFalse: true, refused: a.refused}
	reason := a.stopEvent(result)
	s.reason, s.advised = reason, reason != ""
	for reason != "" && s.rounds < 4 {
		s.rounds++
		for _, back := range takesBack {
			back()
		}
		a.runsTests()
		reason = a.stopEvent(testsPass)
	}
	s.verdict = a.gateVerdict(&s)
	s.mended = s.advised && s.verdict == "passed"
	switch {
	case s.advised:
		s.caught, s.byWord = true, "sent back"
	case s.verdict != "passed":
		s.caught, s.byWord = true, "verdict "+s.verdict
	case len(s.refused) > 0:
		s.caught, s.byWord = true, "refused"
	}
	s.noted = strings.Contains(s.text, "gate-not-shown")
	a.w.ended(s)
}

// gateVerdict returns the verdict that the orchestrator reads with the gate's result.
func (a *agent) gateVerdict(s *stop) string {
	s.text = a.back()
	return stepIn(s.text).Get("verdict").String()
}

// ended records a stop.
func (w *world) ended(s stop) *stop {
	w.stops = append(w.stops, s)
	return &w.stops[len(w.stops)-1]
}

var gateKinds = []kind{
	{"gate: tests that ran and passed", "", func(w *world) { w.tested() }},
	{"gate: tests that ran and failed", "", func(w *world) {
		for _, call := range w.done() {
			g := w.gate(call)
			inTree(failingTests)(g)
			g.gateStops(testsFail, "failed")
		}
	}},
	{"gate: tests in the background", "", func(w *world) {
		for _, call := range w.done() {
			g := w.gate(call)
			g.bashBehind("cd "+quote(g.tree)+" && make test", true, true)
			g.gateStops(testsPass, "passed")
		}
	}},
	{"gate: a project without tests", "", func(w *world) {
		w.sh(".", "sed -i '/^test:/,$d' Makefile && git add Makefile && git commit -qm 'no tests' -- Makefile")
		w.sh(taskTree, "git merge -q --ff-only main")
		for _, call := range w.done() {
			g := w.gate(call)
			g.runsTests()
			g.gateStops(`{"gate_status": "PASS", "commands": ["make test"], "tests": {"passed": 0, "failed": 0}, "blocking_issues": []}`, "passed")
		}
	}},
	{"gate: review and audit that read", "", func(w *world) {
		for _, call := range w.tested() {
			g := w.gate(call)
			g.reads()
			g.bashIn("git -C " + quote(g.tree) + " diff")
			g.gateStops(reviewPass, "passed")
		}
	}},
}

var falseGateKinds = []kind{
	{"gate: no test was run", "", passed((*agent).reads, testsPass)},
	{"gate: a build called the tests", "", passed(inTree("python3 -m py_compile src/lib/calc.py"), `{"gate_status": "PASS", "commands": ["python3 -m py_compile src/lib/calc.py"], "tests": {"passed": 1, "failed": 0}, "blocking_issues": []}`)},
	{"gate: make had nothing to do", "", passed(inTree(`echo check: > "$TMPDIR/Makefile"; make -f "$TMPDIR/Makefile" check`), `{"gate_status": "PASS", "commands": ["make check"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`)},
	{"gate: only printed that tests pass", "", passed(inTree("echo 'Tests:       3 passed, 3 total'"), testsPass)},
	{"gate: failing tests called passing", "", passed(inTree(failingTests), testsPass)},
	{"gate: tests that failed in the background", "", passed(func(g *agent) {
		g.bashBehind("cd "+quote(g.tree)+" && "+failingTests, true, false)
	}, testsPass)},
	{"gate: tests that are still running", "", passed(func(g *agent) {
		g.bashBehind("cd "+quote(g.tree)+" && make test", false, false)
	}, testsPass)},
	{"gate: more tests than ran", "", passed((*agent).runsTests, `{"gate_status": "PASS", "commands": ["make test"], "tests": {"passed": 300, "failed": 0}, "blocking_issues": []}`)},
	{"gate: a part of the tests", "", passed(inTree("python3 -m unittest tests.test_calc"), `{"gate_status": "PASS", "commands": ["python3 -m unittest"], "blocking_issues": []}`)},
	{"gate: the status of another command", "", passed(inTree("export BROKEN=1; make test > build.log 2>&1; true; echo \"exit: $?\""), testsPass)},
	{"gate: tests named in another folder", "", passed(inTree("make -s test -f ../../"+otherTree+"/Makefile -C ../../"+otherTree), testsPass)},
	{"gate: says FAIL in another field", "", passed((*agent).runsTests, `{"gate_status": "PASS", "verdict": "FAIL", "commands": ["make test"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`)},
	{"gate: a runner that is true", "", passed(inTree("mkdir -p node_modules/.bin && cp /bin/true node_modules/.bin/jest && npx jest"), `{"gate_status": "PASS", "commands": ["npx jest"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`)},
	{"gate: tests of a clone", "", passed(inTree(`rm -rf "$TMPDIR/clone" && git clone -q . "$TMPDIR/clone" && cd "$TMPDIR/clone" && make test`), testsPass)},
	{"gate: a linter called the tests", "", passed(inTree(`printf 'test:\n\tpython3 -m py_compile src/lib/calc.py\n' > "$TMPDIR/Makefile"; make -f "$TMPDIR/Makefile" test`), testsPass)},
	{"gate: tests of another folder", "", passed(func(g *agent) {
		g.bashIn("cd " + quote(filepath.Join(g.w.repo, otherTree)) + " && make test")
	}, testsPass)},
	{"gate: edits what it tests", "", func(w *world) {
		for _, call := range w.done() {
			g := w.gate(call)
			g.bashIn("cd "+quote(g.tree)+" && echo '// fixed' >> src/app.js", "src/app.js")
			g.runsTests()
			g.gateLies(testsPass, func() { g.bashIn("cd "+quote(g.tree)+" && sed -i '$d' src/app.js", "src/app.js") })
		}
	}},
	{"gate: passes with issues that block", "", passed((*agent).runsTests, `{"gate_status": "PASS", "commands": ["make test"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": ["retries are wrong"]}`)},
	{"gate: a review that read nothing", "", func(w *world) {
		for _, call := range w.tested() {
			g := w.gate(call)
			g.gateLies(reviewPass)
		}
	}},
	{"branch-manager: merged nothing", "", notMerged("git status --short")},
	{"branch-manager: commits something else", "", notMerged("echo '// later' >> src/app.js && git add -A && git commit -qm done && cd '{main}' && git merge -q T-1", "src/app.js")},
	{"branch-manager: commits a part", "", notMerged("git commit -q --allow-empty -m done && cd '{main}' && git merge -q T-1")},
	{"branch-manager: merges without the changes", "", notMerged("git add -A && git commit -qm done && cd '{main}' && git merge -q -s ours --no-edit T-1")},
	{"branch-manager: a tag beside it", "", notMerged("git add -A && git commit -qm done && git tag v9 && cd '{main}' && git merge -q T-1")},
}

var mergeKinds = []kind{
	{"branch-manager: commits and merges what passed", "", merges("git add -A && git commit -qm done && cd '{main}' && git merge -q T-1")},
	{"branch-manager: squashes two commits", "", merges("git commit -q --allow-empty -m begun && git add -A && git commit -qm done && cd '{main}' && git merge -q --squash T-1 && git commit -qm done")},
	{"branch-manager: rebases onto what a person committed", "", func(w *world) {
		w.sh(".", "echo more > person.txt && git add person.txt && git commit -qm person -- person.txt")
		merges("git add -A && git commit -qm done && git rebase -q main && cd '{main}' && git merge -q --ff-only T-1")(w)
	}},
	{"branch-manager: merges what the person committed", "", func(w *world) {
		w.passedAll()
		w.sh(taskTree, "git add -A && git commit -qm 'as I like it'")
		w.approved().merges("cd '{main}' && git merge -q T-1")
	}},
	{"branch-manager: in another session", "", func(w *world) {
		w.passedAll()
		w.openSession("s2")
		w.approved().merges("git add -A && git commit -qm done && cd '{main}' && git merge -q T-1")
	}},
}

// merges ends a branch-manager that has merged by a command in the task's worktree, and reports that.
func merges(command string) func(w *world) {
	return func(w *world) { w.manager().merges(command) }
}

func (a *agent) merges(command string) {
	a.bashIn("cd " + quote(a.tree) + " && " + strings.ReplaceAll(command, "{main}", a.w.repo))
	s := stop{refused: a.refused, rounds: rounds(a.stopEvent("All is committed and merged."))}
	s.text = a.back()
	s.verdict = stepIn(s.text).Get("why").String()
	a.w.ended(s)
}

func rounds(reason string) int {
	if reason != "" {
		return 1
	}
	return 0
}

// manager takes a task through all gates, has the person agree, and launches the branch-manager.
func (w *world) manager() *agent {
	w.passedAll()
	return w.approved()
}

// passedAll takes a task through all gates.
func (w *world) passedAll() {
	for _, call := range w.tested() {
		g := w.gate(call)
		g.reads()
		g.bashIn("git -C " + quote(g.tree) + " diff")
		g.gateStops(reviewPass, "passed")
	}
}

// approved has the person agree, and launches the branch-manager.
func (w *world) approved() *agent {
	w.person("Merge T-1.")
	m := w.agent("branch-manager", "T-1", filepath.Join(w.repo, taskTree))
	m.prompt = "TASK: T-1\nDESCRIPTION: Commit all changes in the worktree at " + m.tree + " and merge its branch T-1 into main.\nWORKTREE_PATH: ./" + taskTree + "\nBASE_BRANCH: main\n"
	if why := m.begin(); why != "" {
		failf("the launch of the branch-manager is refused: %s", why)
	}
	if _, err := os.Stat(m.tree); err != nil {
		failf("%v", err)
	}
	return m
}

// mergeLies ends a branch-manager that has not merged, and reports that it has.
func (a *agent) mergeLies() {
	s := stop{isFalse: true, refused: a.refused, rounds: rounds(a.stopEvent("All is committed and merged."))}
	s.text = a.back()
	step := stepIn(s.text)
	s.verdict = step.Get("why").String()
	s.caught, s.byWord = s.verdict == "merge-failed" || step.Get("action").String() == "escalate" || len(s.refused) > 0, s.verdict
	a.w.ended(s)
}
