// Package quote bounds and quotes text that a model or a terminal reads.
// What comes from an agent, a file name or a repository is data: it is quoted, one line and bounded before it stands in a sentence of ours.
package quote

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

func ClipBytes(s string, limit int) string {
	return s[:min(len(s), limit)]
}

func AndMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

// First are the first limit entries, never nil, and the number of the others.
func First[T any](entries []T, limit int) (first []T, omitted int) {
	first = append([]T{}, entries[:min(limit, len(entries))]...)
	return first, len(entries) - len(first)
}

func List(values []string, omitted int) string {
	quoted := make([]string, 0, len(values)+1)
	for _, v := range values {
		quoted = append(quoted, String(v, MaxPath))
	}
	if omitted > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", omitted))
	}
	return strings.Join(quoted, ", ")
}

// String renders s as data: in double quotes, everything that is not printable escaped. What stands between the quotes is at
// most limit characters; an ellipsis behind them tells that s is longer.
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

// Clip is the first limit characters of s with an ellipsis in place of the rest.
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

// Line is s with every character that is not printable made a space.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// Lines is s with every character that is not printable made a space, except the ends of its lines.
func Lines(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// JSON encodes v on one line. What is not printable is escaped also where JSON would let it stand, so that no character can
// reorder or hide the text around it; the value stays exact.
func JSON(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encoding a %T: %v", v, err)) // our own types always encode
	}
	return PrintableJSON(strings.TrimSuffix(buf.String(), "\n"))
}

// PrintableJSON is a JSON text of the same value in which everything is printable but the ends of its lines.
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

// Length is the number of UTF-16 code units of s, which is what the host counts.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// Plural is "1 file", "2 files".
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Digest names a thing by what it is made of, in 24 hexadecimal digits.
func Digest(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strconv.Quote(part)) // so that no two lists read the same
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:12])
}
