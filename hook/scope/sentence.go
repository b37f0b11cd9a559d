package scope

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/lazyregexp"
)

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
		list = append(list, tokenOf(original, w))
	}
	return list
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

// tokenOf returns the sign of a word.
func tokenOf(original, lower string) token {
	lower = strings.Trim(lower, ".!")
	if sign, known := signOf[lower]; known {
		return token{sign: sign}
	}
	switch {
	case strings.Contains(lower, "...") && !strings.Contains(lower, "/"), lower == "…":
		return token{sign: 'W'}
	case strings.Trim(lower, "-–—|=>") == "":
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
