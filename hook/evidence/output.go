package evidence

import (
	"path"
	"slices"
	"strings"
	"time"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

var (
	// outputEdit matches a program in a pipe that changes or leaves out what a test runner says of failures.
	outputEdit = lazyregexp.New(`(?i)\|\s*(?:(?:sed|perl|awk)\b[^|;&\n]*(?:\bs[/|,#][^|;&\n]*(?:fail|pass|error|not ok)|g?sub\([^|;&\n]*(?:fail|pass|error|not ok))|[ef]?grep\s+(?:-\w+\s+)*(?:-\w*v\w*|--invert-match)\s[^|;&\n]*(?:fail|error|not ok))`)
	// searches matches a program in a pipe that shows only some lines, or parts of them, with its arguments. ofPasses matches those that choose the
	// count of the passed tests, which may stand in another line than that of the failed ones, and ofFailures what chooses both.
	searches   = lazyregexp.New(`\|\s*[ef]?grep\s+((?:"[^"\n]*"|'[^'\n]*'|[^|;&\n"'])*)`)
	ofPasses   = lazyregexp.New(`(?i)^(?:-\w*o\w*\s.*pass|(?:-[a-uw-z]+\s+)*["']?(?:[^-].*)?\bpass(?:ing)?\b)`)
	ofFailures = lazyregexp.New(`(?i)fail|error|not ok|test|total|result|summary|[.][*]`)
	// sourceFolder matches the options by which test runners read a project in another folder.
	sourceFolder = lazyregexp.New(`\b(?:(?:npm|pnpm|yarn|bun)\s(?:.*?\s)?(?:--prefix|--cwd|--dir|-C)|go\s+(?:test\s+)?-C|g?make\s(?:.*?\s)?(?:-C|--directory)|env\s(?:.*?\s)?(?:-C|--chdir)|cargo\s(?:.*?\s)?(?:-C|--manifest-path)|(?:mvn|mvnw)\s(?:.*?\s)?(?:-f|--file)|(?:gradle|gradlew)\s(?:.*?\s)?(?:-p|--project-dir)|py\.?test\s(?:.*?\s)?--rootdir|` +
		`(?:npx\s+)?(?:jest|vitest)\s(?:.*?\s)?(?:--rootDir|--root))[ =]("[^"\n]*"|'[^'\n]*'|[^\s;&|)]+)`)
	// shared matches what a test command may use of another worktree: what is installed there, and configurations.
	shared = lazyregexp.New(`(?:^|/)(?:node_modules|vendor|site-packages|\.?v?env|\.tox|\.nox|bin)(?:/|$)|config|\.(?:ini|toml|cfg|conf|json|ya?ml|xml|env|lock|txt|log)$`)
	// takesWorkAway matches git commands that take the changes out of a worktree, or put other files there; bringsWorkBack those that undo a stash.
	takesWorkAway  = lazyregexp.New(`^(?:\S*/)?git\b(?:\s+-[cC]\s+\S+)*\s+(?:stash(?:\s+(?:push|save|-\S+).*)?$|reset\s+(?:\S+\s+)*--hard\b|(?:checkout|restore)\s+(?:\S+\s+)*\.$|checkout\s+(?:-f|--force)\b|clean\s+-\w*f)`)
	bringsWorkBack = lazyregexp.New(`^(?:\S*/)?git\b(?:\s+-[cC]\s+\S+)*\s+stash\s+(?:pop|apply)\b`)
)

// awayAfter reports whether the work is out of the worktree after a script, if it was or was not before.
func awayAfter(script []shell.Run, before bool) bool {
	for _, r := range script {
		switch text := r.Text(); {
		case takesWorkAway().MatchString(text):
			before = true
		case bringsWorkBack().MatchString(text):
			before = false
		}
	}
	return before
}

// awayAt is awayAfter for the part of a script before the last command like that one.
func awayAt(script []shell.Run, before bool, test shell.Run) bool {
	for i, r := range slices.Backward(script) {
		if r.Dir == test.Dir && slices.Equal(r.Words, test.Words) {
			return awayAfter(script[:i], before)
		}
	}
	return before
}

// logs returns the files that get all of the standard output of a run's tests; nil if some of it is the output of its command.
func (r run) logs() (list []string) {
	for _, t := range r.tests {
		if t.Output == "" {
			return nil
		}
		list = append(list, t.Output)
	}
	return list
}

// silent reports whether the output of a run's command cannot be that of its tests: it all goes to files, and the command shows none of them.
func silent(r run) bool {
	logs := r.logs()
	return len(logs) > 0 && !slices.ContainsFunc(logs, func(log string) bool { return mayBe(log, r.Command, 2) })
}

// shownBy reports whether a later tool use may show the output of a run.
func shownBy(r run, u Use) bool {
	logs := r.logs()
	if r.failed && len(logs) == 0 {
		return false // it has shown that itself, and another file cannot take that back
	}
	if len(logs) == 0 || u.Tool == "BashOutput" || u.Tool == "TaskOutput" {
		return true
	}
	return slices.ContainsFunc(logs, func(log string) bool { return mayBe(log, u.Path+"\n"+u.Command, 1) })
}

// mayBe reports whether a text names a log that often, or may, because the log's name or the text has what only the shell knows.
func mayBe(log, text string, times int) bool {
	if strings.HasPrefix(log, "/dev/") {
		return false
	}
	return strings.ContainsAny(log, "$*?`{~") || strings.Count(text, path.Base(log)) >= times || strings.ContainsAny(text, "*?")
}

// editsOutput reports whether a command changes what its tests print.
func editsOutput(command string) bool {
	if outputEdit().MatchString(command) {
		return true
	}
	return slices.ContainsFunc(searches().FindAllStringSubmatch(command, -1), func(match []string) bool {
		return ofPasses().MatchString(match[1]) && !ofFailures().MatchString(match[1])
	})
}

// withoutOwnWords removes from an output the lines that the command has in its own text: it printed them, and no test runner did.
func withoutOwnWords(output, command string) string {
	if !ownWords().MatchString(command) {
		return output
	}
	var b strings.Builder
	for line := range strings.Lines(output) {
		if text := strings.TrimSpace(line); len(text) < minOwnWords || !strings.Contains(command, text) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// ownWords matches a command that may print words of its own.
var ownWords = lazyregexp.New(`echo|printf|<<|\s-[ecrp]\s|--eval`)

// maxLooked bounds the words of a tool use that are looked for as files.
const maxLooked = 64

// withoutOlder removes from the output of a tool use the lines of files that it prints and that are copies, or were last changed before a time: they
// are of no run that began then.
func withoutOlder(p Place, u Call, output string, began time.Time, made copies) string {
	if p.Read == nil || began.IsZero() || len(parse(output)) == 0 {
		return output
	}
	lines := strings.SplitAfter(cleaned(output), "\n")
	for _, name := range shownFiles(u) {
		text, changed := p.Read(name)
		if text == "" || !changed.Before(began) && !made[name] || len(parse(text)) == 0 {
			continue
		}
		of := map[string]int{}
		for line := range strings.Lines(cleaned(text)) {
			of[strings.TrimSpace(line)]++
		}
		for i, line := range slices.Backward(lines) { // what a command prints after the tests is more often a file
			if key := strings.TrimSpace(line); of[key] > 0 {
				of[key]--
				lines[i] = "\n"
			}
		}
	}
	return strings.Join(lines, "")
}

// shownFiles returns the absolute paths of what may be a file that a tool use prints.
func shownFiles(u Call) (names []string) {
	add := func(dir, name string) {
		if !path.IsAbs(name) {
			name = path.Join(dir, name)
		}
		if path.IsAbs(name) && !strings.ContainsAny(name, "$*?`{~") && len(names) < maxLooked && !slices.Contains(names, name) {
			names = append(names, path.Clean(name))
		}
	}
	if u.Path != "" {
		add(u.Dir, u.Path)
	}
	for _, r := range u.Script {
		if isTest(r) {
			continue
		}
		for _, word := range slices.Concat(r.Bare(), r.Sources) {
			if word != "" && !strings.HasPrefix(word, "-") {
				add(u.folder(r), word)
			}
		}
	}
	return names
}

// minOwnWords is the length of the shortest line that is looked for in a command, in bytes.
const minOwnWords = 6

// sourcesOf returns the folder whose project a command tests by an option; "" if it has no such option.
func sourcesOf(command string) string {
	found := sourceFolder().FindStringSubmatch(command)
	if found == nil {
		return ""
	}
	dir := strings.Trim(found[1], `"'`)
	if strings.HasSuffix(dir, ".toml") || strings.HasSuffix(dir, ".xml") {
		dir = path.Dir(dir)
	}
	return strings.TrimSuffix(dir, "/")
}

// Named returns the names of files and folders in the commands that build or run tests: the first and the last element of each word that may be a path,
// and of the value of each option.
func Named(calls []Call) (names []string) {
	add := func(name string) {
		if name != "" && name != "." && name != ".." && len(names) < maxLooked && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, u := range calls {
		for _, r := range u.Script {
			if !isTest(r) && !buildsOnly().MatchString(r.Text()) {
				continue
			}
			for _, word := range r.Bare() {
				for _, part := range strings.FieldsFunc(word, func(c rune) bool { return strings.ContainsRune("=:,", c) }) {
					if !strings.HasPrefix(part, "-") && !strings.ContainsAny(part, "$*?`{~") {
						first, _, _ := strings.Cut(path.Clean(part), "/")
						add(first)
						add(path.Base(part))
					}
				}
			}
		}
	}
	return names
}
