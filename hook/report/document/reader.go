// Package document reads a JSON text strictly by RFC 8259. It notes all mistakes at once, each with advice, and keeps the place of every value.
package document

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"stopgate/hook/quote"
)

// Bounds on what is read. No model can write as much in one message, and reading as much takes a moment.
const (
	// MaxDepth bounds the nesting of arrays and objects.
	MaxDepth = 64
	// maxValues bounds the values, without the names of fields. A model cannot write that many in a message, and each file costs time.
	maxValues = 12_000
	// maxContainers bounds the arrays and objects among them, because comparing them with each other is expensive.
	maxContainers = 1000
	// maxMistakes bounds the mistakes that are kept.
	maxMistakes = 51
)

// Document is what a text holds.
type Document struct {
	// Value is the value as encoding/json would decode it into an any. If the text could not be read to its end, it is the part before that.
	Value any
	// Root is the place of everything in the value.
	Root Place
	// Whole means that the text was read to its end.
	Whole bool
	// Mistakes are the departures from JSON, in the order in which they were found; nil if there are none. The text is to be refused for any.
	Mistakes []Mistake
	// More counts the mistakes beyond those.
	More int
}

// Mistake is a departure from JSON at an offset of the text, in bytes. Message is one bounded line.
type Mistake struct {
	At      int
	Message string
}

// Read reads the whole text. encoding/json takes the last of two equal keys, replaces invalid UTF-8, and stops at the first mistake without advice.
// After a mistake whose meaning is clear, Read notes it and reads on, so that the agent sees all mistakes at once.
func Read(text string) Document {
	r := reader{text: text}
	value, root := r.document()
	return Document{Value: value, Root: root, Whole: !r.dead, Mistakes: r.mistakes, More: r.more}
}

type reader struct {
	text string
	pos  int

	depth, values, containers int

	mistakes []Mistake
	more     int
	dead     bool // the rest of the text is not read
	// invisible are the invisible characters that were noted. An editor puts the same one before every line.
	invisible []rune
}

// document reads the whole text.
func (r *reader) document() (value any, root Place) {
	r.space()
	if r.pos == len(r.text) {
		r.fail(0, "the report is empty")
		return nil, Place{}
	}
	value, root = r.value()
	if r.dead {
		return value, root
	}
	r.space()
	if r.pos < len(r.text) {
		r.fail(r.pos, "more text follows the end of the report; a report is one object and nothing else")
	}
	return value, root
}

// note records a mistake and lets reading go on.
func (r *reader) note(at int, format string, args ...any) {
	if len(r.mistakes) == maxMistakes {
		r.more++
		return
	}
	r.mistakes = append(r.mistakes, Mistake{at, fmt.Sprintf(format, args...)})
}

// fail records a mistake and stops reading.
func (r *reader) fail(at int, format string, args ...any) {
	if !r.dead {
		r.note(at, format, args...)
	}
	r.dead = true
}

// peek returns the next byte, or 0 at the end. JSON has no byte 0.
func (r *reader) peek() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *reader) value() (any, Place) {
	if r.values++; r.values > maxValues {
		r.fail(r.pos, "the report has more than %d values; send a shorter one", maxValues)
		return nil, Place{}
	}
	start := r.pos
	switch c := r.peek(); {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		s := r.string()
		return s, Place{At: start, End: r.pos}
	case c == '-' || '0' <= c && c <= '9':
		n := r.number()
		return n, Place{At: start, End: r.pos}
	default:
		v := r.word()
		return v, Place{At: start, End: r.pos}
	}
}

// enter begins an array or an object.
func (r *reader) enter() bool {
	r.depth++
	r.containers++
	switch {
	case r.depth > MaxDepth:
		r.fail(r.pos, "the report is nested more than %d deep; send a flat one", MaxDepth)
	case r.containers > maxContainers:
		r.fail(r.pos, "the report has more than %d arrays and objects; send a simpler one", maxContainers)
	}
	r.pos++
	return !r.dead
}

func (r *reader) leave(p *Place) {
	r.depth--
	r.pos++
	p.End = r.pos
}

func (r *reader) array() ([]any, Place) {
	values, p := []any{}, Place{At: r.pos, Items: []Place{}}
	if !r.enter() {
		return values, p
	}
	for r.space(); !r.dead; {
		if r.peek() == ']' {
			r.leave(&p)
			break
		}
		v, at := r.value()
		if r.dead {
			break
		}
		values, p.Items = append(values, v), append(p.Items, at)
		r.separator(']', "array", p.At)
	}
	return values, p
}

func (r *reader) object() (map[string]any, Place) {
	values, p := map[string]any{}, Place{At: r.pos, Fields: map[string]Place{}}
	if !r.enter() {
		return values, p
	}
	for r.space(); !r.dead; {
		if r.peek() == '}' {
			r.leave(&p)
			break
		}
		at := r.pos
		name, ok := r.name()
		if !ok {
			break
		}
		r.space()
		if r.peek() != ':' {
			r.unexpected("a colon behind the name " + shown(name))
			break
		}
		r.pos++
		r.space()
		v, here := r.value()
		if r.dead {
			break
		}
		if first, again := p.Fields[name]; again {
			r.note(at, "the name %s is twice in one object, its first value at %s; keep one", shown(name), Spot{r.text, first.At})
		}
		values[name], p.Fields[name] = v, here
		r.separator('}', "object", p.At)
	}
	return values, p
}

// name reads the name of a field.
func (r *reader) name() (string, bool) {
	if r.peek() == '"' {
		name := r.string()
		return name, !r.dead
	}
	if word := r.run(); word != "" {
		r.fail(r.pos, "the name %s has no quotes; write it in double quotes", shown(word))
		return "", false
	}
	r.unexpected("the name of a field in double quotes")
	return "", false
}

// separator reads the comma after an element. It leaves a closing bracket unread.
func (r *reader) separator(closing byte, container string, opened int) {
	r.space()
	switch c := r.peek(); {
	case c == closing:
	case c == ',':
		comma := r.pos
		r.pos++
		r.space()
		if r.peek() == closing {
			r.note(comma, "a comma before the closing %q; remove it", closing)
		}
	case c == ']' || c == '}':
		r.fail(r.pos, "%q closes the %s that opened at %s; want %q", c, container, Spot{r.text, opened}, closing)
	case c == '"' || c == '{' || c == '[' || c == '-' || '0' <= c && c <= '9':
		r.fail(r.pos, "a comma is missing here; if this belongs to the string before, write each quote in that string as \\\"")
	default:
		r.unexpected(fmt.Sprintf("a comma or %q", closing))
	}
}

// unexpected stops reading at a character that does not fit, with advice for common mistakes.
func (r *reader) unexpected(wanted string) {
	rest := r.text[r.pos:]
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "":
		r.fail(r.pos, "the report ends here, where %s should follow; it was cut off: send it whole", wanted)
	case strings.HasPrefix(rest, "...") || c == '…':
		r.fail(r.pos, "an ellipsis instead of text; write it out, want %s", wanted)
	case c == '\'' || c == '`' || strings.ContainsRune("“”„«»‘’‚‛″＂", c):
		r.fail(r.pos, "got %s; JSON has only the straight double quote (\"), want %s", shown(string(c)), wanted)
	case c == '>':
		r.fail(r.pos, "got %s, the mark of a quoted line; send the report without it at the start of each line, want %s", shown(string(c)), wanted)
	case c == utf8.RuneError && size <= 1:
		r.fail(r.pos, "byte %#02x is not UTF-8, want %s", rest[0], wanted)
	default:
		r.fail(r.pos, "got %s, want %s", shown(string(c)), wanted)
	}
}

// space skips white space, and with a note comments and invisible characters.
func (r *reader) space() {
	for r.pos < len(r.text) {
		rest := r.text[r.pos:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			r.pos++
		case strings.HasPrefix(rest, "//") || c == '#':
			r.note(r.pos, "a comment; JSON has none: remove it")
			r.pos += endOr(rest, strings.IndexByte(rest, '\n'))
		case strings.HasPrefix(rest, "/*"):
			r.note(r.pos, "a comment; JSON has none: remove it")
			end := strings.Index(rest[2:], "*/")
			if end >= 0 {
				end += 4
			}
			r.pos += endOr(rest, end)
		case c >= utf8.RuneSelf:
			s, size := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(s) && !unicode.Is(unicode.Cf, s) {
				return
			}
			if !slices.Contains(r.invisible, s) {
				r.invisible = append(r.invisible, s)
				r.note(r.pos, "the invisible character %U; only plain spaces and line breaks are allowed outside of strings: replace it wherever it stands there", s)
			}
			r.pos += size
		default:
			return
		}
	}
}

func endOr(text string, end int) int {
	if end < 0 {
		return len(text)
	}
	return end
}

// run returns the word at this position, unread.
func (r *reader) run() string {
	end := r.pos
	for end < len(r.text) && (r.text[end] == '_' || r.text[end] == '$' || 'a' <= r.text[end]|0x20 && r.text[end]|0x20 <= 'z' || '0' <= r.text[end] && r.text[end] <= '9') {
		end++
	}
	return r.text[r.pos:end]
}

// word reads true, false and null, and with a note their spellings in other languages.
func (r *reader) word() any {
	word := r.run()
	spelling := map[string]string{"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "NULL": "null", "Null": "null", "nil": "null", "undefined": "null"}
	if right, ok := spelling[word]; ok {
		r.note(r.pos, "%s is not a JSON word; write %s", word, right)
		r.pos += len(word)
		word = right
	} else if word == "true" || word == "false" || word == "null" {
		r.pos += len(word)
	}
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	case "":
		r.unexpected("a value")
	default:
		r.fail(r.pos, "%s has no quotes; write a string in double quotes", shown(word))
	}
	return nil
}

// number reads a number (RFC 8259, section 6) that a float64 can hold.
func (r *reader) number() float64 {
	start := r.pos
	for r.pos < len(r.text) && strings.IndexByte("+-._", r.text[r.pos]) >= 0 || r.run() != "" {
		r.pos += max(1, len(r.run()))
	}
	text := r.text[start:r.pos]
	if !json.Valid([]byte(text)) {
		r.note(start, "%s is not a JSON number", shown(text))
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.note(start, "%s is out of range", shown(text))
		return 0
	}
	return n
}

// string reads a string (RFC 8259, section 7).
func (r *reader) string() string {
	r.pos++
	start := r.pos
	for r.pos < len(r.text) { // most strings have no escapes
		c := r.text[r.pos]
		if c == '"' {
			r.pos++
			return r.text[start : r.pos-1]
		}
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
		r.pos++
	}
	var b strings.Builder
	b.WriteString(r.text[start:r.pos])
	for r.pos < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.pos:])
		switch {
		case c == '"':
			r.pos++
			return b.String()
		case c == '\n' || c == '\r':
			r.fail(r.pos, "a line break inside a string; close the string before it, or write each line break as \\n")
			return b.String()
		case c < ' ':
			r.note(r.pos, "the control character %U inside a string; write it as \\u%04x or remove it", c, c)
		case c == utf8.RuneError && size <= 1:
			r.note(r.pos, "byte %#02x inside a string is not UTF-8", r.text[r.pos])
		case c == '\\':
			c, size = r.escape()
		}
		b.WriteRune(c)
		r.pos += size
	}
	r.fail(r.pos, "the report ends here, inside a string; it was cut off: send it whole")
	return b.String()
}

// escape reads the escape sequence at this position: its character and its length.
func (r *reader) escape() (rune, int) {
	rest := r.text[r.pos:]
	if len(rest) < 2 {
		return utf8.RuneError, 1
	}
	const names, characters = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(names, rest[1]); i >= 0 {
		return rune(characters[i]), 2
	}
	if c, ok := hexEscape(rest); ok {
		if !utf16.IsSurrogate(c) {
			return c, 6
		}
		if low, ok := hexEscape(rest[6:]); ok {
			if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
				return c, 12
			}
		}
		r.note(r.pos, "%s is half a character; write the character itself", rest[:6])
		return utf8.RuneError, 6
	}
	c, size := utf8.DecodeRuneInString(rest[1:])
	if rest[1] == 'u' {
		r.note(r.pos, "an escape \\u needs four hexadecimal digits")
	} else {
		r.note(r.pos, "a backslash before %s is not a JSON escape; write a backslash as \\\\", shown(string(c)))
	}
	if c == '\n' || c == '\r' {
		return '\\', 1
	}
	return c, 1 + size
}

// hexEscape returns the code unit of an escape \uXXXX at the beginning of text.
func hexEscape(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}

// shown quotes a part of the text for a message.
func shown(text string) string { return quote.String(text, quote.MaxName) }
