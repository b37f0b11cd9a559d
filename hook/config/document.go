package config

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"stopgate/schema"
)

// Bounds on a file, checked before the parser builds a tree.
const (
	// MaxBytes is the largest file that is read.
	MaxBytes = 64 << 10
	// maxDepth is the deepest nesting; a configuration needs five levels.
	maxDepth = 10
	// maxKeys is the largest number of keys: the parser's time grows with their square.
	maxKeys = 2000
)

// position is a line and a column, in characters, from 1.
type position struct{ line, column int }

// place is the position of a value in the text, with the places of its keys or items.
type place struct {
	// key is the position of the value's key, or of the value itself if it has none.
	key, value position
	fields     map[string]*place
	items      []*place
}

// find returns the place at the tokens of a JSON pointer, or the innermost place on the way there.
func (p *place) find(tokens []string) *place {
	for _, t := range tokens {
		next := p.inner(t)
		if next == nil {
			break
		}
		p = next
	}
	return p
}

// inner returns the place of a key or an item of a value; nil if it has none such.
func (p *place) inner(token string) *place {
	if i, ok := index(token); ok && i < len(p.items) {
		return p.items[i]
	}
	return p.fields[token]
}

// line returns the line of a key, of which tokens are the path; 0 if the value has none such. p may be nil.
func (p *place) line(tokens ...string) int {
	for i := 0; i < len(tokens) && p != nil; i++ {
		p = p.inner(tokens[i])
	}
	if p == nil {
		return 0
	}
	return p.key.line
}

// flaw is one mistake in the text.
type flaw struct {
	position
	message string
}

// readDocument reads the part of YAML that a configuration needs: mappings, lists, strings, numbers, true, false and null, as
// encoding/json would decode them. It refuses the rest of YAML. doc is nil for a text without content and for one that is not YAML.
func readDocument(text string) (doc any, root *place, flaws []flaw) {
	text = strings.TrimPrefix(text, "\ufeff")
	if flaws := checkText(text); flaws != nil {
		return nil, nil, flaws
	}
	tokens := lexer.Tokenize(text)
	if flaws := checkTokens(tokens); flaws != nil {
		return nil, nil, flaws
	}
	file, err := parse(tokens)
	if err != nil {
		return nil, nil, []flaw{*err}
	}
	var r reader
	root = &place{key: position{1, 1}, value: position{1, 1}}
	for _, d := range file.Docs {
		if d.Body != nil {
			doc, root = r.value(d.Body)
		}
	}
	return doc, root, r.flaws
}

// checkText refuses a file that is too long or not text.
func checkText(text string) []flaw {
	if len(text) > MaxBytes {
		return []flaw{{message: fmt.Sprintf("the file has %d bytes; write at most %d", len(text), MaxBytes)}}
	}
	at := position{1, 0}
	for i, r := range text {
		at.column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return []flaw{{at, "the file is not UTF-8; save it as UTF-8"}}
		case r == '\n':
			at = position{at.line + 1, 0}
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			return []flaw{{at, fmt.Sprintf("a control character, %U; remove it", r)}}
		}
	}
	return nil
}

// refused are the parts of YAML that a configuration does not need. A pattern that begins with * looks like an alias.
var refused = map[token.Type]string{
	token.AnchorType:     "an anchor (&); write the value itself, or put it in quotes",
	token.AliasType:      `an alias (*); write the value itself, or put a pattern in quotes: "*.md"`,
	token.TagType:        "a tag (!); write the value itself, or put it in quotes",
	token.MergeKeyType:   "a merge key (<<); write the keys themselves",
	token.DirectiveType:  "a directive (%); leave it out, or put the value in quotes",
	token.MappingKeyType: "a complex key (?); write key: value, or put the value in quotes",
	token.InfinityType:   "a number that is not finite; write a whole number",
	token.NanType:        "not a number; write a whole number",
}

// checkTokens refuses the parts of YAML that a configuration does not need, too many keys, and nesting too deep for the parser.
func checkTokens(tokens token.Tokens) []flaw {
	var flaws []flaw
	var columns []int // of the blocks that are open
	flow, keys, content := 0, 0, false
	for _, t := range tokens {
		at := position{t.Position.Line, t.Position.Column}
		if t.Type == token.InvalidType {
			break // the parser reports it
		}
		if message, ok := refused[t.Type]; ok {
			if last := len(flaws) - 1; last < 0 || flaws[last].line != at.line { // ** is two aliases
				flaws = append(flaws, flaw{at, message})
			}
			if t.Type == token.DirectiveType {
				break // the words that follow it are its own
			}
			continue
		}
		block := t.Type == token.SequenceEntryType
		switch t.Type {
		case token.DocumentHeaderType:
			if content {
				return append(flaws, flaw{at, "a second document (---); write one"})
			}
			continue
		case token.DocumentEndType, token.CommentType:
			continue
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.MappingValueType:
			if keys++; keys > maxKeys {
				return append(flaws, flaw{at, fmt.Sprintf("more than %d keys; write fewer", maxKeys)})
			}
			if flow > 0 && tight(t) {
				flaws = append(flaws, flaw{at, "a colon without a space behind it; write a space, or put the value in quotes"})
			}
			if block = t.Prev != nil; block {
				at.column = t.Prev.Position.Column
			}
		default:
		}
		content = true
		if block && flow == 0 {
			for len(columns) > 0 && columns[len(columns)-1] >= at.column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, at.column)
		}
		if flow+len(columns) > maxDepth {
			return append(flaws, flaw{at, fmt.Sprintf("nested deeper than %d levels; write less deeply", maxDepth)})
		}
	}
	return flaws
}

// tight reports whether a colon has plain words on both sides without a space. In braces the lexer takes it for the end of a key, while
// YAML takes it for a part of the word (YAML 1.2.2, 7.3.3).
func tight(colon *token.Token) bool {
	before, after := colon.Prev, colon.Next
	return before != nil && before.Indicator != token.QuotedScalarIndicator &&
		after != nil && after.Position.Line == colon.Position.Line && after.Position.Column == colon.Position.Column+1
}

// parse builds the tree. A panic of the parser counts as a flaw of the text, so that no configuration can switch the gate off.
func parse(tokens token.Tokens) (file *ast.File, failed *flaw) {
	defer func() {
		if recover() != nil {
			file, failed = nil, &flaw{message: "the file cannot be read as YAML"}
		}
	}()
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	syntax, ok := errors.AsType[*yaml.SyntaxError](err)
	if !ok || syntax.Token == nil {
		return nil, &flaw{message: "the file cannot be read as YAML"}
	}
	at := syntax.Token.Position
	return nil, &flaw{position{at.Line, at.Column}, inPlainWords(syntax)}
}

// inPlainWords returns the parser's message, with advice for common mistakes.
func inPlainWords(e *yaml.SyntaxError) string {
	const prefix = "not YAML: "
	switch {
	case strings.ContainsAny(e.Message, "\t") || strings.Contains(e.Message, "tab character"):
		return prefix + "a tab; write spaces"
	case strings.Contains(e.Message, "reserved character"):
		return prefix + "a value that begins with " + schema.Quote(strings.TrimSpace(e.Token.Value)) + "; put it in quotes"
	case strings.Contains(e.Message, "could not find end character"):
		return prefix + "a quote that is never closed; close it"
	case strings.Contains(e.Message, "mapping value is not allowed"):
		return prefix + "a second colon on the line, or a wrong indentation; write one key: value on a line"
	}
	return prefix + e.Message + "; look at the indentation and the brackets there"
}

// reader turns a tree into plain values and collects its flaws.
type reader struct{ flaws []flaw }

func (r *reader) add(at position, format string, args ...any) {
	r.flaws = append(r.flaws, flaw{at, fmt.Sprintf(format, args...)})
}

func (r *reader) value(node ast.Node) (any, *place) {
	at := start(node)
	p := &place{key: at, value: at}
	switch n := node.(type) {
	case *ast.MappingNode:
		return r.mapping(n.Values, p), p
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, p), p
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for _, item := range n.Values {
			value, place := r.value(item)
			list, p.items = append(list, value), append(p.items, place)
		}
		return list, p
	case *ast.StringNode:
		return n.Value, p
	case *ast.LiteralNode:
		return n.Value.Value, p
	case *ast.BoolNode:
		return n.Value, p
	case *ast.NullNode:
		return nil, p
	case *ast.FloatNode:
		if !math.IsInf(n.Value, 0) && !math.IsNaN(n.Value) {
			return n.Value, p
		}
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			return float64(v), p
		case uint64:
			return float64(v), p
		}
	}
	r.add(at, "a value of another type; write text, a number, a list or a mapping")
	return nil, p
}

func (r *reader) mapping(pairs []*ast.MappingValueNode, p *place) map[string]any {
	object := make(map[string]any, len(pairs))
	p.fields = make(map[string]*place, len(pairs))
	for _, pair := range pairs {
		at := start(pair.Key)
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			r.add(at, "the key %s is not text; put it in quotes", schema.Quote(pair.Key.GetToken().Value))
			continue
		}
		if first, again := p.fields[key.Value]; again {
			r.add(at, "the key %s is there twice, first in line %d; write it once", schema.Quote(key.Value), first.key.line)
			continue
		}
		value, place := r.value(pair.Value)
		place.key = at
		object[key.Value], p.fields[key.Value] = value, place
	}
	return object
}

// start returns the position of a node's first character. For a block mapping the parser returns the position of its first colon.
func start(node ast.Node) position {
	switch n := node.(type) {
	case nil:
		return position{}
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return start(n.Key)
	}
	if t := node.GetToken(); t != nil && t.Position != nil {
		return position{t.Position.Line, t.Position.Column}
	}
	return position{}
}
