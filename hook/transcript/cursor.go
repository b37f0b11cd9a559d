package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// maxDepth bounds the nesting of one line. The host's own records stay under 20.
const maxDepth = 512

var (
	errMalformed = errors.New("not well-formed JSON")
	errDuplicate = errors.New("duplicate key")
	errTooDeep   = errors.New("nested too deeply")
	errTooMany   = errors.New("too many content blocks")
)

// cursor walks one line of JSON without allocating: a caller takes the few values that it wants as raw slices and skips the
// rest. Walked values must follow the grammar. Skipped values must have balanced brackets, closed strings, and outside strings
// only bytes that JSON allows. Skipping does not recurse, so deep nesting cannot exhaust the stack. After the first error every
// method does nothing.
type cursor struct {
	b   []byte
	i   int
	err error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// peek returns the next byte that is not white space, 0 at the end of the line or after an error.
func (c *cursor) peek() byte {
	if c.err != nil {
		return 0
	}
	for c.i < len(c.b) {
		switch b := c.b[c.i]; b {
		case ' ', '\t', '\r', '\n':
			c.i++
		default:
			return b
		}
	}
	return 0
}

// accept consumes the next byte if it is want.
func (c *cursor) accept(want byte) bool {
	if c.peek() != want || c.err != nil {
		return false
	}
	c.i++
	return true
}

// end fails if anything but white space is left.
func (c *cursor) end() {
	if c.peek() != 0 || c.err == nil && c.i < len(c.b) {
		c.fail(errMalformed)
	}
}

// object walks the object at the cursor. For each key it calls field, which must consume the value;
// field returns false to leave the rest of the object unread.
func (c *cursor) object(field func(key []byte) bool) {
	if !c.accept('{') {
		c.fail(errMalformed)
		return
	}
	if c.accept('}') {
		return
	}
	for {
		if c.peek() != '"' {
			c.fail(errMalformed)
			return
		}
		key := c.value()
		if !c.accept(':') {
			c.fail(errMalformed)
			return
		}
		if !field(plain(key)) || c.err != nil {
			return
		}
		if c.accept('}') {
			return
		}
		if !c.accept(',') {
			c.fail(errMalformed)
			return
		}
	}
}

// array walks the array at the cursor. For each element it calls element, which must consume it.
func (c *cursor) array(element func()) {
	if !c.accept('[') {
		c.fail(errMalformed)
		return
	}
	if c.accept(']') {
		return
	}
	for c.err == nil {
		element()
		if c.accept(']') {
			return
		}
		if !c.accept(',') {
			c.fail(errMalformed)
		}
	}
}

// once consumes a value into dst, and fails if dst has one already: with duplicate keys neither value can be trusted.
func (c *cursor) once(dst *[]byte) bool {
	if *dst != nil {
		c.fail(errDuplicate)
		return false
	}
	*dst = c.value()
	return c.err == nil
}

// value consumes one value and returns its raw bytes, a string with its quotes.
func (c *cursor) value() []byte {
	first := c.peek()
	start := c.i
	switch {
	case first == '"':
		c.skipString()
	case first == '{' || first == '[':
		c.skipNested()
	case allowed[first]&scalar != 0:
		for c.i < len(c.b) && allowed[c.b[c.i]]&scalar != 0 {
			c.i++
		}
	default:
		c.fail(errMalformed)
	}
	if c.err != nil {
		return nil
	}
	return c.b[start:c.i]
}

// skipString consumes a string. A quote ends it unless an odd number of backslashes comes before the quote.
func (c *cursor) skipString() {
	start := c.i + 1
	i := start
	for {
		n := bytes.IndexByte(c.b[i:], '"')
		if n < 0 {
			c.i = len(c.b)
			c.fail(errMalformed)
			return
		}
		quote := i + n
		i = quote + 1
		escape := quote - 1
		for escape >= start && c.b[escape] == '\\' {
			escape--
		}
		if (quote-escape)%2 == 1 {
			c.i = i
			return
		}
	}
}

// skipNested consumes an object or array.
func (c *cursor) skipNested() {
	var isObject [maxDepth/64 + 1]uint64 // a bit for each open bracket
	depth := 0
	for c.i < len(c.b) {
		b := c.b[c.i]
		switch b {
		case '"':
			if c.skipString(); c.err != nil {
				return
			}
			continue
		case '{', '[':
			if depth++; depth > maxDepth {
				c.fail(errTooDeep)
				return
			}
			bit := uint64(1) << (depth % 64)
			isObject[depth/64] &^= bit
			if b == '{' {
				isObject[depth/64] |= bit
			}
		case '}', ']':
			if isObject[depth/64]>>(depth%64)&1 == 1 != (b == '}') {
				c.fail(errMalformed)
				return
			}
			if depth--; depth == 0 {
				c.i++
				return
			}
		default:
			if allowed[b] == 0 {
				c.fail(errMalformed)
				return
			}
		}
		c.i++
	}
	c.fail(errMalformed)
}

const (
	scalar = 1 << iota // part of a number, true, false or null
	between
)

// allowed classifies the bytes that JSON allows outside strings, without the brackets.
var allowed = func() (t [256]byte) {
	for _, b := range []byte("0123456789+-.eEtrufalsn") {
		t[b] = scalar
	}
	for _, b := range []byte(" \t\r\n:,") {
		t[b] = between
	}
	return t
}()

// plain returns the text of a raw string for comparison with a constant: without a copy when it has no escapes.
func plain(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	s, _ := text(raw)
	return []byte(s)
}

// text decodes a raw JSON string. Invalid UTF-8 and lone surrogates become U+FFFD. It returns false if raw is not a string.
func text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	simple := utf8.Valid(inner)
	for i := 0; simple && i < len(inner); i++ {
		simple = inner[i] >= ' ' && inner[i] != '\\'
	}
	if simple {
		return string(inner), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// isTrue reports whether a raw value is the literal true.
func isTrue(raw []byte) bool { return string(raw) == "true" }
