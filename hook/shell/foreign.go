package shell

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

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

// scriptOptions are the options before a script in the words of a command, for each of the languages, and ownValued its other options with a value,
// which may be written together: -Itest. Sources: the manuals of the programs.
var (
	scriptOptions = map[string]string{"python": "-c", "node": "-e -p --eval --print", "ruby": "-e", "perl": "-e -E", "php": "-r", "deno": "", "bun": "-e --eval"}
	ownValued     = map[string]string{
		"python": "-W -X", "node": "-r -C --require --import --loader", "ruby": "-I -r -C -E -F -K -T -W -x --require", "perl": "-I -M -m -C -D -F -i -x",
		"php": "-d -c -f -z", "bun": "-r --require",
	}
)

// languageOf returns the language other than the shell's in which a program runs scripts; "" for none. The program's version may be in its name:
// python3.12.
func languageOf(program string) string {
	name := strings.TrimRight(program, "0123456789.")
	if name == "nodejs" {
		name = "node"
	}
	if _, known := scriptOptions[name]; !known {
		return ""
	}
	return name
}

// foreignOptions reads the arguments of a program of a language up to the file that it runs, and the script in them; "" for none.
func foreignOptions(language string, arguments []string) (o argv.Options, script string) {
	o = argv.ReadLeading(arguments, scriptOptions[language]+" "+ownValued[language])
	return o, o.Value(strings.Fields(scriptOptions[language])...)
}

// scriptOf returns the text of the script in another language that a command has in its words or at its input; "" if it is in a file.
func scriptOf(r Run) string {
	words := r.Bare()
	if len(words) == 0 || languageOf(argv.Program(words[0])) == "" {
		return ""
	}
	_, script := foreignOptions(languageOf(argv.Program(words[0])), words[1:])
	return cmp.Or(script, r.Input)
}

// WrittenByScript returns the paths of the files that a script in another language in the text of a command visibly writes.
func WrittenByScript(r Run) (files []string) {
	for _, match := range opensFile().FindAllStringSubmatch(scriptOf(r), -1) {
		files = append(files, cmp.Or(match[1:]...))
	}
	return files
}

var (
	// copiedFrom matches what a script copies, with the function that copies it.
	copiedFrom = lazyregexp.New(`\b(?:copytree|copy2?|copyfile|cpSync|cp|copyFile(?:Sync)?|move|rename(?:Sync)?)\s*\(\s*` + literal + `\s*,`)
	// outside matches a path that leads out of the folder of a script, in one text or in texts that are joined.
	outside = lazyregexp.New(`["'](?:\.\.|/)[^"'\n]*["'](?:(?:\s*,|\)?\s*/)\s*["'][^"'\n]*["'])*`)
)

// OutsideOfScript returns the paths out of its folder that a script in another language names, in the text of a command. It leaves out what the script
// copies from there, and all of a script that only reads.
func OutsideOfScript(r Run) (paths []string) {
	script := scriptOf(r)
	if script == "" || ReadsByScript(r) != "" {
		return nil
	}
	for _, match := range outside().FindAllString(copiedFrom().ReplaceAllString(script, "("), -1) {
		var parts []string
		for _, part := range literals().FindAllStringSubmatch(match, -1) {
			parts = append(parts, cmp.Or(part[3], part[4]))
		}
		paths = append(paths, path.Join(parts...))
	}
	return paths
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

// readCalls are the functions of Python and JavaScript that only read, compute or print.
var readCalls = strings.Fields(`print read readline readlines read_text read_bytes load loads safe_load dumps len sorted set list dict tuple str int float bool repr type
	isinstance enumerate range zip map filter sum min max any all round join split splitlines strip rstrip lstrip startswith endswith get items keys values append
	expanduser expandvars abspath realpath dirname basename exists isfile isdir getsize stat Path home cwd getcwd listdir walk glob rglob iterdir relative_to decode encode count index
	find findall finditer search match fullmatch group compile format lower upper title pprint exit getenv DictReader reader Counter most_common get_close_matches
	require readFileSync readdirSync existsSync statSync parse stringify log error table resolve relative homedir entries forEach reduce some every includes trim slice startsWith endsWith
	toString padEnd padStart test sort flat flatMap concat at fromEntries isArray then`)

var (
	// readOpen matches an open of Python that only reads, with what it opens; call matches a call of a function, and obscure what may call another one.
	readOpen = lazyregexp.New(`\bopen\s*\(((?:[^(),]|\((?:[^()]|\([^()]*\))*\))*)(?:,\s*(?:(?:mode\s*=\s*)?["']r[bt]?["']|(?:encoding|errors)\s*=\s*["'][\w-]+["'])\s*)*\)`)
	call     = lazyregexp.New(`(\w+)\s*\(`)
	obscure  = lazyregexp.New(`\]\s*\(|\)\s*\(|__|\bimport\b[^\n;]*\bas\s+(?:print|read|load|get)|>\s*["'~$/]|\brequire\s*\(\s*["'][^"']*/[^"']*\.(?:js|cjs|mjs|ts)["']`)
	// acting matches a function that changes files or runs programs, also where it is only handed to another one: map(os.remove, names).
	acting = lazyregexp.New(`\b(?:os\.(?:remove|replace|link|exec\w*|spawn\w*)|import\s[^\n;]*\b(?:remove|replace|move|run|call)|unlink|rmtree|rmdir|rmSync|rename|truncate|chmod|chown|` +
		`symlink|linkSync|makedirs|mkdir|write|append(?:File|_text)|createWriteStream|copy(?:file|tree|File)|cpSync|move|popen|Popen|system|execSync|execFile|spawn|subprocess|child_process|` +
		`eval|exec|setattr|getattr)\w*`)
	keywords = strings.Fields("if elif for while in and or not return with as print await async lambda function catch switch else yield assert del")
)

// ReadsByScript returns the script of Python or JavaScript in the text of a command that visibly only reads and prints; "" for any other command.
func ReadsByScript(r Run) string {
	words := r.Bare()
	if len(words) == 0 || another(r, words) || !python().MatchString(argv.Program(words[0])) && argv.Program(words[0]) != "node" {
		return ""
	}
	script := cmp.Or(argv.ReadLeading(words[1:], "-c -e -p --eval --print").Value("-c", "-e", "-p", "--eval", "--print"), r.Input)
	text := readOpen().ReplaceAllString(script, "($1)")
	if obscure().MatchString(text) || acting().MatchString(text) || slices.ContainsFunc(call().FindAllStringSubmatch(text, -1), func(found []string) bool {
		return !slices.Contains(readCalls, found[1]) && !slices.Contains(keywords, found[1])
	}) {
		return ""
	}
	return script
}
