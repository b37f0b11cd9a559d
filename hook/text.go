package hook

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

// Bounds on text that a model reads, in UTF-16 code units: the host counts characters as JavaScript does. The host moves an
// additionalContext of more than 10,000 to a file and does not bound a reason at all (2.1.330).
const (
	// MaxReason bounds the reason of a block.
	MaxReason = 8000
	// MaxStep bounds the text of one step, its JSON object included.
	MaxStep = 9000
	// MaxContract bounds what a coding agent is told at its start.
	MaxContract = 1500
)

// quote renders s as data: in double quotes, everything that is not printable escaped. What stands between the quotes is at
// most limit characters; an ellipsis behind them tells that s is longer.
func quote(s string, limit int) string {
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
		if n += length(piece); n > limit {
			b.WriteString(`"…`)
			return b.String()
		}
		b.WriteString(piece)
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// clip is the first limit characters of s with an ellipsis in place of the rest.
func clip(s string, limit int) string {
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

// oneLine is s with every character that is not printable made a space.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// toJSON encodes v on one line. What is not printable is escaped also where JSON would let it stand, so that no character can
// reorder or hide the text around it; the value stays exact.
func toJSON(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encoding a %T: %v", v, err)) // our own types always encode
	}
	return printableJSON(strings.TrimSuffix(buf.String(), "\n"))
}

// printableJSON is a JSON text of the same value in which everything is printable but the ends of its lines.
func printableJSON(text string) string {
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

// length is the number of UTF-16 code units of s, which is what the host counts.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// plural is "1 file", "2 files".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// shortHash names a thing by what it is made of, in 24 hexadecimal digits.
func shortHash(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strconv.Quote(part)) // so that no two lists read the same
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:12])
}
