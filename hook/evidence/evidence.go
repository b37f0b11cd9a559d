// Package evidence compares what a gate reports with what its transcript shows: which commands ran, where, how they ended, which counts
// their output has, and which files were read. It is pure but for Place.Read.
package evidence

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/shell"
)

// Use is one tool use of a gate's agent.
type Use struct {
	// Tool is the tool's name as the host has it. Command is the input of Bash or PowerShell, Path the input of Read, Grep or Edit.
	Tool, Command, Path string
	// Names are the texts of one line in the input of a server's tool: commands, and paths.
	Names []string
	// Dir is the folder that the session was in; "" if unknown.
	Dir string
	// Output is the result, or its beginning and its end.
	Output string
	// Failed means that the result is an error; for a command, an exit status other than 0. Answered means that there is a result.
	Failed, Answered bool
	// Content is what a tool wrote into the file, and Replaced are the texts that it replaced there, each with the new one.
	Content  string
	Replaced [][2]string
	// Elsewhere means that it looked into another worktree of the repository. Its files may be other ones.
	Elsewhere bool
	Time      time.Time
}

// Place is the worktree that a gate is for.
type Place struct {
	// Names are the paths by which a command can name the worktree, absolute or relative.
	Names []string
	// Others are the absolute paths of other worktrees of the repository, the main one too.
	Others []string
	// Prompt is what the gate was asked for.
	Prompt string
	// Since is when the work that the gate checks stopped; the zero time if unknown.
	Since time.Time
	// Read returns the text of a file, and when that was last changed; "" if it cannot be read. It may be nil.
	Read func(name string) (text string, changed time.Time)
}

// Counts are counts of tests. An unknown count is -1.
type Counts struct{ Passed, Failed, Skipped, Total int }

// unknown has no known count.
var unknown = Counts{-1, -1, -1, -1}

// Claim is what a gate's result says about its own work.
type Claim struct {
	// Commands are the commands that it says it ran.
	Commands []string
	Counts   Counts
	// Reviewed are the files that it says it read.
	Reviewed []string
}

// Kind is what a finding is about.
type Kind int

const (
	// Contradicted means that the transcript contradicts the result.
	Contradicted Kind = iota
	// NotShown means that the transcript does not show it.
	NotShown
	// Noted is worth knowing, and the pass counts.
	Noted
)

// Finding is one part of a gate's result that its transcript does not show. Text says what was reported, what was seen and what to do; it quotes
// values from agents.
type Finding struct {
	Kind Kind
	Text string
}

// maxShown is the maximum length of a command or path in a finding, in characters.
const maxShown = 160

func show(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxShown {
		return strconv.Quote(string(runes[:maxShown])) + "…"
	}
	return strconv.Quote(text)
}

func finding(kind Kind, format string, args ...any) Finding {
	return Finding{kind, fmt.Sprintf(format, args...)}
}

// Tests checks the pass of a gate that runs tests.
func Tests(c Claim, calls []Call, at Place) []Finding {
	calls = slices.DeleteFunc(slices.Clone(calls), func(u Call) bool { return u.Time.Before(at.Since) && !u.Time.IsZero() })
	var claims []shell.Run
	var findings []Finding
	for _, text := range c.Commands {
		if !isCommand(text) {
			continue
		}
		claimed := commands(trimmed(text))
		claims = append(claims, claimed...)
		if !slices.ContainsFunc(calls, func(u Call) bool { return matches(claimed, u.Script) }) {
			findings = append(findings, finding(Contradicted, "you report that you ran %s, but your transcript has no such command since the work stopped; run it, or report what you did run", show(text)))
		}
	}
	if len(findings) > 0 {
		return findings
	}
	if f, part := partial(claims, calls, at); part {
		return []Finding{f}
	}
	runs := testRuns(calls, claims, at)
	if len(runs) == 0 {
		if own := ownScript(calls, claims); own != "" {
			return []Finding{finding(Contradicted, "%s runs no tests: you wrote what it runs, and that runs none; run the project's own tests and report what they say", show(own))}
		}
		return []Finding{finding(NotShown, "your transcript shows no test command since the work stopped; run the tests in the worktree and report what they say")}
	}
	all := runs
	runs = latest(runs, at)
	for _, r := range runs {
		if f, bad := r.check(at); bad {
			findings = append(findings, f)
		}
	}
	if len(findings) > 0 {
		return findings
	}
	if f, none := ranNone(c.Counts, runs); none {
		return []Finding{f}
	}
	if findings = disagree(c.Counts, runs); len(findings) > 0 {
		return findings
	}
	if f, part := selected(runs, at); part {
		findings = append(findings, f)
	}
	return append(findings, flaky(all, at)...)
}

// flaky returns a note if a run failed that a later one of the same commands replaces: the tests fail sometimes, or the first run lacked something.
func flaky(runs []run, at Place) []Finding {
	for i, r := range runs {
		_, elsewhere := r.elsewhere(at)
		if r.failed && !elsewhere && slices.ContainsFunc(runs[i+1:], func(later run) bool { return r.replacedBy(later, at) && !later.failed }) {
			return []Finding{finding(Noted, "%s failed before it passed, and the gate may not say why; the tests may be flaky", show(r.Command))}
		}
	}
	return nil
}

// ranNone returns a finding if the outputs of all runs say that no test ran; false if a test ran, or if the result says that none did.
func ranNone(claimed Counts, runs []run) (Finding, bool) {
	if claimed.Passed == 0 || claimed.Total == 0 {
		return Finding{}, false
	}
	for _, r := range runs {
		if slices.ContainsFunc(r.results, result.ran) || !noTests(r.Output) && !slices.ContainsFunc(r.results, result.skipped) {
			return Finding{}, false
		}
	}
	return finding(NotShown, "the output of %s says that no test ran; run the tests of the project, or report 0 passed if it has none", show(runs[len(runs)-1].Command)), true
}

// Call is a tool use with the commands that it ran.
type Call struct {
	Use
	// Script are the simple commands of a shell, in their order. It is empty for another tool, and for a command that cannot be followed.
	Script []shell.Run
}

// Follow returns the tool uses of an agent with the commands that each ran. It needs all of them, from the first one: what the agent wrote into files
// decides what later commands run.
func Follow(uses []Use) []Call {
	var f shell.Follower
	var list []Call
	for _, u := range uses {
		next := Call{Use: u}
		f.In(u.Dir)
		switch {
		case u.Tool == "Bash":
			next.Script = f.Follow(u.Command)
		case u.Tool == "PowerShell":
			next.Script = f.Follow(fromPowerShell(u.Command))
		case strings.HasPrefix(u.Tool, "mcp__"):
			next = ofServer(u, &f)
		case u.Content != "" && u.Answered && !u.Failed:
			f.Wrote(u.Path, u.Content)
		case len(u.Replaced) > 0 && u.Answered && !u.Failed:
			f.Replaced(u.Path, u.Replaced)
		}
		list = append(list, next)
	}
	return list
}

// ofServer returns the use of a tool of an MCP server, with the command in its input that runs tests, or with the tool itself if its name says that it
// does. The folder is the one that its input names. Its result has no exit status.
func ofServer(u Use, f *shell.Follower) Call {
	for _, name := range u.Names {
		if path.IsAbs(name) {
			u.Dir = name
		}
	}
	f.In(u.Dir)
	next := Call{Use: u}
	for _, name := range u.Names {
		if script := f.Follow(name); isCommand(name) && slices.ContainsFunc(script, isTest) {
			next.Command, next.Script = name, script
		}
	}
	if next.Script == nil && serverTests().MatchString(u.Tool) {
		next.Command, next.Script = u.Tool, []shell.Run{{Words: []string{u.Tool}}}
	}
	for i := range next.Script {
		next.Script[i].Decides = false
	}
	var output strings.Builder
	for line := range strings.Lines(unescaped.Replace(u.Output)) {
		text := strings.TrimSpace(line)
		if len(text) < minOwnWords || !slices.ContainsFunc(u.Names, func(name string) bool { return strings.Contains(name, text) }) {
			output.WriteString(line)
		}
	}
	next.Output = output.String()
	return next
}

// itself reports whether a command stands for the server's tool: its name says that it runs tests.
func (u Use) itself(r shell.Run) bool {
	return serverTests().MatchString(u.Tool) && slices.Equal(r.Words, []string{u.Tool})
}

// unescaped has the lines of an output that a server puts into a JSON string.
var unescaped = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\"`, `"`)

// run is one test run.
type run struct {
	Use
	// tests are the commands that run tests.
	tests []shell.Run
	// results are the summaries of known runners, in this output and in what the agent read until its next run.
	results []result
	// edited means that its text changes what the tests print, and away that the work was not there when they ran.
	edited, away bool
	// failed means that its own output says that tests failed.
	failed bool
}

// testRuns returns the tool uses that run tests, with the results that followed each of them.
func testRuns(calls []Call, claims []shell.Run, at Place) []run {
	var runs []run
	away, made := false, copies{}
	for _, u := range calls {
		made.follow(u, runs)
		tests := slices.DeleteFunc(slices.Clone(u.Script), func(r shell.Run) bool {
			return r.Opened || idle(r) || !u.itself(r) && !runsTests(r, claims) && (r.Within == nil || !runsTests(*r.Within, claims))
		})
		if len(tests) > 0 {
			r := run{Use: u.Use, tests: tests, edited: editsOutput(u.Command), away: awayAt(u.Script, away, tests[0])}
			if !r.silent() && !r.edited {
				r.results = parse(at.withoutOlder(u, withoutOwnWords(u.Output, u.Command), u.Time, made))
			}
			r.failed = slices.ContainsFunc(r.results, func(res result) bool { return res.failed || res.counts.Failed > 0 })
			runs = append(runs, r)
		} else if n := len(runs); n > 0 && showsOutput(u) && runs[n-1].shownBy(u.Use) {
			runs[n-1].results = append(runs[n-1].results, parse(at.withoutOlder(u, withoutOwnWords(u.Output, u.Command), runs[n-1].Time, made))...)
		}
		away = awayAfter(u.Script, away)
	}
	return runs
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

// folder returns the folder in which a command of the tool use ran; "" if unknown.
func (u Use) folder(r shell.Run) string {
	if path.IsAbs(r.Dir) {
		return r.Dir
	}
	return path.Join(u.Dir, r.Dir)
}

// showsOutput reports whether a tool use may show the output of an earlier command: a log that is read, or the output of a background command.
func showsOutput(u Call) bool {
	switch u.Tool {
	case "Read", "BashOutput", "TaskOutput", "Grep":
		return true
	case "Bash", "PowerShell":
		return reads(u.Script)
	}
	return false
}

// latest returns the runs that no later one replaces, in order.
func latest(runs []run, at Place) (last []run) {
	for i, r := range runs {
		if !slices.ContainsFunc(runs[i+1:], func(later run) bool { return r.replacedBy(later, at) }) && !r.compares(runs, at) {
			last = append(last, r)
		}
	}
	return last
}

// compares reports whether a run outside the worktree is one of the same commands as another in it: a gate may look whether the tests fail without the
// work, too. One that names the tests of another worktree has other words.
func (r run) compares(runs []run, at Place) bool {
	if _, elsewhere := r.elsewhere(at); !elsewhere {
		return false
	}
	named := slices.ContainsFunc(r.tests, func(t shell.Run) bool { return r.operandIn(t, at) != "" || sourcesOf(t.Text()) != "" })
	return slices.ContainsFunc(runs, func(other run) bool {
		_, elsewhere := other.elsewhere(at)
		return !elsewhere && (named || slices.EqualFunc(r.tests, other.tests, func(a, b shell.Run) bool { return slices.Equal(plain(a), plain(b)) }))
	})
}

// replacedBy reports whether a later run is the same one again: the same commands, but for how their output looks, in the same folders. It also replaces
// one outside the worktree, and any run replaces one in which no test ran.
func (r run) replacedBy(later run, at Place) bool {
	if r.Failed && noTests(r.Output) {
		return true
	}
	_, elsewhere := r.elsewhere(at)
	return slices.EqualFunc(r.tests, later.tests, func(a, b shell.Run) bool {
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
		return finding(Contradicted, "%s takes the work away before it runs the tests, so that run was of other work; run them on the work as it is", name), true
	}
	if dir, elsewhere := r.elsewhere(at); elsewhere {
		return finding(Contradicted, "%s ran in %s; run it in the worktree %s", name, show(dir), show(at.Names[0])), true
	}
	failed, counted := 0, false
	for _, res := range lastOf(r.results) {
		counted = true
		failed += max(res.counts.Failed, 0)
		if res.failed && failed == 0 {
			failed = 1
		}
	}
	switch {
	case counted && failed > 0:
		return finding(Contradicted, "the gate is passed, but the output of %s says that %d failed; run it again or report FAIL", name, failed), true
	case strings.Contains(r.Command, "--if-present") && !counted && strings.TrimSpace(r.Output) == "" && !r.silent():
		return finding(NotShown, "%s printed nothing, so there is no such script; run the tests of the project, or report that it has none", name), true
	case !r.Answered:
		return finding(NotShown, "%s has no result in your transcript; run it again and wait for its end", name), true
	}
	background := strings.Contains(r.Output, "running in background")
	decides := func(t shell.Run) bool {
		return t.Decides && !background && !ignoresFailures().MatchString(withSettings(t))
	}
	hidden := r.edited || slices.ContainsFunc(r.tests, func(t shell.Run) bool { return !decides(t) })
	printed, statuses := r.printedStatus()
	switch {
	case printed && slices.ContainsFunc(statuses, func(n int) bool { return n != 0 }):
		return finding(Contradicted, "the gate is passed, but the exit status that %s printed is not 0; report FAIL, or run it again", name), true
	case r.Failed && slices.ContainsFunc(r.tests, decides):
		return finding(Contradicted, "the gate is passed, but %s failed: its exit status was not 0; report FAIL, or run it again", name), true
	case counted, printed, !hidden:
		return Finding{}, false
	}
	return finding(NotShown, "%s hides the exit status of the tests, and its output has no counts of a known test runner; run it without a pipe, || true or a command after it", name), true
}

// elsewhere returns the folder of a run if that is not the worktree. If the folder is unknown, the run counts as in the worktree.
func (r run) elsewhere(at Place) (dir string, elsewhere bool) {
	if len(at.Names) == 0 {
		return "", false
	}
	for _, t := range r.tests {
		dir := sourcesOf(t.Text())
		if from := r.folder(t); dir != "" && !path.IsAbs(dir) && path.IsAbs(from) && !strings.ContainsAny(dir, "$`~") {
			switch dir = path.Join(from, dir); {
			case at.holds(dir):
				continue
			case holds(at.Others, dir):
				return dir, true
			}
		}
		if path.IsAbs(dir) && !at.holds(dir) && !at.named(dir) {
			return dir, true
		}
		if dir := r.operandIn(t, at); dir != "" {
			return dir, true
		}
		dir = r.folder(t)
		if dir == "" || at.holds(dir) || at.named(t.Text()) {
			continue
		}
		if t.Dir != "" && holds(at.Others, dir) || !at.named(r.Command) {
			return dir, true // into another worktree, whatever the script names before that
		}
	}
	return "", false
}

// operandIn returns the path in another worktree that a test command gets as the place of its tests, if it gets none in its own; "" if there is none.
// A program, a configuration and what is installed may be shared.
func (r run) operandIn(t shell.Run, at Place) (found string) {
	words := t.Bare()
	if len(words) > 1 && slices.Contains(interpreters, path.Base(words[0])) && !strings.HasPrefix(words[1], "-") {
		words = words[1:]
	}
	for i, word := range words {
		if i == 0 || strings.HasPrefix(word, "-") || !strings.Contains(word, "/") && word != ".." || shared().MatchString(word) ||
			strings.HasPrefix(words[i-1], "-") && words[i-1] != "--" && !looks().MatchString(words[i-1]) {
			continue
		}
		name, _, _ := strings.Cut(word, "::")
		if at := strings.Index(name, ":/"); at > 1 { // a folder and where a container has it
			name = name[:at]
		}
		if from := r.folder(t); !path.IsAbs(name) && path.IsAbs(from) {
			name = path.Join(from, name)
		}
		switch {
		case at.holds(name):
			return ""
		case holds(at.Others, path.Clean(name)):
			found = path.Clean(name)
		}
	}
	return found
}

// named reports whether a command names the worktree, by its path or by its last element.
func (p Place) named(command string) bool {
	return slices.ContainsFunc(p.Names, func(name string) bool { return strings.Contains(command, path.Base(name)) })
}

func (p Place) holds(dir string) bool { return holds(p.Names, dir) }

// holds reports whether a folder is one of those, or in one.
func holds(folders []string, dir string) bool {
	return slices.ContainsFunc(folders, func(name string) bool {
		return dir == name || strings.HasPrefix(dir, strings.TrimSuffix(name, "/")+"/")
	})
}

// lastOf returns the last result of each runner.
func lastOf(results []result) []result {
	return lastOfEach(results, func(r result) string { return r.runner })
}

// disagree compares reported counts with those in the output. The report may be about one run or about all of them.
func disagree(claimed Counts, runs []run) []Finding {
	sum, found, exact := Counts{}, "", true
	var each []Counts
	for _, r := range runs {
		for _, res := range lastOf(r.results) {
			exact = exact && res.exact
			found = res.runner
			each = append(each, res.counts)
			sum.add(res.counts)
		}
	}
	if found == "" || !exact {
		return nil
	}
	if len(each) > 1 {
		each = append(each, sum)
	}
	if slices.ContainsFunc(each, claimed.agrees) {
		return nil
	}
	return []Finding{finding(Contradicted, "you report %s, but the output of %s says %s; report what the last run says", claimed, found, each[len(each)-1])}
}

func (c *Counts) add(other Counts) {
	for to, n := range map[*int]int{&c.Passed: other.Passed, &c.Failed: other.Failed, &c.Skipped: other.Skipped, &c.Total: other.Total} {
		*to += max(n, 0)
	}
}

// agrees reports whether no known count differs. A count of all tests may be given with or without the skipped ones.
func (c Counts) agrees(seen Counts) bool {
	same := func(a, b int) bool { return a < 0 || b < 0 || a == b }
	total := c.Total < 0 || seen.Total < 0 || c.Total == seen.Total || c.Total == seen.Total-max(seen.Skipped, 0) || c.Total == seen.Total+max(seen.Skipped, 0)
	passed := same(c.Passed, seen.Passed) || c.Passed == seen.Total && seen.Passed != 0
	return passed && same(c.Failed, seen.Failed) && same(c.Skipped, seen.Skipped) && total
}

// String returns "45 passed, 0 failed, 2 skipped".
func (c Counts) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{c.Passed, "passed"}, {c.Failed, "failed"}, {c.Skipped, "skipped"}} {
		if p.n >= 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d tests", max(c.Total, 0))
	}
	return strings.Join(parts, ", ")
}

// maxUnread is how many files one finding names.
const maxUnread = 5

// Review checks the pass of a gate that reads a change. changed are the changed files that still exist, relative to the worktree, and read returns the
// text of one; "" if it cannot be read. That a gate read none of them is said only if it launched no agent and used no tool that is not known here.
func Review(c Claim, calls []Call, changed []string, read func(name string) string) []Finding {
	var seen, elsewhere []Use
	known := true
	for _, u := range calls {
		known = known && slices.Contains(knownTools, u.Tool)
		switch {
		case !u.Answered || u.Failed || !showsContent(u):
		case u.Elsewhere:
			elsewhere = append(elsewhere, u.Use)
		default:
			seen = append(seen, u.Use)
		}
	}
	var unread []string
	copies := 0
	for _, name := range union(changed, c.Reviewed) {
		shown := func(u Use) bool { return u.shows(name, read) }
		if slices.ContainsFunc(seen, shown) {
			continue
		}
		if unread = append(unread, name); slices.ContainsFunc(elsewhere, shown) {
			copies++
		}
	}
	if len(unread) == 0 {
		return nil
	}
	var names []string
	for _, name := range unread[:min(maxUnread, len(unread))] {
		names = append(names, show(name))
	}
	more := ""
	if n := len(unread) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	if copies > 0 {
		more += fmt.Sprintf("; of %d of them it shows copies in another worktree; read them in the worktree of the work", copies)
	}
	if known && !slices.ContainsFunc(changed, func(name string) bool { return !slices.Contains(unread, path.Clean(name)) }) && len(changed) > 0 {
		return []Finding{finding(NotShown, "the transcript shows that none of the changed files was read: %s%s", strings.Join(names, ", "), more)}
	}
	return []Finding{finding(NotShown, "the transcript does not show that these files were read: %s%s", strings.Join(names, ", "), more)}
}

// knownTools are the client's tools of which it is known here what they show.
var knownTools = strings.Fields("Read NotebookRead Grep Glob LS Bash BashOutput KillShell TaskOutput TaskStop TodoWrite TaskCreate TaskUpdate TaskList TaskGet ToolSearch WebFetch WebSearch Write Edit")

// union returns the names in both lists without duplicates, as comparable paths.
func union(lists ...[]string) []string {
	var all []string
	for _, name := range slices.Concat(lists...) {
		name = path.Clean(strings.TrimSpace(name))
		known := slices.ContainsFunc(all, func(other string) bool { return other == name || strings.HasSuffix(name, "/"+other) })
		if name != "." && !known {
			all = append(all, name)
		}
	}
	return all
}

// shows reports whether a tool use shows content of the file: its input is the path, or its output or its command names it and the output has words of
// the file.
func (u Use) shows(name string, read func(name string) string) bool {
	if u.Path != "" && (u.Path == name || strings.HasSuffix(u.Path, "/"+name) || strings.HasSuffix(name, "/"+u.Path)) {
		return true
	}
	if u.Tool == "Read" {
		return false
	}
	named := strings.Contains(u.Output, name) || strings.Contains(u.Command, name) || strings.Contains(u.Command, "/"+path.Base(name))
	return u.hasWordsOf(name, read, named)
}

// maxCompared bounds the output of a command that is compared with a file. Of a longer one, only the beginning and the end are known.
const maxCompared = 16 << 10

// hasWordsOf reports whether the output of a tool use has words of a file; otherwise if the file's text, or all of the output, is not known. A file that
// is not named is shown by a whole line.
func (u Use) hasWordsOf(name string, read func(name string) string, named bool) bool {
	text := ""
	if read != nil && len(u.Output) < maxCompared {
		text = read(name)
	}
	parts, least := strings.Fields(text), minWord
	if !named {
		parts, least = strings.Split(text, "\n"), minLine
	}
	unknown := true
	for _, part := range parts {
		if part = strings.TrimSpace(part); len(part) < least || strings.ContainsRune(part, 0) {
			continue
		}
		if unknown = false; strings.Contains(u.Output, part) {
			return true
		}
	}
	return named && unknown
}

// The lengths of the shortest word, and of the shortest line, by which a file is known in an output, in bytes.
const (
	minWord = 4
	minLine = 24
)

// showsContent reports whether a tool use can show the content of files, and not only their names.
func showsContent(u Call) bool {
	switch u.Tool {
	case "Read", "NotebookRead":
		return true
	case "Grep":
		return lineInFile().MatchString(u.Output)
	}
	return slices.ContainsFunc(u.Script, showsFiles)
}
