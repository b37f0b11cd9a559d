package evidence

import (
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// run is one test run.
type run struct {
	Use
	// tests are the commands that run tests.
	tests []shell.Run
	// results are the summaries of known runners, in this output and in what the agent read until its next run.
	results []result
	// edited means that its text changes what the tests print, and away that the work was not there when the last of them ran.
	edited, away bool
	// read is what the agent read of their output until its next run.
	read string
	// clone is the folder with only what is committed in which all tests ran; "" if there is none.
	clone string
	// failed means that its own output says that tests failed, and unstarted that it says that none began.
	failed, unstarted bool
}

// testRuns returns the tool uses that run tests, with the results that followed each of them.
func testRuns(calls []Call, claims []shell.Run, at Place) []run {
	var runs []run
	away, made, apart := false, copies{}, clones{}
	for _, u := range calls {
		made.follow(u, runs)
		tests := slices.DeleteFunc(slices.Clone(u.Script), func(r shell.Run) bool {
			return r.Opened || idle(r) || !u.itself(r) && !runsTests(r, claims) && (r.Within == nil || !runsTests(*r.Within, claims))
		})
		clone := apart.follow(u.Script, tests)
		if len(tests) > 0 {
			r := run{Use: u.Use, tests: tests, clone: clone, edited: editsOutput(u.Command) && !showsEach(tests), away: awayAt(u.Script, away, tests[len(tests)-1])}
			if !silent(r) && !r.edited {
				r.results = parse(withoutOlder(at, u, withoutOwnWords(u.Output, u.Command), u.Time, made))
			}
			r.unstarted = len(r.results) == 0 && notStarted().MatchString(cleaned(u.Output)) && !some().MatchString(u.Output)
			r.failed = slices.ContainsFunc(r.results, func(res result) bool { return res.failed || res.counts.Failed > 0 })
			runs = append(runs, r)
		} else if n := len(runs); n > 0 && showsOutput(u) && shownBy(runs[n-1], u.Use) {
			read := withoutOlder(at, u, withoutOwnWords(u.Output, u.Command), runs[n-1].Time, made)
			runs[n-1].results, runs[n-1].read = append(runs[n-1].results, parse(read)...), runs[n-1].read+read
		}
		away = awayAfter(u.Script, away)
	}
	return runs
}

// showsEach reports whether test commands are piped, and each of these also runs without a pipe, so that the output has all that it says.
func showsEach(tests []shell.Run) bool {
	piped := false
	return !slices.ContainsFunc(tests, func(t shell.Run) bool {
		piped = piped || t.Piped
		return t.Output != "" || t.Piped && !slices.ContainsFunc(tests, func(other shell.Run) bool { return !other.Piped && slices.Equal(plain(other), plain(t)) })
	}) && piped
}

// runsTests reports whether a command runs tests, or is one of those that the gate says ran them.
func runsTests(r shell.Run, claims []shell.Run) bool {
	return isTest(r) || slices.ContainsFunc(claims, func(c shell.Run) bool { return !idle(c) && !isLint(c) && same(c, r) })
}

// ownScript returns a command that would be a test run if what it runs were not the gate's own; "" if there is none.
func ownScript(calls []Call, claims []shell.Run) string {
	for _, u := range slices.Backward(calls) {
		for _, r := range u.Script {
			if r.Opened && runsTests(r, claims) {
				return u.Command
			}
		}
	}
	return ""
}

// showsOutput reports whether a tool use may show the output of an earlier command: a log that is read, or the output of a background command.
func showsOutput(u Call) bool {
	switch u.Tool {
	case "Read", "BashOutput", "TaskOutput", "Grep":
		return true
	case "Bash", "Monitor", "PowerShell":
		return reads(u.Script)
	}
	return false
}

// latest returns the runs that no later one replaces, in order.
func latest(runs []run, at Place) (last []run) {
	for i, r := range runs {
		if !slices.ContainsFunc(runs[i+1:], func(later run) bool { return r.replacedBy(later, at) && !later.counts(r) }) &&
			!slices.ContainsFunc(runs, r.counts) && !r.compares(runs, at) {
			last = append(last, r)
		}
	}
	return last
}

// compares reports whether a run outside the worktree is one of the same commands as another in it: a gate may look whether the tests fail without the
// work, too. One that names the tests of another worktree has other words.
func (r run) compares(runs []run, at Place) bool {
	if _, elsewhere := elsewhere(r, at); !elsewhere {
		return false
	}
	named := slices.ContainsFunc(r.tests, func(t shell.Run) bool { return operandIn(r, t, at) != "" || sourcesOf(t.Text()) != "" })
	return slices.ContainsFunc(runs, func(other run) bool {
		_, elsewhere := elsewhere(other, at)
		return !elsewhere && (named || slices.EqualFunc(r.tests, other.tests, func(a, b shell.Run) bool { return slices.Equal(plain(a), at.local(plain(b))) }))
	})
}

// replacedBy reports whether a later run is the same one again: the same commands, but for how their output looks, in the same folders. It also
// replaces one outside the worktree, and any run replaces one in which no test ran.
func (r run) replacedBy(later run, at Place) bool {
	if r.Failed && noTests(r.Output) || len(r.results) == 0 && r.unstarted {
		return true
	}
	_, elsewhere := elsewhere(r, at)
	return (elsewhere || later.clone == "") && slices.EqualFunc(r.tests, later.tests, func(a, b shell.Run) bool {
		return slices.Equal(plain(a), plain(b)) && (elsewhere || r.folder(a) == later.folder(b))
	})
}

// lastOfEach returns the last item with each key, in order.
func lastOfEach[T any](list []T, key func(T) string) (last []T) {
	for i, item := range list {
		if !slices.ContainsFunc(list[i+1:], func(later T) bool { return key(later) == key(item) }) {
			last = append(last, item)
		}
	}
	return last
}

// check returns what is wrong with a run; false if it passed.
func (r run) check(at Place) (Finding, bool) {
	name := show(r.Command)
	if r.away {
		return NewFinding(Contradicted, "%s takes the work away before it runs the tests, so that run was of other work; run them on the work as it is", name), true
	}
	if dir, elsewhere := elsewhere(r, at); elsewhere {
		return NewFinding(Contradicted, "%s ran in %s; run it in the worktree %s", name, show(dir), show(at.Names[0])), true
	}
	failed, counted, before := 0, false, 0
	for _, res := range lastOf(r.results) {
		counted = counted || !res.bare || !slices.ContainsFunc(r.tests, ignoring)
		before += max(res.all.Failed, 0)
		failed += max(res.counts.Failed, 0)
		if res.failed && failed == 0 {
			failed = 1
		}
	}
	switch {
	case counted && failed > 0:
		return NewFinding(Contradicted, "the gate is passed, but the output of %s says that %d failed; run it again or report FAIL", name, failed), true
	case strings.Contains(r.Command, "--if-present") && !counted && strings.TrimSpace(r.Output) == "" && !silent(r):
		return NewFinding(NotShown, "%s printed nothing, so there is no such script; run the tests of the project, or report that it has none", name), true
	case r.Answered && r.ranNone():
		return Finding{}, false // Whatever its exit status: ranNone and unshown say it.
	case !r.Answered:
		return NewFinding(NotShown, "%s has no result in your transcript; run it again and wait for its end", name), true
	}
	if taskFailed().MatchString(cleaned(r.Output)) {
		return NewFinding(Contradicted, "the gate is passed, but %s failed, as its output says; report FAIL, or run it again", name), true
	}
	hidden := r.edited || slices.ContainsFunc(r.tests, func(t shell.Run) bool { return !r.decides(t) && !r.settles(r, t) })
	printed, statuses := printedStatus(r)
	switch {
	case printed && slices.ContainsFunc(statuses, func(n int) bool { return n != 0 }):
		return NewFinding(Contradicted, "the gate is passed, but the exit status that %s printed is not 0; report FAIL, or run it again", name), true
	case r.Failed && slices.ContainsFunc(r.tests, r.decides):
		return NewFinding(Contradicted, "the gate is passed, but %s failed: its exit status was not 0; report FAIL, or run it again", name), true
	case counted && !printed && hidden && before > 0 && !r.again() && !r.repeats():
		return NewFinding(NotShown, "%s hides the exit status of the tests, and a summary in its output before the last one has failed tests; run it without a pipe, || true or a command after it", name), true
	case counted, printed, !hidden:
		return Finding{}, false
	case r.Stays:
		return NewFinding(NotShown, "%s went on in the background, and nothing shows how it ended; wait for its end, or run it again with a longer timeout", name), true
	}
	return NewFinding(NotShown, "%s hides the exit status of the tests, and its output has no counts of a known test runner; run it without a pipe, || true or a command after it", name), true
}

// decides reports whether the exit status of a run's call shows whether that test command failed.
func (r run) decides(t shell.Run) bool {
	return t.Decides && !r.Stays && r.Tool != "Monitor" && !ignoring(t)
}

// ignoring reports whether a command succeeds although tests fail.
func ignoring(t shell.Run) bool { return ignoresFailures().MatchString(withSettings(t)) }

// settles reports whether a run passed, as its exit status shows, and has the test command of the other one: that may then hide its own status, as one
// does that counts the tests.
func (r run) settles(other run, t shell.Run) bool {
	return r.Answered && !r.Failed && !r.away && slices.ContainsFunc(r.tests, func(own shell.Run) bool {
		return r.decides(own) && slices.Equal(plain(own), plain(t)) && r.folder(own) == other.folder(t)
	})
}

// counts reports whether a run only shows something of tests that another one has settled.
func (r run) counts(settled run) bool {
	printed, _ := printedStatus(r)
	return !printed && len(r.results) == 0 && !slices.ContainsFunc(r.tests, func(t shell.Run) bool { return r.decides(t) || !settled.settles(r, t) })
}

// builds reports whether a run only builds or checks, as far as its text and output show, and the gate was not asked for that instead of tests.
func (r run) builds(at Place) bool {
	if onlyChecks(r.Output) {
		return len(r.results) == 0
	}
	return !some().MatchString(r.Output) && !slices.ContainsFunc(r.tests, func(t shell.Run) bool {
		return isTest(t) || !buildsOnly().MatchString(t.Text()) || strings.Contains(at.Prompt, t.Text())
	})
}

// ranNone reports whether the output of a run says that no test ran.
func (r run) ranNone() bool {
	return noTests(r.Output+"\n"+r.read) && !slices.ContainsFunc(r.results, result.ran)
}

// empty reports whether every summary in a run's output counts no test, and none can be missing.
func (r run) empty() bool {
	whole := len(r.logs()) == 0 && !slices.ContainsFunc(r.tests, func(t shell.Run) bool { return t.Piped })
	return len(r.results) > 0 && !slices.ContainsFunc(r.results, func(res result) bool { return res.all != (Counts{}) || res.failed || !res.exact && !whole })
}

// shows reports whether what a run printed may be of tests: it has counts, or it is the output of a test command and not of a script that only prints.
func (r run) shows() bool {
	switch {
	case onlyEmpty(r.Output), onlyChecks(r.Output), r.ranNone():
		return false
	case len(r.results) > 0, some().MatchString(r.Output), silent(r):
		return true
	}
	return (r.testsByName() || slices.ContainsFunc(r.tests, isTest)) && strings.TrimSpace(scripts().ReplaceAllString(r.Output, "")) != ""
}

// untilPass matches a loop that runs something until it succeeds, with what it runs.
var untilPass = lazyregexp.New(`\b(?:until|while\s+!)\s+([^;\n]+)|\bdo\s+([^;\n]+?)\s*&&\s*break\b`)

// repeats reports whether the command runs the tests again if they fail.
func (r run) repeats() bool {
	for _, loop := range untilPass().FindAllStringSubmatch(r.Command, -1) {
		if slices.ContainsFunc(commands(loop[1]+loop[2]), isTest) {
			return true
		}
	}
	return strings.Contains(r.Command, "||") && slices.ContainsFunc(r.tests[1:], func(t shell.Run) bool { return slices.Equal(plain(t), plain(r.tests[0])) && t.Dir == r.tests[0].Dir })
}

// again reports whether the command runs the same tests several times, as one does that runs them without the work first.
func (r run) again() bool {
	return len(r.tests) > 1 && !slices.ContainsFunc(r.tests, func(t shell.Run) bool { return !slices.Equal(plain(t), plain(r.tests[0])) })
}

// lastOf returns the last result of each runner.
func lastOf(results []result) []result {
	return lastOfEach(results, func(r result) string { return r.runner })
}
