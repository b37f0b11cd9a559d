package shell

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// unknown marks text in a field that only the shell can know. U+FDD0 is a noncharacter for use inside a program. Unlike a NUL it survives in
// a script.
const unknown = "\ufdd0"

// field is one argument of a command, as far as it is known before the command runs.
type field struct {
	// text contains unknown for every part that is not known.
	text string
	// loose: the field is only an unquoted expansion, so it may become no argument or several.
	loose bool
	// content is the content of the file of this name, for <(echo …); "" if that is not known.
	content string
}

// Bounds on expansion: a few bytes of shell can ask for any amount of text.
const (
	maxValue    = 4 << 10 // bytes of a variable's value
	maxFields   = 256     // fields of one word
	maxExpanded = 8 << 20 // bytes of all expansions of one command
)

// texts are the texts of fields.
func texts(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.text
	}
	return list
}

// join joins fields as eval joins its arguments.
func join(fields []field) string {
	return strings.Join(texts(fields), " ")
}

// expand turns words into fields as the shell does before it runs a command. It walks the substitutions in them.
func (w *walker) expand(words []*syntax.Word) []field {
	fields := make([]field, 0, len(words))
	for _, word := range words {
		if lit, ok := plain(word); ok {
			fields = append(fields, field{text: lit, loose: lit == unknown})
			continue
		}
		for _, word := range alternatives(word) {
			e := expansion{walker: w, split: true}
			e.parts(word.Parts, false)
			e.end()
			fields = append(fields, e.fields...)
		}
	}
	return fields
}

// value is the text of a word that the shell does not split: in an assignment, after a redirection, in a here-document.
func (w *walker) value(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	e := expansion{walker: w}
	e.parts(word.Parts, false)
	e.end()
	return join(e.fields)
}

// plain is the text of a word without quotes, escapes and expansions.
func plain(word *syntax.Word) (string, bool) {
	if len(word.Parts) != 1 {
		return "", false
	}
	lit, ok := word.Parts[0].(*syntax.Lit)
	return litValue(lit), ok && !strings.ContainsAny(lit.Value, `\{`)
}

func litValue(lit *syntax.Lit) string {
	if lit == nil {
		return ""
	}
	return lit.Value
}

// alternatives expands the braces of a word: {git,commit} is two words.
func alternatives(word *syntax.Word) []*syntax.Word {
	split := &syntax.Word{Parts: slices.Clone(word.Parts)}
	if word.End().Offset()-word.Pos().Offset() > maxValue || !syntax.SplitBraces(split) {
		return []*syntax.Word{word}
	}
	return combine(split)
}

// combine makes a word for each combination of the alternatives in a word's braces.
func combine(word *syntax.Word) []*syntax.Word {
	variants := [][]syntax.WordPart{nil}
	for _, part := range word.Parts {
		choices := []*syntax.Word{{Parts: []syntax.WordPart{part}}}
		if brace, ok := part.(*syntax.BraceExp); ok {
			choices = nil
			for _, element := range brace.Elems {
				choices = append(choices, combine(element)...)
				if brace.Sequence {
					break // {1..9} gives no names
				}
			}
		}
		var product [][]syntax.WordPart
		for _, variant := range variants {
			for _, choice := range choices[:min(len(choices), maxFields-len(product))] {
				product = append(product, slices.Concat(variant, choice.Parts))
			}
		}
		variants = product
	}
	words := make([]*syntax.Word, len(variants))
	for i, parts := range variants {
		words[i] = &syntax.Word{Parts: parts}
	}
	return words
}

// expansion turns one word into fields.
type expansion struct {
	walker *walker
	split  bool
	fields []field

	text    strings.Builder
	began   bool // there is a field, perhaps with an empty text
	certain bool // it has more than an unquoted expansion
	content string
}

func (e *expansion) end() {
	if e.began && len(e.fields) < maxFields {
		text := e.text.String()
		e.fields = append(e.fields, field{text: text, loose: e.split && text == unknown && !e.certain, content: e.content})
	}
	e.text.Reset()
	e.began, e.certain, e.content = false, false, ""
}

// literal appends literal or quoted text.
func (e *expansion) literal(text string) {
	e.began, e.certain = true, true
	e.text.WriteString(text)
}

// expanded appends the result of an expansion, several fields for "$@" and the like.
func (e *expansion) expanded(values []field, quoted bool) {
	for i, v := range values {
		if i > 0 {
			e.end()
		}
		if !e.walker.left.spend(len(v.text)) {
			v.text = unknown
		}
		switch {
		case quoted || !e.split:
			e.literal(v.text)
		case v.text == unknown:
			e.began = true
			e.text.WriteString(unknown)
		default:
			e.words(v.text)
		}
		if v.content != "" {
			e.content = v.content
		}
	}
}

// words appends an unquoted expansion, which the shell splits at blanks.
func (e *expansion) words(text string) {
	const blanks = " \t\n"
	for text != "" {
		i := strings.IndexAny(text, blanks)
		switch {
		case i < 0:
			e.literal(text)
			return
		case i > 0:
			e.literal(text[:i])
		}
		e.end()
		text = strings.TrimLeft(text[i:], blanks)
	}
}

func (e *expansion) parts(parts []syntax.WordPart, quoted bool) {
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			e.literal(unescape(part.Value, quoted))
		case *syntax.SglQuoted:
			if part.Dollar {
				e.literal(ansiC(part.Value))
			} else {
				e.literal(part.Value)
			}
		case *syntax.DblQuoted:
			if len(part.Parts) == 0 {
				e.literal("")
			}
			e.parts(part.Parts, true)
		case *syntax.ParamExp:
			e.expanded(e.walker.parameter(part), quoted)
		case *syntax.CmdSubst:
			e.expanded([]field{{text: strings.TrimRight(e.walker.substitute(part.Stmts), "\n")}}, quoted)
		case *syntax.ProcSubst:
			content := e.walker.substitute(part.Stmts)
			if strings.Contains(content, unknown) {
				content = ""
			}
			e.expanded([]field{{text: unknown, content: content}}, true)
		default: // arithmetic, extended globs
			e.walker.inside(part)
			e.expanded([]field{{text: unknown}}, true)
		}
	}
}

// parameter is the result of a parameter expansion: one field, or any number for "$@" and "${list[@]}".
func (w *walker) parameter(p *syntax.ParamExp) []field {
	unknowable := []field{{text: unknown}}
	if p.Excl || p.Length || p.Width || p.IsSet || p.NestedParam != nil || p.Names != 0 || p.Slice != nil || p.Repl != nil || len(p.Modifiers) > 0 ||
		p.Flags != nil || p.Param == nil {
		w.inside(p)
		return unknowable
	}
	name := p.Param.Value
	values, known := w.variables[name]
	all := false
	switch n, err := strconv.Atoi(name); {
	case name == "@" || name == "*":
		values, known, all = w.arguments, !w.callUnknown, true
	case err == nil && n > 0:
		if known = !w.callUnknown; n <= len(w.arguments) {
			values = w.arguments[n-1 : n]
		}
	}
	if word, ok := p.Index.(*syntax.Word); ok && len(word.Parts) == 1 {
		index, _ := plain(word)
		n, err := strconv.Atoi(index)
		switch {
		case index == "@" || index == "*":
			all = true
		case err == nil && n >= 0 && n < len(values):
			values = values[n : n+1]
		default:
			return unknowable
		}
	} else if p.Index != nil {
		w.inside(p.Index)
		return unknowable
	}
	if !all && len(values) > 1 {
		values = values[:1] // $list is its first element
	}
	if p.Exp != nil {
		return w.substitutedParameter(p.Exp, values, known)
	}
	if !known {
		return unknowable
	}
	return values
}

// substitutedParameter is ${name OP word}.
func (w *walker) substitutedParameter(exp *syntax.Expansion, values []field, known bool) []field {
	word := w.value(exp.Word)
	switch exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		// A variable that the command does not assign is probably not set.
		if known && join(values) != "" {
			return values
		}
		return []field{{text: word}}
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if known && join(values) != "" {
			return []field{{text: word}}
		}
		if known {
			return nil
		}
	case syntax.LowerFirst, syntax.LowerAll, syntax.UpperFirst, syntax.UpperAll, syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if known {
			return values // names are compared without regard to case
		}
	}
	return []field{{text: unknown}}
}

// unescape removes the backslashes of text outside quotes, or in double quotes.
func unescape(text string, quoted bool) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			switch next := text[i+1]; {
			case next == '\n':
				i++
				continue
			case !quoted || strings.IndexByte("$`\"\\", next) >= 0:
				i++
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// ansiC decodes the escapes of $'…', which printf and echo -e know too (Bash manual, "ANSI-C Quoting").
func ansiC(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'a', 'b', 'e', 'E', 'f', 'v':
			b.WriteByte(' ') // no letter of a name
		case 'x':
			i = number(&b, text, i+1, 2, 16)
		case 'u':
			i = number(&b, text, i+1, 4, 16)
		case 'U':
			i = number(&b, text, i+1, 8, 16)
		case '0', '1', '2', '3', '4', '5', '6', '7':
			i = number(&b, text, i, 3, 8)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// number decodes up to that many digits from text[i] on, and returns the index of the last one.
func number(b *strings.Builder, text string, i, digits, base int) int {
	end := i
	for end < len(text) && end-i < digits {
		if _, err := strconv.ParseUint(text[end:end+1], base, 8); err != nil {
			break
		}
		end++
	}
	if n, err := strconv.ParseUint(text[i:end], base, 32); err == nil && n != 0 {
		b.WriteRune(rune(n))
	}
	return end - 1
}
