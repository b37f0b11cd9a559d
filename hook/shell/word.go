package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/shell/argv"
)

// WriteParts writes the text of the parts of a word, without quotes and escapes, with argv.Unknown for what only the shell knows. quoted means that
// they stand in double quotation marks.
func WriteParts(b *strings.Builder, list []syntax.WordPart, quoted bool) {
	for _, part := range list {
		switch part := part.(type) {
		case *syntax.Lit:
			if !quoted && strings.Contains(part.Value, "{") {
				b.WriteString(argv.Unknown) // {git,commit} is two words
				continue
			}
			b.WriteString(unescape(part.Value, quoted))
		case *syntax.SglQuoted:
			if part.Dollar && strings.Contains(part.Value, `\`) {
				b.WriteString(argv.Unknown) // $'\x67it'
			} else {
				b.WriteString(part.Value)
			}
		case *syntax.DblQuoted:
			WriteParts(b, part.Parts, true)
		default: // expansions and substitutions
			b.WriteString(argv.Unknown)
		}
	}
}

// Unquoted returns a part, or the first one inside double quotation marks.
func Unquoted(part syntax.WordPart) syntax.WordPart {
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
		return q.Parts[0]
	}
	return part
}

// Variable returns the name of a variable that is expanded without changes; "" for any other expansion.
func Variable(p *syntax.ParamExp) string {
	if p.Param == nil || p.Exp != nil || p.Slice != nil || p.Repl != nil || p.Length || p.Excl {
		return ""
	}
	return p.Param.Value
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

// EachSubstitution visits the outermost substitutions in a node: $(…), and with process <(…) and >(…).
func EachSubstitution(node syntax.Node, visit func(statements []*syntax.Stmt, process bool)) {
	if node == nil {
		return
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			visit(n.Stmts, false)
			return false
		case *syntax.ProcSubst:
			visit(n.Stmts, true)
			return false
		case *syntax.BinaryArithm: // nested to the left, as deep as the sum is long
			left := syntax.ArithmExpr(n)
			for sum, ok := left.(*syntax.BinaryArithm); ok; sum, ok = left.(*syntax.BinaryArithm) {
				EachSubstitution(sum.Y, visit)
				left = sum.X
			}
			EachSubstitution(left, visit)
			return false
		case *syntax.BinaryTest:
			left := syntax.TestExpr(n)
			for test, ok := left.(*syntax.BinaryTest); ok; test, ok = left.(*syntax.BinaryTest) {
				EachSubstitution(test.Y, visit)
				left = test.X
			}
			EachSubstitution(left, visit)
			return false
		}
		return true
	})
}

// Quote returns s as one printable word for bash and zsh. git allows names of branches and files that a shell would run. A word cannot contain a
// NUL, so Quote removes NULs.
func Quote(s string) string {
	word, err := syntax.Quote(strings.ReplaceAll(s, "\x00", ""), syntax.LangBash)
	if err != nil { // only a NUL fails in bash
		return "''"
	}
	return word
}
