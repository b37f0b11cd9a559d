package ignore

import "strings"

// A glob is a compiled wildmatch pattern, as git's ignore and attribute files use them (gitignore(5), "PATTERN FORMAT"). A hostile pattern stays
// cheap because it is compiled first: then comparing a token with a byte of the path takes constant time, however long its bracket expression was.
type glob struct {
	tokens  []token
	classes []class
	min     int  // the least number of bytes that can match
	never   bool // the pattern is malformed (an open bracket, an unknown [:class:]) and matches nothing
	fold    bool // ASCII letters of the path are converted to lower case before they are compared
}

// A token below 256 stands for that byte.
type token uint16

const (
	tokenAny   token = 256 + iota // ?: any byte except '/'
	tokenStar                     // *: any number of bytes except '/'
	tokenDeep                     // ** at the end, or before an escaped slash: any number of bytes
	tokenDirs                     // **/: nothing, or bytes that end in a slash
	tokenClass                    // [...]: from here on, the difference to tokenClass is the index in classes
)

// A class is a set of bytes.
type class [4]uint64

func (c *class) add(b byte)      { c[b>>6] |= 1 << (b & 63) }
func (c *class) has(b byte) bool { return c[b>>6]&(1<<(b&63)) != 0 }

func (c *class) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		c.add(byte(b))
	}
}

// maxClasses is the largest number of classes that the token type can tell apart.
const maxClasses = 1<<16 - int(tokenClass)

// compileGlob compiles a pattern in which '/' separates directories. With fold the pattern ignores the case of ASCII letters.
func compileGlob(pattern string, fold bool) glob {
	g := glob{fold: fold}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch c {
		case '*':
			var t token
			t, i = compileStars(pattern, i)
			g.tokens = append(g.tokens, t)
			continue
		case '?':
			g.tokens = append(g.tokens, tokenAny)
		case '[':
			set, end := compileClass(pattern, i+1, fold)
			if end < 0 || len(g.classes) == maxClasses {
				return glob{never: true}
			}
			i = end
			g.tokens = append(g.tokens, tokenClass+token(len(g.classes)))
			g.classes = append(g.classes, set)
		case '\\':
			i++
			if i == len(pattern) {
				return glob{never: true}
			}
			// Git does not convert an escaped letter to lower case. So if case is ignored, `\A` matches nothing. TestBytesAgreeWithGit shows it.
			g.tokens = append(g.tokens, token(pattern[i]))
		default:
			if fold {
				c = lower(c)
			}
			g.tokens = append(g.tokens, token(c))
		}
		i++
		g.min++
	}
	return g
}

// compileStars returns the token for the asterisks at start, and the index after what it stands for.
func compileStars(pattern string, start int) (token, int) {
	rest := strings.TrimLeft(pattern[start:], "*")
	end := len(pattern) - len(rest)
	if end-start > 1 && (start == 0 || pattern[start-1] == '/') {
		switch {
		case strings.HasPrefix(rest, "/"):
			return tokenDirs, end + 1
		case rest == "", strings.HasPrefix(rest, `\/`):
			return tokenDeep, end
		}
	}
	return tokenStar, end
}

// compileClass reads a bracket expression; i is the index after its opening bracket. It returns the set and the index of the closing bracket, or -1
// if the expression is malformed.
func compileClass(pattern string, i int, fold bool) (class, int) {
	var set class
	at := func(i int) byte {
		if i < len(pattern) {
			return pattern[i]
		}
		return 0
	}
	negated := at(i) == '!' || at(i) == '^'
	if negated {
		i++
	}
	var prev byte // the possible start of a range; 0 if no range can start, after a range or a character class
	for first := true; first || at(i) != ']'; first = false {
		c := at(i)
		switch {
		case c == 0:
			return set, -1
		case c == '\\':
			i++
			if c = at(i); c == 0 {
				return set, -1
			}
			set.add(c)
			prev = c
		case c == '-' && prev != 0 && at(i+1) != 0 && at(i+1) != ']':
			i++
			hi := at(i)
			if hi == '\\' {
				i++
				if hi = at(i); hi == 0 {
					return set, -1
				}
			}
			set.addRange(prev, hi)
			if fold {
				for u := byte('A'); u <= 'Z'; u++ {
					if prev <= u && u <= hi {
						set.add(lower(u))
					}
				}
			}
			prev = 0
		case c == '[' && at(i+1) == ':':
			end := strings.IndexByte(pattern[i+2:], ']')
			if end < 0 {
				return set, -1
			}
			name := pattern[i+2 : i+2+end]
			if !strings.HasSuffix(name, ":") { // without ":]" the '[' is a literal
				set.add('[')
				prev = '['
				break
			}
			if !set.addNamed(name[:len(name)-1], fold) {
				return set, -1
			}
			i += 2 + end
			prev = 0
		default:
			set.add(c)
			prev = c
		}
		i++
	}
	if negated {
		for n := range set {
			set[n] = ^set[n]
		}
	}
	set['/'>>6] &^= 1 << ('/' & 63) // a bracket expression never matches a slash
	return set, i
}

// posix has the POSIX character classes as git defines them. A class is a list of ranges, each as its first and its last byte. They are ASCII in
// every locale. Vertical tab and form feed are not in "space".
var posix = map[string]string{
	"alpha": "azAZ", "digit": "09", "alnum": "azAZ09", "lower": "az", "upper": "AZ", "xdigit": "09afAF", "punct": "!/:@[`{~",
	"graph": "!~", "print": " ~", "blank": "  \t\t", "space": "  \t\n\r\r", "cntrl": "\x00\x1f\x7f\x7f",
}

// addNamed adds a POSIX character class. It returns false if there is no class of that name.
func (c *class) addNamed(name string, fold bool) bool {
	ranges, known := posix[name]
	for ; ranges != ""; ranges = ranges[2:] {
		c.addRange(ranges[0], ranges[1])
	}
	if fold && name == "upper" {
		c.addRange('a', 'z')
	}
	return known
}

// match reports whether the pattern matches the whole text. The time is at most proportional to the product of both lengths: after a mismatch only
// the last * and the last ** are tried at a later place. An earlier star need not be tried again, because the tokens before the last star matched
// at the earliest possible place. A later place would leave less text for the rest.
func (g *glob) match(text []byte) bool {
	if g.never || len(text) < g.min {
		return false
	}
	p, t := 0, 0
	star, starText := -1, 0 // the token after the last *, and where in text it was tried last
	deep, deepText := -1, 0 // the same for the last **
	for {
		switch {
		case p == len(g.tokens):
			if t == len(text) {
				return true
			}
		case g.tokens[p] == tokenStar:
			p++
			star, starText = p, t
			continue
		case g.tokens[p] == tokenDeep, g.tokens[p] == tokenDirs:
			p++
			if p == len(g.tokens) && g.tokens[p-1] == tokenDeep {
				return true
			}
			star = -1
			deep, deepText = p, t
			continue
		case t < len(text) && g.matchByte(g.tokens[p], text[t]):
			p++
			t++
			continue
		}
		// After a mismatch the last * takes one more byte. If it cannot, the last ** takes more.
		if star >= 0 && starText < len(text) && text[starText] != '/' {
			starText++
			p, t = star, starText
			continue
		}
		if deep < 0 {
			return false
		}
		if g.tokens[deep-1] == tokenDirs {
			for deepText < len(text) && text[deepText] != '/' {
				deepText++
			}
		}
		if deepText == len(text) {
			return false
		}
		deepText++
		star, p, t = -1, deep, deepText
	}
}

func (g *glob) matchByte(t token, b byte) bool {
	if g.fold {
		b = lower(b)
	}
	switch {
	case t < 256:
		return byte(t) == b
	case t == tokenAny:
		return b != '/'
	default:
		return g.classes[t-tokenClass].has(b)
	}
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
