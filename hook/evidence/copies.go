package evidence

import (
	"path"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// copies are the absolute paths of files that the gate made of something else than the output of its tests.
type copies map[string]bool

// editsResult matches a script of sed or perl that changes what a log says of failures.
var editsResult = lazyregexp.New(`(?i)fail|pass|error|not ok`)

// follow takes in what the commands of a tool use copied, moved, touched or wrote by a script. What they made of a log of the runs, or of one that the
// tool use itself writes, is no copy.
func (c copies) follow(u Call, runs []run) {
	logs := map[string]bool{}
	for _, r := range runs {
		for _, log := range r.logs() {
			logs[u.absolute(r.folder(r.tests[0]), log)] = true
		}
	}
	for _, r := range u.Script {
		dir := u.folder(r)
		for _, log := range logsOf(r) {
			log = u.absolute(dir, log)
			logs[log] = true
			delete(c, log)
		}
		targets, sources, edits := madeBy(r)
		ofLog := !edits && slices.ContainsFunc(sources, func(word string) bool { return logs[u.absolute(dir, word)] })
		for _, target := range targets {
			switch target = u.absolute(dir, target); {
			case target == "" || strings.HasPrefix(target, "/dev/"):
			case ofLog:
				logs[target] = true
			default:
				c[target] = true
			}
		}
	}
}

// logsOf returns the files that get the output of tests, as written: of a test command, or of the command that it is piped to.
func logsOf(r shell.Run) []string {
	switch words := r.Bare(); {
	case isTest(r) && r.Output != "":
		return []string{r.Output}
	case program(words) == "tee":
		return shell.WrittenBy("tee", words[1:])
	}
	return nil
}

// madeBy returns the files that a command may make of others, and those others, as written. edits means that it changes what a log says.
func madeBy(r shell.Run) (targets, sources []string, edits bool) {
	words := r.Bare()
	if len(words) == 0 || isTest(r) {
		return nil, nil, false
	}
	sources = slices.Concat(words[1:], r.Sources)
	switch name := program(words); {
	case name == "tee":
		return nil, nil, false
	case slices.Contains(copiers, name):
		sources = words[1:max(1, len(words)-1)]
		for _, target := range shell.WrittenBy(name, words[1:]) {
			if targets = append(targets, target); target == "" {
				continue
			}
			for _, source := range words[1:] { // the target may be a folder
				targets = append(targets, path.Join(target, path.Base(source)))
			}
		}
	case (name == "sed" || name == "perl") && editsResult().MatchString(r.Text()):
		return shell.WrittenBy(name, words[1:]), nil, true
	case slices.Contains(printers, name) && name != "echo" && name != "printf":
		targets = []string{r.Output}
	default:
		targets = shell.WrittenByScript(r)
	}
	return targets, sources, false
}

// copiers are programs that make a file of another one, or look as if it were new.
var copiers = []string{"cp", "mv", "ln", "install", "rsync", "dd", "touch"}

// absolute returns the path of a file that a command names in a folder; "" if it is not known.
func (u Use) absolute(dir, name string) string {
	if name != "" && !path.IsAbs(name) {
		name = path.Join(dir, name)
	}
	if !path.IsAbs(name) {
		return ""
	}
	return path.Clean(name)
}
