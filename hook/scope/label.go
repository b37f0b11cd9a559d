package scope

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
)

// kind is the meaning of a path after a label, unless a word beside it changes that.
type kind int

const (
	allows  kind = iota // SCOPE, FILES
	either              // RESTRICTION: the words decide
	forbids             // OUT_OF_SCOPE
)

// value is the text behind one label.
type value struct {
	label     string
	kind      kind
	exclusive bool
	// lead is the text on the label's own line, items are the entries of the list below it.
	lead  string
	items []string
	// broken means that the text continues in a way that is not understood.
	broken bool
}

func (v value) size() int {
	n := len(v.lead)
	for _, item := range v.items {
		n += len(item)
	}
	return n
}

// A label has spaces, hyphens or underscores between its words.
const (
	allowNames     = `(?:ALLOWED|IN)[ _-](?:SCOPE|PATHS?)|SCOPE`
	exclusiveNames = `(?:YOUR |ASSIGNED[ _]|ALLOWED[ _]|OWNED[ _])?EXCLUSIVE(?:[ _-](?:FILES?|PATHS?|SCOPE))?|(?:YOUR|ASSIGNED|ALLOWED|OWNED|EXCLUSIVE)[ _]FILES?|` +
		`FILES(?:[ _](?:ASSIGNED|OWNED|ALLOWED|IN[ _]SCOPE|TO[ _](?:EDIT|MODIFY|CHANGE|TOUCH)))?|FILE[ _](?:ASSIGNMENTS?|OWNERSHIP)`
	restrictNames = `RESTRICTIONS?`
	forbidNames   = `(?:OUT[ _-]OF|NOT[ _-]IN)[ _-]SCOPE|DO[ _-]NOT[ _-](?:TOUCH|EDIT|MODIFY|CHANGE)|OFF[ _-]LIMITS|(?:EXCLUDED|FORBIDDEN|PROTECTED)(?:[ _-](?:FILES|PATHS))?`
	anyName       = exclusiveNames + `|` + allowNames + `|` + restrictNames + `|` + forbidNames
)

var (
	// A label at the beginning of a line, in upper or lower case, with any markdown around it, or as the first cell of a table's row.
	labelLine = lazyregexp.New(`(?i)^[ \t>*_#+|` + "`" + `-]*(?:[0-9]{1,2}[.)][ \t]+)?[*_` + "`" + `]*(` + anyName + `)[*_` + "`" + ` \t]*(?:\(([^()]*)\))?[*_` + "`" + ` \t]*[:=|][*_]*[ \t]*(.*)$`)
	// A heading without a colon. FILES alone is a heading over files of any sort.
	headingLine = lazyregexp.NewFor("#", `(?i)^[ \t>]*#{1,6}[ \t]+[*_]*(`+allowNames+`|`+restrictNames+`|`+forbidNames+`|(?:YOUR |ASSIGNED |EXCLUSIVE )FILES|FILES TO (?:EDIT|MODIFY|CHANGE|TOUCH))[*_ \t]*$`)
	whichKind   = []struct {
		name      func() *regexp.Regexp
		kind      kind
		exclusive bool
	}{
		{lazyregexp.New(`(?i)^(?:` + forbidNames + `)$`), forbids, false},
		{lazyregexp.New(`(?i)^(?:` + restrictNames + `)$`), either, false},
		{lazyregexp.New(`(?i)^(?:` + allowNames + `)$`), allows, false},
		{lazyregexp.New(`(?i)^(?:` + exclusiveNames + `)$`), allows, true},
	}
	// Another label ends the text of one.
	otherLabel = lazyregexp.New(`^[ \t>*_#` + "`" + `]*[A-Z][A-Za-z_ -]{1,40}[*_` + "`" + `]*[ \t]*[:=]|^[ \t>*_#+-]*[*_` + "`" + `]*[A-Z][A-Z_]{3,}[*_` + "`" + `]*[ \t]*[:=]`)
	heading    = lazyregexp.New(`^[ \t>]*#{1,6}[ \t]`)
	// A label in capitals in the middle of a line, as in "TASK: PROJ-1, SCOPE: src/**".
	innerLabel = lazyregexp.New(`([\pL]*[ \t,;|.])([*_` + "`" + `]{0,3}(?:TASK(?:_ID)?|WORKTREE(?:_PATH)?|WORKING_DIR|DESCRIPTION|BRIEF|REQUIREMENTS|PLAN_CONTEXT|SCOPE|RESTRICTIONS?|FILES|EXCLUSIVE(?:_FILES)?|` +
		`OUT_OF_SCOPE|DO_NOT_TOUCH|TEST_COMMAND|LINT_COMMAND|COVERAGE_THRESHOLD|WORK_TYPE)[*_` + "`" + `]{0,3}[ \t]*:)`)
	bullet = lazyregexp.New(`^[ \t>]*(?:[-*+•–]|[0-9]{1,3}[.)])[ \t]+(?:\[[ xX]?\][ \t]+)?(.*)$`)
	goesOn = lazyregexp.New(`^[ \t]*(?i:also|plus|and|or|but|except|including|as well)\b|^[ \t]*[a-z./@` + "`" + `]`)
	fence  = lazyregexp.New("^[ \\t>]*(?:```|~~~)")
	// Fields of JSON and elements of XML.
	jsonName = lazyregexp.NewFor(`"`, `(?i)"(`+anyName+`)"[ \t\r\n]*:[ \t\r\n]*`)
	element  = lazyregexp.NewFor("<", `(?i)<(/?)(`+anyName+`)>`)
)

// partOfLabel are words before a label in the middle of a line that make it another one: "NOT IN SCOPE:".
var partOfLabel = []string{"of", "in", "out", "not", "no", "the", "this", "that", "my", "our", "your", "its", "their", "other"}

// labelled returns the texts behind the labels of a prompt, in order. rest is the prompt without them.
func labelled(prompt string) (values []value, rest string) {
	values, prompt = fromJSON(prompt)
	prompt = element(prompt).ReplaceAllStringFunc(prompt, func(tag string) string {
		m := element(tag).FindStringSubmatch(tag)
		if m[1] != "" {
			return "\n\n"
		}
		return "\n\n" + m[2] + ": "
	})
	prompt = innerLabel().ReplaceAllStringFunc(prompt, func(found string) string {
		m := innerLabel().FindStringSubmatch(found)
		if slices.Contains(partOfLabel, strings.ToLower(strings.Trim(m[1], " \t,;|."))) {
			return found
		}
		return m[1] + "\n" + m[2]
	})
	var others strings.Builder
	r := lineReader{}
	for line := range strings.Lines(prompt) {
		if !r.take(strings.TrimRight(line, "\r\n")) {
			others.WriteString(line)
		}
	}
	r.end()
	return append(values, r.values...), others.String()
}

// fromJSON reads the fields of JSON whose names are labels. rest is the prompt without them.
func fromJSON(prompt string) (values []value, rest string) {
	var b strings.Builder
	for {
		m := jsonName(prompt).FindStringSubmatchIndex(prompt)
		if m == nil {
			break
		}
		b.WriteString(prompt[:m[0]])
		name := prompt[m[2]:m[3]]
		prompt = prompt[m[1]:]
		dec := json.NewDecoder(strings.NewReader(prompt))
		var raw json.RawMessage
		if dec.Decode(&raw) != nil { // an example, or no JSON
			continue
		}
		prompt = prompt[dec.InputOffset():]
		v := newValue(name, "")
		var list []string
		switch {
		case json.Unmarshal(raw, &v.lead) == nil:
		case json.Unmarshal(raw, &list) == nil:
			v.items = list
		default:
			v.broken = true
		}
		values = append(values, v)
	}
	b.WriteString(prompt)
	return values, b.String()
}

// ownership is a remark behind the files that deals them out to one agent: "src/a.js tests/a.js, EXCLUSIVE ownership".
var ownership = lazyregexp.New(`(?i)(?:^|[ \t,;(–—-]+)(?:(?:you have|with|under) )?(?:exclusive(?:ly)?|sole) ?(?:ownership|owner|access|use|assignment|write access|yours|to you|to this agent)?[ \t).!]*$`)

func newValue(name, lead string) value {
	v := value{label: strings.ToUpper(name), lead: strings.TrimSpace(lead)}
	var list []string
	if strings.HasPrefix(v.lead, "[") && json.Unmarshal([]byte(v.lead), &list) == nil {
		v.lead, v.items = "", list
	}
	owned := false
	if at := ownership().FindStringIndex(v.lead); at != nil && at[0] > 0 {
		v.lead, owned = strings.TrimSpace(v.lead[:at[0]]), true
	}
	for _, w := range whichKind {
		if w.name().MatchString(name) {
			v.kind, v.exclusive = w.kind, w.exclusive
			break
		}
	}
	v.exclusive = v.exclusive || owned && v.kind == allows
	return v
}

// lineReader collects the texts behind labels, line by line.
type lineReader struct {
	values []value
	now    *value
	// listed means that the last item began with a mark, blank that an empty line came since, fenced that a code block is open.
	listed, blank, fenced bool
}

func (r *lineReader) end() {
	if r.now != nil {
		r.values = append(r.values, *r.now)
	}
	*r = lineReader{values: r.values}
}

// open reports whether a list has to follow: there is no text yet, or it announces a list.
func (r *lineReader) open() bool {
	return len(r.now.items) == 0 && (r.now.lead == "" || strings.HasSuffix(r.now.lead, ":"))
}

// take reads a line, and reports whether it belongs to a label.
func (r *lineReader) take(line string) bool {
	if !r.fenced {
		if m := labelLine().FindStringSubmatch(line); m != nil && !strings.HasPrefix(strings.TrimSpace(line), "|-") {
			r.end()
			v := newValue(m[1], strings.TrimRight(m[3], " \t|"))
			v.exclusive = v.exclusive || strings.Contains(strings.ToLower(m[2]), "exclusive")
			r.now = &v
			return true
		}
		if m := headingLine(line).FindStringSubmatch(line); m != nil {
			r.end()
			v := newValue(m[1], "")
			r.now = &v
			return true
		}
	}
	if r.now == nil {
		return false
	}
	if !r.goOn(line) {
		r.end()
		return false
	}
	return true
}

// goOn adds a line to the text of the present label, and reports whether it belongs to that.
func (r *lineReader) goOn(line string) bool {
	item := bullet().FindStringSubmatch(line)
	text := strings.TrimSpace(line)
	switch {
	case fence().MatchString(line):
		r.fenced = !r.fenced && r.open()
		return r.fenced || len(r.now.items) > 0
	case r.fenced:
		if text != "" {
			r.now.items = append(r.now.items, text)
		}
		return true
	case text == "":
		if r.blank && !r.open() {
			return false
		}
		r.blank = true
		return true
	case heading().MatchString(line), otherLabel().MatchString(line):
		if !r.blank && strings.HasSuffix(strings.TrimRight(text, "*_` "), ":") && !isLoud(text) && len(r.now.items) > 0 {
			r.now.broken = true // "Backend:" in a list may head more of it
		}
		return false
	case item != nil:
		if r.blank && !r.listed && !r.open() {
			return false
		}
		r.now.items, r.listed, r.blank = append(r.now.items, strings.TrimSpace(item[1])), true, false
		return true
	case r.blank && !r.open():
		return false
	case len(r.now.items) == 0 && r.now.lead == "", len(r.now.items) > 0 && !r.listed:
		r.now.items, r.blank = append(r.now.items, text), false
		return true
	case r.listed && (line[0] == ' ' || line[0] == '\t'): // the item goes on
		r.now.items[len(r.now.items)-1] += " " + text
		return true
	case strings.HasSuffix(r.now.lead, ",") && len(r.now.items) == 0:
		r.now.lead += " " + text
		return true
	case goesOn().MatchString(line):
		r.now.items = append(r.now.items, text)
		return true
	}
	return false
}

// isLoud reports whether a text has no small letters.
func isLoud(text string) bool {
	return !slices.ContainsFunc([]rune(text), func(c rune) bool { return c >= 'a' && c <= 'z' })
}
