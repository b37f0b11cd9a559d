package ignore

import "strings"

// A pattern is the pattern in one line of an ignore or attributes file.
type pattern struct {
	negated  bool   // it began with '!'
	dirOnly  bool   // it ended in '/'
	anchored bool   // it has a '/' before its end, so it is matched against the path and not the name
	suffix   bool   // it is "*" and a literal, which is in prefix, and it is not anchored
	literal  bool   // it has no wildcard; prefix is the whole pattern
	prefix   string // the text before the first wildcard of an anchored pattern
	glob     glob   // the rest
	disputed bool   // releases of git match it differently
	fold     bool
}

// parsePattern parses a pattern. The caller has removed comments, the end of the line and trailing blanks.
func parsePattern(s string, fold bool) pattern {
	p := pattern{fold: fold}
	if strings.HasPrefix(s, "!") {
		p.negated = true
		s = s[1:]
	}
	if strings.HasSuffix(s, "/") {
		p.dirOnly = true
		s = s[:len(s)-1]
	}
	p.anchored = strings.Contains(s, "/")
	if p.anchored {
		s = strings.TrimPrefix(s, "/")
	}
	if !p.anchored && strings.HasPrefix(s, "*") && !strings.ContainsAny(s[1:], wildcards) {
		p.suffix = true
		p.prefix = s[1:]
		return p
	}
	wild := strings.IndexAny(s, wildcards)
	if wild < 0 {
		p.literal = true
		p.prefix = s
		return p
	}
	if p.anchored { // git compares what is before the first wildcard as it is
		p.prefix = s[:wild]
		s = s[wild:]
		p.disputed = wild > 0 && p.prefix[wild-1] != '/' && spansDirs(s)
	}
	p.glob = compileGlob(s, fold)
	return p
}

// spansDirs reports whether a pattern would begin with a "**" that stands for any number of directories if nothing were before it. Up to git 2.51 it
// does in "foo**/bar" too, because git matches what follows "foo" as a pattern of its own; from 2.52 on (commit 1940a02dc1 of git) it is like "*"
// there.
func spansDirs(s string) bool {
	rest := strings.TrimLeft(s, "*")
	return len(s)-len(rest) > 1 && (rest == "" || rest[0] == '/' || strings.HasPrefix(rest, `\/`))
}

const wildcards = `*?[\`

// match reports whether the pattern matches an entry. path is relative to the directory of the rule file, and name is its last element.
func (p *pattern) match(path, name []byte, isDir bool) bool {
	if p.dirOnly && !isDir {
		return false
	}
	text := name
	if p.anchored {
		text = path
	}
	switch {
	case p.literal:
		return len(text) == len(p.prefix) && p.equal(text, p.prefix)
	case p.suffix:
		n := len(text) - len(p.prefix)
		return n >= 0 && p.equal(text[n:], p.prefix)
	case p.prefix == "":
		return p.glob.match(text)
	}
	n := len(p.prefix)
	return len(text) >= n && p.equal(text[:n], p.prefix) && p.glob.match(text[n:])
}

// equal compares text with s. Both have the same length.
func (p *pattern) equal(text []byte, s string) bool {
	if !p.fold {
		return string(text) == s
	}
	for i, b := range text {
		if lower(b) != lower(s[i]) {
			return false
		}
	}
	return true
}
