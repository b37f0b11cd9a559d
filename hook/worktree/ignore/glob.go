package ignore

import "strings"

// A glob is a compiled wildmatch pattern, the form of git's rule files
// (gitignore(5), "PATTERN FORMAT"). Compiling first keeps a hostile pattern
// cheap: a token takes constant time per byte of the path, however long the
// bracket expression it came from.
type glob struct {
	tokens  []token
	classes []class
	min     int  // bytes a match needs at least
	never   bool // malformed: an open bracket or an unknown [:class:]
	fold    bool // ASCII letters of the path are lowered before they are compared
}

// A token below 256 is that byte.
type token uint16

const (
	tokenAny   token = 256 + iota // ?: one byte but '/'
	tokenStar                     // *: any bytes but '/'
	tokenDeep                     // ** at the end, or before an escaped slash: any bytes
	tokenDirs                     // **/: nothing, or bytes that end in a slash
	tokenClass                    // [...]: this and above, the offset is the index in classes
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

// maxClasses is the limit of the token type.
const maxClasses = 1<<16 - int(tokenClass)

// compileGlob reads a pattern in which '/' separates directories.
func compileGlob(pattern string, fold bool) glob {
	g := glob{fold: fold}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch c {
		case '*':
			start := i
			for i < len(pattern) && pattern[i] == '*' {
				i++
			}
			t := tokenStar
			if i-start > 1 && (start == 0 || pattern[start-1] == '/') {
				switch rest := pattern[i:]; {
				case strings.HasPrefix(rest, "/"):
					t = tokenDirs
					i++
				case rest == "", strings.HasPrefix(rest, `\/`):
					t = tokenDeep
				}
			}
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
			// Git does not fold an escaped letter: `\A` matches nothing
			// where case is ignored. See the tests against git.
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

// compileClass reads a bracket expression whose inside starts at i. It returns
// the set and the index of the closing bracket, or -1 if it is malformed.
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
	var prev byte // where a range could start; 0 after a range or a class
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
			if !strings.HasSuffix(name, ":") { // an ordinary '['
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
	set['/'>>6] &^= 1 << ('/' & 63) // never across a directory
	return set, i
}

// posix are the POSIX classes as git defines them, as pairs of the first and the last byte of a range: ASCII, in no locale; vertical tab and
// form feed are no space.
var posix = map[string]string{
	"alpha": "azAZ", "digit": "09", "alnum": "azAZ09", "lower": "az", "upper": "AZ", "xdigit": "09afAF", "punct": "!/:@[`{~",
	"graph": "!~", "print": " ~", "blank": "  \t\t", "space": "  \t\n\r\r", "cntrl": "\x00\x1f\x7f\x7f",
}

// addNamed adds a POSIX class; false if there is none of that name.
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

// match reports whether the whole text matches. Its time is bounded by the
// product of both lengths: only the last * and the last ** can need another
// try, because what stands before them was matched at the earliest place, and
// a later place leaves strictly less text to choose from.
func (g *glob) match(text []byte) bool {
	if g.never || len(text) < g.min {
		return false
	}
	p, t := 0, 0
	star, starText := -1, 0 // token after the last *, text to try it at
	deep, deepText := -1, 0 // likewise for the last **
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
		// A mismatch: let the last * take one more byte, else the last **.
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
