package trace

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
)

// NamesFile reports whether a text names a file: by its path, by its base name, or by a folder that contains it, with a slash at the end.
func NamesFile(text, name string) bool {
	if NamesWhole(text, name) || NamesWhole(text, path.Base(name)) {
		return true
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if i := strings.Index(text, dir+"/"); i >= 0 && endsWord(text[:i]) && beginsWord(text[i+len(dir)+1:]) {
			return true
		}
	}
	return false
}

// NamesWhole reports whether a text contains a name that is not part of a longer one. A path may stand before it.
func NamesWhole(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		at += i
		if endsWord(text[:at]) && beginsWord(text[at+len(name):]) {
			return true
		}
		at++
	}
}

// endsWord reports whether a name can begin after that text; beginsWord reports whether one can end before it.
func endsWord(before string) bool {
	c, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || c == '/' || !isNameRune(c)
}

func beginsWord(after string) bool {
	c, size := utf8.DecodeRuneInString(after)
	if c == '.' || c == '-' { // the end of a sentence, or a dash
		next, _ := utf8.DecodeRuneInString(after[size:])
		return after[size:] == "" || !isNameRune(next)
	}
	return after == "" || !isNameRune(c)
}

func isNameRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_-./", c)
}

// MayChange reports whether a command names the file and may change it. A command that only reads the file does not, and neither does a command
// that copies it elsewhere.
func MayChange(command, name string) bool {
	return NamesFile(command, name) && NamesFile(changing(command), name)
}

// MayChangeWhole is MayChange for a command with the whole name, not only the end of it or a folder of it.
func MayChangeWhole(command, name string) bool {
	return NamesWhole(command, name) && NamesWhole(changing(command), name)
}

// separators end a simple command.
const separators = "&|;\n"

// changing returns the part of a command that may change files. It removes commands that only read, but keeps the targets of their redirections. It
// removes the sources of a copy. Changes of folder stay.
func changing(command string) string {
	var b strings.Builder
	command = harmless().ReplaceAllString(command, " ")
	document := strings.Contains(command, "<<")
	for at := 0; at < len(command); {
		part, end := command[at:], len(command)
		if i := unquoted(part, separators, document); i < len(part) {
			part, end = part[:i], at+i+1
		}
		words := strings.Fields(strings.ReplaceAll(part, `\;`, ";"))
		if whole, size := shell.SimpleCommand(part); size == len(part) {
			words = whole
		}
		written := part[unquoted(part, ">", document):]
		touched, known, _ := Touched(shell.Run{Words: words})
		if len(words) > 2 && words[0] == "gh" && readsByGH(words[1:]) {
			touched, known = nil, true
		}
		switch {
		case len(words) == 0 || words[0] == "cd":
			b.WriteString(part)
		case known:
			b.WriteString(strings.Join(touched, " "))
			if written != "" {
				b.WriteString(" " + written[1:])
			}
		default:
			b.WriteString(part)
		}
		b.WriteString(command[at+len(part) : end])
		at = end
	}
	return b.String()
}

// Touched is shell.Touched, and knows the commands of git that only read.
func Touched(r shell.Run) (words []string, known, lists bool) {
	if bare := r.Bare(); len(bare) > 0 && bare[0] == "git" {
		if o := argv.ReadLeading(bare[1:], "-C"); o.Only("-C", "--no-pager") && gitop.OnlyReads(o.Operands) {
			return nil, true, true
		}
	}
	return shell.Touched(r)
}

// unquoted returns where one of the characters is for the first time in a script outside of quotation marks and comments, and without a backslash
// before it; the length of the script if it is nowhere. The text of a document may have any marks, so in a script with one they mean nothing.
func unquoted(script, characters string, document bool) int {
	for i := 0; i < len(script); i++ {
		switch c := script[i]; {
		case strings.IndexByte(characters, c) >= 0:
			return i
		case document:
		case c == '\\':
			i++
		case c == '\'' || c == '"':
			i = closing(script, i)
		case c == '#' && (i == 0 || script[i-1] == ' '):
			i += strings.IndexByte(script[i:]+"\n", '\n') - 1
		}
	}
	return len(script)
}

// closing returns where the quotation mark at begin is closed; begin if it is not.
func closing(script string, begin int) int {
	for i := begin + 1; i < len(script); i++ {
		switch {
		case script[i] == script[begin]:
			return i
		case script[i] == '\\' && script[begin] == '"':
			i++
		}
	}
	return begin
}

// readsByGH reports whether the arguments of gh, which are two or more, make it only read.
func readsByGH(arguments []string) bool {
	return slices.Contains([]string{"checks", "diff", "list", "status", "view"}, arguments[1]) || arguments[0] == "api" && gitop.OfGH(arguments) == ""
}

// ChangesNothing reports whether a command only reads, as far as its text shows.
func ChangesNothing(command string) bool {
	if len(command) > shell.MaxCommand || strings.ContainsAny(command, "`") || strings.Contains(command, "$(") || strings.Contains(command, "<(") {
		return false
	}
	isSeparator := func(r rune) bool { return strings.ContainsRune(separators, r) }
	return !slices.ContainsFunc(strings.FieldsFunc(changing(command), isSeparator), func(part string) bool {
		words := strings.Fields(part)
		return len(words) > 0 && words[0] != "cd"
	})
}

// harmless matches redirections that write no file.
var harmless = lazyregexp.New(`[0-9]*>{1,2}[ \t]*(?:/dev/null|&[0-9-])|&>{1,2}[ \t]*/dev/null`)

// reaches reports whether the command unambiguously names a file of that folder, an absolute path: by its absolute path, or by a path relative to
// where the command runs. name is relative to the folder.
func reaches(c Command, root, name string) bool {
	whole := filepath.Join(root, filepath.FromSlash(name))
	if NamesWhole(c.Text, whole) || slices.Contains(named(c), whole) ||
		slices.ContainsFunc(c.names, func(given string) bool { return reaches((Command{Text: given, Dir: c.Dir}), root, name) }) {
		return true
	}
	dir, rest := runsIn(c)
	if dir == "" {
		return false
	}
	rel, err := filepath.Rel(dir, whole)
	return err == nil && namesRelative(rest, filepath.ToSlash(rel))
}

// maxFolders bounds the folders in a tool's input to which other parts of it may be relative.
const maxFolders = 8

// named returns the absolute names that the parts of a tool's input may stand for: each part may be relative to where the tool runs, or to another
// part.
func named(c Command) []string {
	folders := []string{c.Dir}
	var names []string
	for _, given := range c.names {
		if name := filepath.FromSlash(given); filepath.IsAbs(name) && len(folders) < maxFolders {
			folders = append(folders, filepath.Clean(name))
		}
	}
	for _, given := range c.names {
		name := filepath.FromSlash(given)
		if filepath.IsAbs(name) {
			names = append(names, filepath.Clean(name))
			continue
		}
		for _, folder := range folders {
			if folder != "" {
				names = append(names, filepath.Join(folder, name))
			}
		}
	}
	return names
}

// LastChanging returns the last command that unambiguously names a file of that worktree and may change it, or writes it by a pattern, a loop or a
// search; the zero Command if there is none. If the folder in which a command ran is uncertain, a path that leads out of a worktree below ./trees/
// is enough.
func LastChanging(ran []Command, root, name string) Command {
	return lastNaming(ran, root, name, func(Command) bool { return true })
}

// LastWriting is LastChanging where somebody else may have written the file. A command that does not visibly write it, and may only have read it, must
// have been running when it was last written.
func LastWriting(ran []Command, root, name string) Command {
	whole := filepath.Join(root, filepath.FromSlash(name))
	there := whole
	if !exists(whole) { // then its folder was written when it went
		there = filepath.Dir(whole)
	}
	return lastNaming(ran, root, name, func(c Command) bool { return c.From.IsZero() || wrote(c, there) || c.WritesIn(whole, "") })
}

// lastNaming returns the last command that visibly writes a file, or that names it, may change it and fits.
func lastNaming(ran []Command, root, name string, fits func(c Command) bool) Command {
	base := path.Base(name)
	for _, c := range slices.Backward(ran) {
		if writesUnnamed(c, root, name) {
			return c
		}
		if !strings.Contains(c.Text, base) && !slices.ContainsFunc(c.names, func(given string) bool { return strings.Contains(given, base) }) {
			continue // to parse a command takes much longer
		}
		if acts := acts(c); fits(c) && (reaches(acts, root, name) || !certain(acts) && strings.Contains(acts.Text, "../../"+name)) {
			return c
		}
	}
	return Command{}
}

// readingCall matches what a script of Python or JavaScript in a command does to read a file that it names.
var readingCall = lazyregexp.New(`\bopen\s*\(\s*(?:'[^'\n]*'|"[^"\n]*")\s*(?:,\s*(?:(?:mode\s*=\s*)?["']r[bt]?["']|(?:encoding|errors|newline)\s*=\s*["'][^"'\n]*["'])\s*)*\)|` +
	`\breadFile(?:Sync)?\s*\(\s*(?:'[^'\n]*'|"[^"\n]*")|\bPath\s*\(\s*(?:'[^'\n]*'|"[^"\n]*")\s*\)\s*\.\s*read_\w+`)

// acts returns the command without its parts that only read files or print text.
func acts(c Command) Command {
	c.Text = changing(readingCall().ReplaceAllString(screen.WithoutText(c.Text), " "))
	c.names = slices.Clone(c.names)
	for i, given := range c.names {
		c.names[i] = changing(given)
	}
	return c
}

// ChangingPaths is Paths of the part that may change files; nil if the command only reads and changes folders.
func (c Command) ChangingPaths() []string {
	acts, end := acts(c), 0
	for at := 0; at < len(acts.Text); {
		part := acts.Text[at:]
		if i := strings.IndexAny(part, "&|;\n"); i >= 0 {
			part = part[:i]
		}
		if words := strings.Fields(part); len(words) > 0 && words[0] != "cd" {
			end = at + len(part)
		}
		at += len(part) + 1
	}
	if acts.Text = acts.Text[:end]; acts.Text == "" {
		return nil // a change of folder at the end changes no file
	}
	return acts.Paths()
}

// FileTime is how far the time of a file may be behind the clock: a few ticks of the kernel.
const FileTime = 50 * time.Millisecond

// WrittenBefore reports whether a file was last written before that time, as far as both are known.
func WrittenBefore(name string, at time.Time) bool {
	info, err := os.Lstat(name)
	return err == nil && !at.IsZero() && info.ModTime().Before(at.Add(-FileTime))
}

// certain reports whether it is known in which folder the command runs.
func certain(c Command) bool {
	dir, _ := runsIn(c)
	return dir != ""
}

// RunsIn reports whether the command runs below root, by the changes of folder in its text, and not below except, which is "" or a folder in root.
func (c Command) RunsIn(root, except string) bool {
	dir, _ := runsIn(c)
	return dir != "" && below(dir, root, except)
}

func below(name, root, except string) bool {
	return site.Within(root, name) && (except == "" || !site.Within(except, name))
}

// target matches what output is redirected to, and source what input is redirected from.
var (
	target = lazyregexp.New(`>{1,2}[ \t]*([^\s;&|<>()]+)`)
	source = lazyregexp.New(`<[ \t]*[^\s;&|<>()]+`)
)

// WritesIn reports whether the text of the command shows that it writes to a file below root, and not below except, as in RunsIn.
func (c Command) WritesIn(root, except string) bool {
	acts := c
	acts.Text = harmless().ReplaceAllString(screen.WithoutText(c.Text), " ")
	dir, rest := runsIn(acts)
	names := quote.Each(target().FindAllStringSubmatch(rest, maxPaths), func(m []string) string { return m[1] })
	for _, simple := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("&|;\n()", r) }) {
		words := strings.Fields(source().ReplaceAllString(target().ReplaceAllString(simple, " "), " "))
		switch {
		case len(words) < 2:
		case words[0] == "sed" && strings.HasPrefix(words[1], "-i"): // its script was removed as text
			names = append(names, words[len(words)-1])
		default:
			names = append(names, shell.WrittenBy(words[0], words[1:])...)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		name = filepath.FromSlash(strings.Trim(name, `'"`))
		if name == "" || name[0] == '-' || strings.ContainsAny(name, "$`*?~") {
			return false
		}
		if !filepath.IsAbs(name) {
			if dir == "" {
				return false
			}
			name = filepath.Join(dir, name)
		}
		return below(filepath.Clean(name), root, except)
	})
}

// maxPaths bounds the paths that are read from one command.
const maxPaths = 4096

// pathWords matches the words of a command that are absolute paths or lead out of a folder, and those in quotes.
var pathWords = lazyregexp.New(`'([^']*/[^']*)'|"([^"$\x60]*/[^"$\x60]*)"|((?:/|\.\./)[^\s'"<>;&|()$\x60*?]*)`)

// relativeWords matches words that are paths below a folder, in the text of a script, too: the worktrees are below the folder that a session runs in.
var relativeWords = lazyregexp.New(`(?:^|[\s'"<>;&|()=,:{}\[\]\x60])(?:\./)?([^\s'"<>;&|()$\x60*?=,:{}\[\]/.][^\s'"<>;&|()$\x60*?=,:{}\[\]/]*/[^\s'"<>;&|()$\x60*?,{}\[\]]+)`)

// Paths returns the absolute names of files and folders that the command's text has, with the folder that it runs in, as far as that is certain.
func (c Command) Paths() []string {
	paths := named(c)
	for _, given := range c.names {
		paths = append(paths, Command{Text: given, Dir: c.Dir}.Paths()...)
	}
	dir, _ := runsIn(c)
	if dir != "" {
		paths = append(paths, dir)
	}
	for _, m := range pathWords().FindAllStringSubmatch(c.Text, maxPaths) {
		name := filepath.FromSlash(m[1] + m[2] + m[3])
		if !filepath.IsAbs(name) && dir != "" {
			name = filepath.Join(dir, name)
		}
		if filepath.IsAbs(name) {
			paths = append(paths, filepath.Clean(name))
		}
	}
	if dir == "" {
		return paths
	}
	for _, m := range relativeWords().FindAllStringSubmatch(c.Text, maxPaths) {
		paths = append(paths, filepath.Join(dir, filepath.FromSlash(m[1])))
	}
	return paths
}

// leadingFolder matches a change of folder at the beginning of a command, with the folder and the rest. anyFolder finds one anywhere.
var (
	leadingFolder = lazyregexp.New(`(?s)^\s*cd\s+('[^']*'|"[^"$\x60\\]*"|[^\s;&|()<>'"$\x60\\*?~]+)\s*(?:&&|;|\n)(.*)$`)
	anyFolder     = lazyregexp.New(`(?:^|[\s;&|({])(?:cd|pushd|popd)(?:\s|$)`)
)

// runsIn returns the folder that the command runs in, and what runs there; dir is "" where that is not certain.
func runsIn(c Command) (dir, rest string) {
	dir, rest = c.Dir, c.Text
	for {
		m := leadingFolder().FindStringSubmatch(rest)
		if m == nil {
			break
		}
		to := filepath.FromSlash(strings.Trim(m[1], `'"`))
		if !filepath.IsAbs(to) && filepath.IsAbs(dir) {
			to = filepath.Join(dir, to)
		}
		dir, rest = filepath.Clean(to), m[2]
	}
	if !filepath.IsAbs(dir) || anyFolder().MatchString(rest) {
		return "", rest
	}
	return dir, rest
}

// namesRelative reports whether a text has a relative path that is not the end of a longer one. "./" may stand before it.
func namesRelative(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		at += i
		before := text[:at]
		if strings.HasSuffix(before, "./") && !strings.HasSuffix(before, "../") {
			before = before[:len(before)-2]
		}
		if !strings.HasSuffix(before, "/") && endsWord(before) && beginsWord(text[at+len(name):]) {
			return true
		}
		at++
	}
}
