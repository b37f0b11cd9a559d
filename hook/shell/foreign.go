package shell

import (
	"cmp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// languages are programs that run scripts in other languages than the shell's.
var languages = []string{"python", "python3", "node", "ruby", "perl", "php", "deno", "bun"}

// foreignScript matches a script that is in another language than the shell's, by its first line.
var foreignScript = lazyregexp.New(`^#!\s*\S*(?:/env\s+(?:-\S+\s+)*)?\S*(?:python|node|ruby|perl|php|deno|bun|tsx)`)

// printing matches a line of a script in another language that only prints or does nothing.
var printing = lazyregexp.New(`^\s*(?:(?:print|puts|console\.log|sys\.exit|process\.exit|exit)\b.*|(?:import|from|use|#|//).*)?$`)

// calls matches what a line that prints may have to run another program first.
var calls = lazyregexp.New(`\b(?:subprocess|os|system|spawn\w*|exec\w*|popen|require|child_process|import)\b`)

// loads matches what a text in another language than the shell's may have to run another program, to load a file, or to ask a server; standard
// matches lines that load only what does none of that.
var (
	loads = lazyregexp.New(`(?i)\b(?:import|require\w*|exec\w*|eval|spawn\w*|system|popen\w*|fork|fetch|function\s*\(\s*["']|new\s+Function|Deno|Bun|load\w*|include\w*|open\w*|q[xr]|use|modules|kernel|process\.(?:binding|dlopen|mainModule)|` +
		`globalThis|getattr|globals|compile|constructor|socket\w*|XMLHttpRequest|WebSocket|do)\b|__|` + "`")
	// templates matches text in JavaScript, in which backquotes run nothing.
	templates = lazyregexp.New(`\bconsole\.\w|\bprocess\.\w`)
	standard  = lazyregexp.New(`(?m)^\s*(?:import\s+(?:sys|time|random|math|json|re|datetime)(?:\s*,\s*(?:sys|time|random|math|json|re|datetime))*|from\s+(?:sys|time|random|math|datetime)\s+import\s+\w+|use\s+(?:strict|warnings)\s*;)\s*(?:#.*)?$`)
)

// inert reports whether a text in another language than the shell's runs no tests, whatever it prints: all its lines only print, or it loads and
// starts nothing.
func inert(text string) bool {
	if prints(text) {
		return true
	}
	rest := standard().ReplaceAllString(text, "")
	if templates().MatchString(rest) {
		rest = strings.ReplaceAll(rest, "`", "")
	}
	return text != "" && !loads().MatchString(rest)
}

// prints reports whether all lines of a text in another language than the shell's only print.
func prints(text string) bool {
	some := false
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); !printing().MatchString(line) || strings.Contains(line, "(") && calls().MatchString(line) {
			return false
		}
		some = some || strings.Contains(line, "(") && !strings.HasPrefix(strings.TrimSpace(line), "#")
	}
	return some
}

// literal matches a short text in quotes.
const literal = `(?:"([^"\n]+)"|'([^'\n]+)')`

// opensFile matches what a script in another language does to write a file, with the path that it names, and literals its texts.
var (
	opensFile = lazyregexp.New(`\bopen\s*\(\s*` + literal + `\s*,\s*(?:mode\s*=\s*)?["'][wax]|\bPath\(\s*` + literal + `\s*\)\.write_|\b(?:(?:write|append)File(?:Sync)?|File\.write|file_put_contents)\(\s*` + literal + `\s*,`)
	literals  = lazyregexp.New(`(?s)"""(.*?)"""|'''(.*?)'''|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|` + "`([^`]*)`")
	// takesIn matches what a script may get a text from that its own does not show.
	takesIn = lazyregexp.New(`\bread|\bcopy|\bsubprocess|\burl|\brequests\b|\binput\(|\bargv\b`)
)

// scriptOf returns the text of the script in another language that a command has in its words or at its input; "" if it is in a file.
func scriptOf(r Run) string {
	words := r.Bare()
	if len(words) == 0 || !slices.Contains(languages, argv.Program(words[0])) {
		return ""
	}
	return cmp.Or(argv.ReadLeading(words[1:], "-c -e -r --eval").Value("-c", "-e", "-r", "--eval"), r.Input)
}

// WrittenByScript returns the paths of the files that a script in another language in the text of a command visibly writes.
func WrittenByScript(r Run) (files []string) {
	for _, match := range opensFile().FindAllStringSubmatch(scriptOf(r), -1) {
		files = append(files, cmp.Or(match[1:]...))
	}
	return files
}

// scripted remembers the files that a script in another language writes, each with all the other texts in it. Where the script takes in others, the
// texts are not known.
func (f *follow) scripted(r Run) {
	files := WrittenByScript(r)
	if len(files) == 0 {
		return
	}
	script := scriptOf(r)
	var texts []string
	for _, match := range literals().FindAllStringSubmatch(script, -1) {
		text := cmp.Or(match[1], match[2], match[3], match[4], match[5])
		if len(text) > 2 && !slices.Contains(files, text) {
			texts = append(texts, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\'`, `'`).Replace(text))
		}
	}
	for _, file := range files {
		if takesIn().MatchString(script) {
			f.write(file, "")
			continue
		}
		f.write(file, strings.Join(texts, "\n"))
	}
}
