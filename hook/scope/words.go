package scope

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
)

// The text after a label is read sentence by sentence. Filler words are dropped, and each other word becomes a sign:
//
//	P  paths, one or several
//	N  a word that forbids: do not, never, off limits
//	O  a word that excepts: outside, except, other
//	Y  only
//	U  any other word
//
// A sentence is understood if its signs are among those in shapes. So "do not touch tests/ or docs/" is NP, and "nothing outside src/" is NOP.

// part is the role of a group of paths in a sentence.
type part int

const (
	allowed part = iota
	excluded
	excepted
)

// shapes are the sentences that have one meaning: what each group of paths in it is for, in order.
var shapes = map[string][]part{
	"YP": {allowed}, "PY": {allowed}, "YPY": {allowed},
	"NP": {excluded}, "PN": {excluded},
	"NOP": {allowed}, "OPN": {allowed}, "PNO": {allowed}, "YPNO": {allowed}, "PYNO": {allowed},
	"PNP": {allowed, excluded}, "POP": {allowed, excluded}, "YPNP": {allowed, excluded}, "YPOP": {allowed, excluded}, "PYNP": {allowed, excluded},
	"NPYP": {excluded, allowed}, "NPOP": {excluded, excepted},
}

// of returns the roles of the groups of paths in a sentence after a label of that kind; false if they are uncertain.
func (k kind) of(signs string) ([]part, bool) {
	switch {
	case k == forbids && signs == "P":
		return []part{excluded}, true
	case k == forbids && signs == "POP":
		return []part{excluded, excepted}, true
	case k == forbids && strings.ContainsAny(signs, "NYO"):
		return nil, false // "out of scope: nothing but src/"
	case k == allows && signs == "P":
		return []part{allowed}, true
	case k == allows && signs == "OP": // "everything except docs/"
		return []part{excluded}, true
	}
	parts, ok := shapes[signs]
	return parts, ok
}

// fillers say nothing about which files are meant.
var fillers = setOf(`a an the this that these those it they them all any every each in under below within inside into of to from at on by and or nor & + you your yours we
	may must should shall will would can please is are be been being was were has have do does
	file files folder folders directory directories dir dirs path paths subfolder subfolders subdirectory subdirectories tree trees
	edit edits edited editing change changes changed changing modify modifies modified modifying modifications touch touches touched touching write writes writing written
	update updates updating updated create creates creating created add adds adding added delete deletes deleting deleted remove removes removing removed rename renames renaming alter alters altering
	work works working stay stays keep keeps leave leaves remain remains make makes making limit limits limited restrict restricts restricted confine confined
	assigned allowed permitted own owned owns following listed here there agent anywhere anything everything files_modified code source scope`)

// Words that forbid, words that except, and words that mean only. Phrases come before words.
var (
	// phrases are replaced by one word of the same meaning.
	phrases = wordsOf(map[string]string{
		"perhaps": "do not only|don't only|not only",
		"": "no matter what|under any circumstances|at all|in any way|whatsoever|other agents' files|other agents files|another agent's files" +
			"|other agent's files|in scope",
		"never":     "under no circumstances",
		"untouched": "as it is|as they are|as is|as-is|leave alone",
		"forbidden": "out of scope|off limits|off-limits|out of bounds|hands off|read-only|read only|readonly|reference only|for reference" +
			"|is not allowed|are not allowed|not allowed|not permitted",
		"not": "stay clear of|steer clear of|refrain from|stay out of|keep out of|stay away from|keep away from|and not|do not|does not|must not" +
			"|may not|should not|shall not|can not|will not|not be|not to be",
		"except":          "but not|not including|except for|except in|apart from|aside from|other than",
		"outside":         "outside of",
		"anything except": "anything but",
		"nothing except":  "nothing but|nowhere but",
		"nothing else":    "nowhere else",
	})
	forbidding = setOf(`not never no nothing nowhere avoid avoids avoiding cannot can't don't dont doesn't mustn't shouldn't won't forbidden prohibited disallowed protected untouched unchanged alone unmodified intact exclude excludes excluded`)
	excepting  = setOf(`outside beyond except excepting excluding besides other else apart minus without`)
	limiting   = setOf(`only just exclusively exclusive strictly solely`)
	// widening are words that allow more than the paths beside them, or make them an example or a condition.
	widening = setOf(`related relevant necessary needed need needs required etc e.g eg i.e ie example examples such similar others wherever whatever whichever corresponding matching associated
		accompanying adjacent supporting dependent callers usages if unless when mainly mostly primarily probably likely maybe perhaps usually generally typically focus
		start starting especially particularly around approximately about also plus include includes including its their more further additional possibly optionally
		ideally preferably prefer try whenever until before after first otherwise together alongside consumers`)
)

// wordsOf maps each phrase to its word; a bar separates phrases.
func wordsOf(phrases map[string]string) map[string]string {
	words := map[string]string{}
	for word, list := range phrases {
		for phrase := range strings.SplitSeq(list, "|") {
			words[phrase] = word
		}
	}
	return words
}

func setOf(words string) map[string]bool { return quote.Set(strings.Fields(words)) }

// token is a word of a sentence, a path in it, or the words of a remark about the path before.
type token struct {
	sign   byte // as above; 'W' widening, 'B' a broken path, 'R' a remark
	path   entry
	remark string
}

// sentence is the content of one sentence, in signs.
type sentence struct {
	signs  string
	groups [][]entry
	// remarks are the remarks beside the paths, each with its path.
	remarks []remark
	widens  bool
	broken  bool
}

type remark struct {
	about entry
	text  string
}

// read reads the text behind a label.
func (v value) read() reading {
	if v.broken || v.size() > maxValue {
		return reading{unclear: true}
	}
	var r reading
	leads := sentences(v.lead)
	opened := ""
	if n := len(leads); n > 0 && strings.HasSuffix(strings.TrimSpace(leads[n-1]), ":") && len(v.items) > 0 {
		if s := parse(leads[n-1]); !strings.Contains(s.signs, "P") { // it announces the list
			opened, leads = withoutWords(s.signs), leads[:n-1]
			if s.widens || s.broken || opened != "" && strings.Contains(s.signs, "U") && strings.ContainsAny(opened, "NO") {
				return reading{unclear: true}
			}
		}
	}
	for _, text := range leads {
		r.add(v.kind.say(parse(text), ""))
	}
	var listed sentence // the items that are no more than a path
	for _, item := range v.items {
		for _, text := range sentences(item) {
			s := parse(text)
			if s.signs != "P" {
				r.add(v.kind.say(s, ""))
				continue
			}
			if listed.signs = "P"; listed.groups == nil {
				listed.groups = [][]entry{nil}
			}
			listed.groups[0] = append(listed.groups[0], s.groups[0]...)
			listed.remarks = append(listed.remarks, s.remarks...)
			listed.broken, listed.widens = listed.broken || s.broken, listed.widens || s.widens
		}
	}
	if listed.signs != "" {
		r.add(v.kind.say(listed, opened))
	}
	if r.unclear {
		return reading{unclear: true}
	}
	return r
}

// say returns the meaning of a sentence after a label. opened are the signs of the words that announced it.
func (k kind) say(s sentence, opened string) reading {
	if s.broken {
		return reading{unclear: true}
	}
	if !strings.Contains(s.signs, "P") { // it is about no path
		return reading{unclear: s.widens && k != forbids}
	}
	if s.widens || strings.Contains(s.signs, "U") {
		return reading{unclear: true}
	}
	parts, ok := k.of(opened + s.signs)
	undecided := !ok && k == either && opened+s.signs == "P" // a restriction to those files, or from them, but for what is remarked
	if undecided {
		parts, ok = []part{allowed}, true
	}
	if !ok || len(parts) != len(s.groups) {
		return reading{unclear: true}
	}
	var r reading
	for i, group := range s.groups {
		switch parts[i] {
		case allowed:
			r.allowed = append(r.allowed, group...)
		case excluded:
			r.excluded = append(r.excluded, group...)
		case excepted:
			r.excepted = append(r.excepted, group...)
		}
	}
	for _, m := range s.remarks {
		r.remark(m)
	}
	if undecided {
		r.allowed = nil
	}
	return r
}

// remark adds a remark beside a path: "(read-only)", "- the handler", "(not src/auth/legacy)".
func (r *reading) remark(m remark) {
	s := parse(m.text)
	signs := withoutWords(s.signs)
	limits := slices.Contains(r.allowed, m.about)
	switch {
	case s.widens || s.broken:
		r.unclear = true
	case s.signs == "N" && limits: // the file is there to be read
		r.allowed = slices.DeleteFunc(slices.Clone(r.allowed), func(p entry) bool { return p == m.about })
		r.excluded = append(r.excluded, m.about)
	case !strings.Contains(signs, "P"):
	case (signs == "NP" || signs == "OP") && signs == s.signs:
		if limits {
			r.excluded = append(r.excluded, s.groups[0]...)
		} else if signs == "OP" {
			r.excepted = append(r.excepted, s.groups[0]...)
		}
	case strings.ContainsAny(signs, "NO"):
		r.unclear = true
	case limits: // it is not certain that the other path is meant too, so it may be
		for _, group := range s.groups {
			r.allowed = append(r.allowed, group...)
		}
	}
}

// withoutWords returns the signs without those for other words.
func withoutWords(signs string) string { return strings.ReplaceAll(signs, "U", "") }

// sentences splits a text at the ends of sentences, not within quotes.
func sentences(text string) []string {
	var list []string
	from := 0
	quote := rune(0)
	runes := []rune(text)
	for i, c := range runes {
		switch {
		case c == '`' && (quote == 0 || quote == '`'), c == '"' && (quote == 0 || quote == '"'):
			if quote == 0 {
				quote = c
			} else {
				quote = 0
			}
		case quote != 0:
		case c == ';' || c == '\n' || (c == '.' || c == '!' || c == '?') && i+1 < len(runes) && unicode.IsSpace(runes[i+1]) && !abbreviates(string(runes[from:i])):
			list = append(list, string(runes[from:i]))
			from = i + 1
		}
	}
	list = append(list, string(runes[from:]))
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// abbreviates reports whether a full stop behind the text belongs to an abbreviation.
func abbreviates(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"e.g", "i.e", "etc", "vs", "incl", "excl", "approx"}, func(end string) bool { return strings.HasSuffix(text, end) })
}

var (
	parenthesis = lazyregexp.New(`(^|[\s,])\(([^()]*)\)`)
	// A remark behind a path: a dash, an arrow, the mark of a comment, or a colon.
	dash      = lazyregexp.New(`[ \t](?:-|–|—|--|->|=>|→|//|#)[ \t]+`)
	folder    = lazyregexp.New(`(?i)([\pL\pN_][\pL\pN_.-]*)["'` + "`" + `*]*[ \t]+(?:folder|directory|dir)\b`)
	quotedRun = lazyregexp.New("`([^`\\n]*)`|\"([^\"\\n]*)\"|'([^'\\s]*)'|\\*\\*([^*\\s][^*\\n]*?)\\*\\*")
)

// parse reads one sentence.
func parse(text string) sentence {
	var tokens []token
	for _, piece := range split(text) {
		tokens = append(tokens, piece.tokens()...)
	}
	var s sentence
	var signs []byte
	var last entry
	for _, t := range tokens {
		switch t.sign {
		case 0:
		case 'W':
			s.widens = true
		case 'B':
			s.broken = true
		case 'R':
			if last.text == "" {
				other := parse(t.remark) // about the sentence as a whole
				s.widens, s.broken = s.widens || other.widens, s.broken || other.broken || strings.Contains(other.signs, "P")
				if other.signs == "Y" || other.signs == "N" {
					signs = append(signs, other.signs[0])
				}
				continue
			}
			s.remarks = append(s.remarks, remark{last, t.remark})
		case 'P':
			last = t.path
			if n := len(signs); n == 0 || signs[n-1] != 'P' {
				signs, s.groups = append(signs, 'P'), append(s.groups, nil)
			}
			s.groups[len(s.groups)-1] = append(s.groups[len(s.groups)-1], t.path)
		default:
			if n := len(signs); n == 0 || signs[n-1] != t.sign || t.sign == 'N' {
				signs = append(signs, t.sign)
			}
		}
	}
	s.signs = string(signs)
	return s
}

// piece is a part of a sentence: bare words, quoted text, or a remark.
type piece struct {
	text           string
	quoted, remark bool
}

// split takes a sentence apart at its quotes and remarks.
func split(text string) []piece {
	var list []piece
	add := func(text string) {
		for {
			at := parenthesis().FindStringSubmatchIndex(text)
			if at == nil {
				break
			}
			list = append(list, piece{text: text[:at[0]]}, piece{text: text[at[4]:at[5]], remark: true})
			text = text[at[1]:]
		}
		list = append(list, piece{text: text})
	}
	rest := ""
	if at := remarkAt(text); at >= 0 {
		text, rest = text[:at], text[at:]
	}
	for {
		at := quotedIn(text)
		if at == nil {
			break
		}
		inner := ""
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				inner = text[at[g]:at[g+1]]
			}
		}
		if open := strings.LastIndexByte(text[:at[0]], '('); open >= 0 && !strings.Contains(text[open:at[0]], ")") {
			if end := strings.IndexByte(text[at[1]:], ')'); end >= 0 { // quotes in a remark
				add(text[:open])
				list = append(list, piece{text: text[open+1 : at[1]+end], remark: true})
				text = text[at[1]+end+1:]
				continue
			}
		}
		add(text[:at[0]])
		list = append(list, piece{text: inner, quoted: true})
		text = text[at[1]:]
	}
	add(text)
	if rest != "" {
		list = append(list, piece{text: strings.TrimLeft(rest, " \t-–—>=→/#:"), remark: true})
	}
	return list
}

// quotedIn returns the position of the first quotes in a text, in the form of quotedRun; nil for none. Stars that belong to patterns are not
// quotes.
func quotedIn(text string) []int {
	for _, at := range quotedRun().FindAllStringSubmatchIndex(text, -1) {
		glued := at[0] > 0 && !strings.ContainsRune(" \t(,", rune(text[at[0]-1])) || at[1] < len(text) && strings.ContainsRune("/.", rune(text[at[1]]))
		if !strings.HasPrefix(text[at[0]:], "**") || !glued && text[at[0]+2] != '/' {
			return at
		}
	}
	return nil
}

// remarkAt returns where a remark begins that extends to the end of the sentence; -1 for none. It must follow a path.
func remarkAt(text string) int {
	at := -1
	if m := dash().FindStringIndex(text); m != nil {
		at = m[0]
	}
	for i := 0; i+1 < len(text); i++ {
		if text[i] == ':' && (text[i+1] == ' ' || text[i+1] == '\t') && (at < 0 || i < at) && endsInPath(text[:i]) {
			return i
		}
	}
	if at >= 0 && endsInPath(text[:at]) {
		return at
	}
	return -1
}

// endsInPath reports whether the last word of a text is a path, or a remark in parentheses.
func endsInPath(text string) bool {
	text = strings.TrimRight(text, " \t")
	if strings.HasSuffix(text, ")") && strings.Contains(text, " (") {
		return true
	}
	last := text[strings.LastIndexAny(text, " \t,")+1:]
	bare := strings.Trim(last, "`\"'*_")
	_, kind := readPath(bare, bare != last)
	return kind == pathWord
}

// tokens reads a piece of a sentence.
func (p piece) tokens() []token {
	switch {
	case strings.TrimSpace(p.text) == "":
		return nil
	case p.remark:
		return []token{{sign: 'R', remark: p.text}}
	case p.quoted:
		if found, kind := readPath(strings.TrimRight(strings.TrimSpace(p.text), ",;"), true); kind == pathWord {
			return []token{{sign: 'P', path: found}}
		} else if kind == brokenWord && !strings.ContainsAny(p.text, " \t") {
			return []token{{sign: 'B'}}
		}
	}
	text := folder().ReplaceAllString(p.text, "$1/") // "the tests folder"
	text = apostrophes.Replace(text)
	lower := withoutPhrases(strings.ToLower(text))
	// The words in small letters are as many as before only if no phrase was replaced, so paths are looked up in the original.
	spelled := map[string]string{}
	for _, w := range words(text) {
		spelled[strings.ToLower(w)] = w
	}
	var list []token
	for _, w := range words(lower) {
		original := cmp.Or(spelled[w], w)
		list = append(list, read(original, w))
	}
	return list
}

// phrase matches one of the phrases between other words.
var phrase = sync.OnceValue(func() *regexp.Regexp {
	list := slices.SortedFunc(maps.Keys(phrases), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i, p := range list {
		list[i] = strings.ReplaceAll(regexp.QuoteMeta(p), " ", `[ \t]+`)
	}
	return regexp.MustCompile(`(^|[\s,])(` + strings.Join(list, "|") + `)($|[\s,.;:!])`)
})

// withoutPhrases replaces the phrases in a text. Two of them may share the space between them, and the word for one may begin another.
func withoutPhrases(text string) string {
	for range 3 {
		text = phrase().ReplaceAllStringFunc(text, func(found string) string {
			m := phrase().FindStringSubmatch(found)
			return m[1] + " " + phrases[strings.Join(strings.Fields(m[2]), " ")] + " " + m[3]
		})
	}
	return text
}

var apostrophes = strings.NewReplacer("’", "'", "‘", "'")

// words splits a text at white space, and at commas that are in no braces.
func words(text string) []string {
	var list []string
	depth, from := 0, 0
	add := func(to int) {
		if w := trimWord(text[from:to]); w != "" {
			list = append(list, w)
		}
	}
	for i, c := range text {
		switch {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case unicode.IsSpace(c), c == ',' && depth == 0:
			add(i)
			from = i + 1
			if unicode.IsSpace(c) {
				from = i + len(string(c))
				depth = 0
			}
		}
	}
	add(len(text))
	return list
}

// trimWord drops the marks around a word.
func trimWord(w string) string {
	w = strings.TrimLeft(w, "\"'`(<_,;:")
	w = strings.TrimRight(w, ",;:!?\"'`>_")
	if !strings.Contains(w, "(") {
		w = strings.TrimRight(w, ")")
	}
	if strings.HasPrefix(w, "**") && len(w) > 2 && w[2] != '/' && !strings.HasSuffix(w, "/**") {
		w = strings.Trim(w, "*")
	}
	return strings.TrimRight(w, ".,:;")
}

// read returns the sign of a word.
func read(original, lower string) token {
	lower = strings.Trim(lower, ".!")
	switch {
	case forbidding[lower]:
		return token{sign: 'N'}
	case excepting[lower]:
		return token{sign: 'O'}
	case limiting[lower]:
		return token{sign: 'Y'}
	case widening[lower], strings.Contains(lower, "...") && !strings.Contains(lower, "/"), lower == "…":
		return token{sign: 'W'}
	case fillers[lower], lower == "", strings.Trim(lower, "-–—|=>") == "":
		return token{}
	}
	switch found, kind := readPath(original, false); kind {
	case pathWord:
		return token{sign: 'P', path: found}
	case brokenWord:
		return token{sign: 'B'}
	default:
		return token{sign: 'U'}
	}
}
