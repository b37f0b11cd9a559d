package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// unknown marks text in a word that only the shell can know. U+FDD0 is a noncharacter for use inside a program.
const unknown = "\ufdd0"

// text is a word without its quotes and escapes. What a shell would put in place of an expansion is unknown, except that $PWD is the working
// directory.
func (w *walker) text(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	var b strings.Builder
	parts(&b, word.Parts, false)
	if rest, ok := strings.CutPrefix(b.String(), unknown+"/"); ok && isWorkingDirectory(word.Parts[0]) {
		return "./" + rest
	}
	return b.String()
}

func parts(b *strings.Builder, list []syntax.WordPart, quoted bool) {
	for _, part := range list {
		switch part := part.(type) {
		case *syntax.Lit:
			if !quoted && strings.Contains(part.Value, "{") {
				b.WriteString(unknown) // {git,commit} is two words
				continue
			}
			b.WriteString(unescape(part.Value, quoted))
		case *syntax.SglQuoted:
			if part.Dollar && strings.Contains(part.Value, `\`) {
				b.WriteString(unknown) // $'\x67it'
			} else {
				b.WriteString(part.Value)
			}
		case *syntax.DblQuoted:
			parts(b, part.Parts, true)
		default: // expansions and substitutions
			b.WriteString(unknown)
		}
	}
}

// isWorkingDirectory reports whether a part is $PWD, with quotation marks or without.
func isWorkingDirectory(part syntax.WordPart) bool {
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
		part = q.Parts[0]
	}
	p, ok := part.(*syntax.ParamExp)
	return ok && p.Param != nil && p.Param.Value == "PWD" && p.Exp == nil && p.Slice == nil && p.Repl == nil && !p.Length && !p.Excl
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
