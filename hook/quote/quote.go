// Package quote bounds and quotes text that a model or a terminal reads.
// Text from an agent, a file name or a repository is data. It is quoted, put on one line and bounded before it becomes part of a sentence.
package quote

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// ClipBytes returns the first limit bytes of s. It may cut a character, so it is for text that is searched or is ASCII, not for display.
func ClipBytes(s string, limit int) string {
	return s[:min(len(s), limit)]
}

// AndMore returns ", and 3 more", the end of a list that leaves out n entries; "" for n = 0.
func AndMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

// Each returns what word makes of each entry, in order; never nil.
func Each[T any](entries []T, word func(T) string) []string {
	words := make([]string, len(entries))
	for i, entry := range entries {
		words[i] = word(entry)
	}
	return words
}

// Set returns the set of names.
func Set(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// First returns a copy of the first limit entries, never nil, and how many it leaves out.
func First[T any](entries []T, limit int) (first []T, omitted int) {
	first = append([]T{}, entries[:min(limit, len(entries))]...)
	return first, len(entries) - len(first)
}

// Some joins the first limit texts, and says how many it leaves out: "a; b, and 3 more".
func Some(texts []string, limit int, between string) string {
	first, omitted := First(texts, limit)
	return strings.Join(first, between) + AndMore(omitted)
}

// List quotes each value, bounded to MaxPath, and joins them: `"a", "b", and 3 more`. omitted counts the values that were left out before.
func List(values []string, omitted int) string {
	quoted := Each(values, func(v string) string { return String(v, MaxPath) })
	if omitted > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", omitted))
	}
	return strings.Join(quoted, ", ")
}

// String returns s in double quotes, with everything that is not printable escaped. Between the quotes stand at most limit UTF-16 code
// units. An ellipsis after the quotes means that s is longer.
func String(s string, limit int) string {
	var b strings.Builder
	b.WriteByte('"')
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		piece := strconv.Quote(s[i : i+size])
		if r == '\'' {
			piece = `"'"`
		}
		piece = piece[1 : len(piece)-1]
		if n += Length(piece); n > limit {
			b.WriteString(`"…`)
			return b.String()
		}
		b.WriteString(piece)
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// Clip returns s, or its first limit characters and an ellipsis if it is longer. It escapes nothing: see Line.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Line returns s on one line: a space replaces each character that is not printable.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// Lines is Line for text of several lines: it keeps line feeds.
func Lines(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// JSON encodes v on one line without a line feed at its end. It escapes what is not printable, which JSON need not, so that no character
// reorders or hides the text around it. The value stays exact. It panics if v cannot be encoded.
func JSON(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encoding a %T: %v", v, err)) // our own types always encode
	}
	return PrintableJSON(strings.TrimSuffix(buf.String(), "\n"))
}

// PrintableJSON returns the JSON text with everything escaped that is not printable, except line feeds. Its value does not change.
func PrintableJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// WriteJSON writes v as JSON on one line.
func WriteJSON(w io.Writer, v any) error {
	_, err := io.WriteString(w, JSON(v)+"\n")
	return err
}

// Length returns the number of UTF-16 code units of s, which is how the host counts characters.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Plural returns "1 file" or "2 files". The plural of noun must be noun with an s.
func Plural(n int, noun string) string { return Number(n, noun, noun+"s") }

// Number returns the number with one word or the other, as in "1 was" or "2 were".
func Number(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many
}

// Digest returns a name for the list of parts: 24 hexadecimal digits of a hash. Different lists have different names.
func Digest(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strconv.Quote(part)) // so that no two lists read the same
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:12])
}

// Reason returns a text as one line of at most MaxReason.
func Reason(text string) string { return Line(Clip(text, MaxReason)) }

// Issue returns a text as one line of at most MaxIssue.
func Issue(text string) string { return Line(Clip(text, MaxIssue)) }
