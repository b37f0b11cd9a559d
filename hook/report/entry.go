package report

import (
	slash "path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stopgate/hook/lazyregexp"
)

// Reading is one way to read an entry of files_modified as the path of a file.
type Reading struct {
	// Path is relative to the worktree, as git spells it: slashes, no "./".
	Path string
	// Mend is the path that the agent should have written; "" if the entry itself is that path, and only its form differs.
	Mend string
}

// ReadEntry returns the possible meanings of a whole entry of files_modified, likeliest first. roots are paths of the worktree: absolute, or
// relative to the folder that contains it. The entry is read with and without the worktree's path, and in three Unicode forms: unchanged, composed
// and decomposed (UAX 15). Only git can tell which of these names a file. It returns nil if the entry cannot be a path.
func ReadEntry(entry string, roots ...string) []Reading {
	if strings.ContainsRune(entry, 0) || strings.TrimSpace(entry) == "" {
		return nil
	}
	return readings([]string{entry}, roots)
}

// MendEntry returns the possible meanings of an entry that as a whole names no file, least changed first. It removes what agents write around a
// path, such as line numbers, remarks, list marks and git's status letters. Each has a Mend. It returns nil for an entry of more than maxMended
// bytes.
func MendEntry(entry string, roots ...string) []Reading {
	if strings.ContainsRune(entry, 0) || len(entry) > maxMended {
		return nil
	}
	list := readings(undecorated(entry), roots)
	for i := range list {
		list[i].Mend = list[i].Path
	}
	return list
}

// SplitEntry returns the parts of an entry that may name several files, as "a.js, b.js", "a.js and b.js" and "src/{a,b}.js" do, each for MendEntry;
// nil if there is one part alone.
func SplitEntry(entry string) []string {
	if strings.ContainsRune(entry, 0) || len(entry) > maxMended {
		return nil
	}
	if m := braces().FindStringSubmatch(entry); m != nil {
		var parts []string
		for part := range strings.SplitSeq(m[2], ",") {
			parts = append(parts, m[1]+strings.TrimSpace(part)+m[3])
		}
		return parts
	}
	list := strings.Trim(entry, "[](){} \t\r\n")
	for _, between := range []*regexp.Regexp{betweenPaths(), blanks()} {
		var parts []string
		for _, part := range between.Split(list, -1) {
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, part)
			}
		}
		if len(parts) > 1 {
			return parts[:min(len(parts), maxParts)]
		}
	}
	return nil
}

// maxParts bounds the parts of one entry.
const maxParts = 30

var (
	// braces is a list of names in a path, as shells expand it: src/{a,b}.js.
	braces = lazyregexp.New(`^([^{}\s]*)\{([^{}]*,[^{}]*)\}([^{}\s]*)$`)
	// betweenPaths matches what separates two paths. A conjunction such as "and" separates only if the parts are names of files.
	betweenPaths = lazyregexp.New("(?i)[\r\n]+|\\s*[,;|]\\s*(?:and |& )?|\\s+(?:and|und|et|y|plus|as well as|&|&&|\\+|/|•|·)\\s+")
	blanks       = lazyregexp.New(`\s+`)
)

// maxMended bounds the entries that are searched for a path, in bytes.
const maxMended = 1 << 10

// readings returns the names in each form and with and without the roots, each once.
func readings(names, roots []string) []Reading {
	var list []Reading
	known := map[string]bool{}
	for _, name := range names {
		for _, clean := range withoutRoots(slash.Clean(filepath.ToSlash(name)), roots) {
			for _, form := range []string{clean, norm.NFC.String(clean), norm.NFD.String(clean)} {
				if !known[form] && form != "." {
					known[form] = true
					list = append(list, Reading{Path: form})
				}
			}
		}
	}
	return list
}

// withoutRoots returns what follows each of the roots in a name, the name itself, and what follows the end of a root: "T1-x/src/app.js".
func withoutRoots(name string, roots []string) []string {
	var list []string
	for _, root := range roots {
		if root == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(name, slash.Clean(filepath.ToSlash(root))+"/"); ok {
			list = append(list, rest)
		}
	}
	list = append(list, name)
	for _, root := range roots {
		end := strings.Trim(slash.Clean(filepath.ToSlash(root)), "/")
		for {
			_, rest, more := strings.Cut(end, "/")
			if !more {
				break
			}
			end = rest
			if file, ok := strings.CutPrefix(name, end+"/"); ok {
				list = append(list, file)
			}
		}
	}
	return list
}

// maxUndecorated bounds the rounds in which decoration is taken off an entry: agents rarely write more than two kinds around one path.
const maxUndecorated = 6

// undecorated returns what remains of an entry as one decoration after another is taken off, the least changed first.
func undecorated(entry string) []string {
	var list []string
	for name := entry; len(list) < maxUndecorated; {
		next := name
		for _, strip := range decorations {
			if next = strip(name); next != name {
				break
			}
		}
		if next == name || strings.TrimSpace(next) == "" {
			break
		}
		list, name = append(list, next), next
	}
	return list
}

// decorations take one kind of decoration off an entry, and return it unchanged if it has none of that kind.
var decorations = []func(string) string{
	strings.TrimSpace,
	withoutEscapes,
	withoutScheme,
	replacing(`^\[([^\]]+)\]\(([^)\s]+)\)$`, "$2"),                                                             // [app.js](src/app.js)
	replacing(`^<\w+>(.+)</\w+>$`, "$1"),                                                                       // <file>src/app.js</file>
	replacing(`^diff --git \S+ (\S+)$`, "$1"),                                                                  // diff --git a/src/app.js b/src/app.js
	replacing(`^(?:---|\+\+\+)\s+(.+)$`, "$1"),                                                                 // +++ b/src/app.js
	replacing(`^[({]([^(){}]+)[)}]$`, "$1"),                                                                    // (src/app.js)
	replacing("^(?:\\*\\*|__|[\"'`*_<“‘«])(.+?)(?:\\*\\*|__|[\"'`*_>”’»])$", "$1"),                             // `src/app.js`, **src/app.js**
	replacing(`^(?:[-*+•–—>~]|\d+[.)])\s+(.+)$`, "$1"),                                                         // - src/app.js, 1. src/app.js
	replacing(`^\[[ xX~]?\]\s+(.+)$`, "$1"),                                                                    // [x] src/app.js
	replacing(`^(?:[?!]{2}|[MADRCTU]{1,2}|[RC]\d{1,3})[ \t:]+(.+)$`, "$1"),                                     // M src/app.js, ?? src/app.js, R100 a.js b.js
	replacing(`(?i)^(?:renamed?|moved?)\s+\S+\s+(?:to|as|into)\s+(.+)$`, "$1"),                                 // rename old.js to src/app.js
	replacing(`(?i)^\S+\s+(?:(?:was|is|has been)\s+)?(?:renamed|moved|copied)\s+(?:to|as|into)\s+(.+)$`, "$1"), // old.js renamed to src/app.js
	replacing(`(?i)^[\[(]?(?:new(?: file)?|modif(?:ied|y)|delete[d]?|remove[d]?|rename[d]?|create[d]?|add(?:ed)?|change[d]?|update[d]?|edit(?:ed)?|wrote|write|copied|moved|typechange|file)[\])]?(?:\s*:\s*|\s+)(.+)$`, "$1"),
	replacing(`(?i)^(?:write|edit|multiedit|update|create)\((.+)\)$`, "$1"),                                                                        // Edit(src/app.js)
	replacing(`^(.*)\{(?:[^{}]*?) ?=> ?([^{}]*)\}(.*)$`, "$1$2$3"),                                                                                 // src/{old => new}/app.js
	replacing(`(?i)^(\S+)\s*(?:->|=>|→|⇒|➜)\s*(?:new|added|modified|updated|changed|deleted|created|renamed|removed|fixed|edited)\b[^/.]*$`, "$1"), // src/app.js → updated
	replacing(`^.+?\s*(?:->|=>|→|⇒|➜)\s*(.+)$`, "$1"),                                                                                              // old.js -> new.js
	replacing(`^(.+?)\s*[(\[{][^()\[\]{}]*[)\]}]$`, "$1"),                                                                                          // src/app.js (deleted)
	replacing(`^(.+?)(?:#L?|:L?|, ?lines? |:? lines? | L)\d+(?:(?:[-–,:]| to )L?\d+)*$`, "$1"),                                                     // src/app.js:10-20, src/app.js#L10-L20
	replacing(`^(.+?)(?:@L?\d+\S*|\?[\w=&]+)$`, "$1"),                                                                                              // src/app.js@L10, src/app.js?plain=1
	replacing(`^[A-Za-z][A-Za-z ]{0,20}:\s+(\S*[./]\S*)$`, "$1"),                                                                                   // test: src/app.js
	replacing(`^(.+?)(?::| [-–—:]| #| //)\s+.+$`, "$1"),                                                                                            // src/app.js - added retries
	replacing(`^(\S+\.\w+),\s+\S+\.\w+(?:,.*)?$`, "$1"),                                                                                            // src/app.js, src/b.js
	replacing(`^(.+?)\s*\|\s*(?:(?:\d+|Bin)\b.*|[A-Za-z][\w ]*)$`, "$1"),                                                                           // src/app.js | 12 ++--
	replacing(`^(\S+)\s+\+\d+(?:[ /,]+-\d+)?$`, "$1"),                                                                                              // src/app.js +12 -3
	replacing(`^\d+\s+\d+\s+(\S+)$`, "$1"),                                                                                                         // 12 3 src/app.js, of git diff --numstat
	replacing(`^\S+\.\w+[ \t]+(\S+\.\w+)$`, "$1"),                                                                                                  // a.js b.js, of a rename
	replacing(`^(.+?)[,;:.…*]+$`, "$1"),
	replacing(`^[ab]/(.+)$`, "$1"), // of a diff
	replacing(`^/+(.+)$`, "$1"),
	func(name string) string { return strings.ReplaceAll(name, `\`, "/") },
}

// replacing replaces what matches the whole of an entry.
func replacing(expr, with string) func(string) string {
	compiled := lazyregexp.New(expr)
	return func(name string) string { return compiled().ReplaceAllString(name, with) }
}

// escaped matches a byte as git escapes it.
var escaped = lazyregexp.New(`\\[0-3][0-7]{2}`)

// withoutEscapes decodes a name as git quotes it (git-config(1), "core.quotePath"): "src/caf\303\251.js", with or without its quotes.
func withoutEscapes(name string) string {
	quoted := `"` + strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`) + `"`
	if name != quoted && !escaped().MatchString(name) {
		return name
	}
	if decoded, err := strconv.Unquote(quoted); err == nil && utf8.ValidString(decoded) {
		return decoded
	}
	return name
}

// withoutScheme takes off file:// and the host's own form of it, and the @ of a mention.
func withoutScheme(name string) string {
	for _, scheme := range []string{"file://localhost/", "file://", "file:", "vscode://file/", "git:", "@"} {
		rest, ok := strings.CutPrefix(name, scheme)
		if !ok {
			continue
		}
		if strings.HasSuffix(scheme, "/") && scheme != "file://" {
			return "/" + rest
		}
		return rest
	}
	return name
}

// none are ways to write that nothing is left, in lower case and without punctuation.
var none = map[string]bool{
	"":    true,
	"n/a": true, "na": true, "not applicable": true, "nil": true, "null": true, "empty": true, "n.a": true, "as requested": true,
	"as expected": true, "all good": true, "all tests pass": true, "all tests passed": true, "all tests are green": true,
	"everything works": true, "fully done": true, "fully complete": true, "fully completed": true, "fully implemented": true, "0": true,
	"ok": true, "false": true, "undefined": true, "void": true, "keine": true, "nichts": true, "aucun": true, "rien": true, "ninguno": true,
	"nada": true, "nenhum": true, "nessuno": true, "なし": true, "无": true, "無": true, "нет": true,
}

var (
	// clauseEnd separates the clauses of an entry: "N/A - all done", "None (everything is complete)".
	clauseEnd = lazyregexp.New(`\s[-–—]+\s|[,;()]|\.\s|\sand\s`)
	// leftLabel is a label before what is left: "Blockers: none".
	leftLabel = lazyregexp.New(`^(?:tbd|todos?|blockers?|unfinished|remaining|issues|open|left)(?: (?:work|items|issues))?\s*:\s*`)
	// noneLeft matches a sentence that nothing of some kind is left, doneAll one that everything is done.
	noneLeft = sync.OnceValue(func() *regexp.Regexp {
		const (
			kinds = `more|other|further|additional|known|open|outstanding|remaining|pending|unfinished|unresolved|blocking|incomplete|else|left|blocked`
			which = `(?: (?:` + kinds + `))*`
			nouns = `blockers?|issues?|items?|work|tasks?|todos?|questions?|points?|limitations?|changes?|problems?|concerns?|gaps?|steps?|actions?|errors?|failures?|caveats?|deviations?|` +
				`follow[ -]?ups?(?: (?:work|tasks?|items?))?|loose ends?|leftovers?|bugs?|defects?|exceptions?`
		)
		return regexp.MustCompile(`^(?:there (?:is|are|were) )?(?:no|none|nothing|not any|zero)` + which +
			`(?: (?:` + nouns + `)(?: (?:and|or|nor) (?:no |any )?(?:(?:` + kinds + `) )*(?:` + nouns + `))*)?` +
			`(?: (?:left|open|outstanding|remain|remains|remaining|pending|unfinished|undone|blocked|is blocked|is needed|is required|are needed|are required|identified|found|known|needed|required|necessary|to do|to report|at this time|so far|now|here|as requested|as expected))*$`)
	})
	doneAll = lazyregexp.New(`^(?:all|everything|the|this|every)?(?: ?(?:of the |the )?(?:acceptance criteria|criteria|requirements?|tasks?|items?|work|features?|functionality|parts?|steps?))?` +
		`(?: (?:is|are|was|were|has been|have been))?(?: (?:fully|now|all|already))? ?(?:done|complete|completed|finished|implemented|met|addressed|satisfied)$`)
)

// saysNothing reports whether an entry of unfinished only says that nothing is left, as "None", "N/A - all done", "-" or "No blockers." do.
func saysNothing(entry string) bool {
	const marks = " \t\r\n.,;:!?*_`\"'()[]{}<>~-–—/\\✓✔✅|"
	bare := strings.Join(strings.Fields(strings.ToLower(strings.Trim(entry, marks))), " ")
	if noneLeft().MatchString(bare) {
		return true
	}
	for _, clause := range clauseEnd().Split(bare, -1) {
		clause = strings.Trim(leftLabel().ReplaceAllString(strings.Trim(clause, marks), ""), marks)
		if !none[clause] && !none[strings.TrimSuffix(clause, " here")] && !noneLeft().MatchString(clause) && !doneAll().MatchString(clause) {
			return false
		}
	}
	return true
}
