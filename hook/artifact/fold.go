package artifact

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold maps all spellings that a file system may treat as the same path to the same key: file systems differ in case and in Unicode normal forms.
// It treats too many paths as equal rather than too few: any letters beyond ASCII are alike, and a backslash is a separator. The key of the top of
// the work tree is ".".
func fold(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || c == '\\' || 'A' <= c && c <= 'Z' {
			plain = false
			break
		}
	}
	if !plain {
		name = foldRunes(name)
	}
	return path.Clean(strings.TrimLeft(name, "/"))
}

func foldRunes(name string) string {
	const beyond = '?' // stands for any run of letters beyond ASCII, and the ASCII letter that an accent sits on
	var key []rune
	for _, r := range name {
		last := rune('/')
		if len(key) > 0 {
			last = key[len(key)-1]
		}
		switch ascii, ok := foldASCII(r); {
		case ok:
			key = append(key, ascii)
		case last == '/':
			key = append(key, beyond)
		case last == beyond:
		case !unicode.Is(unicode.Mn, r):
			key = append(key, beyond)
		case len(key) > 1 && key[len(key)-2] == beyond:
			key = key[:len(key)-1]
		default:
			key[len(key)-1] = beyond
		}
	}
	return string(key)
}

// foldASCII returns the lower-case ASCII letter for r, such as k for the Kelvin sign.
func foldASCII(r rune) (rune, bool) {
	for f := unicode.SimpleFold(r); r >= utf8.RuneSelf && f != r; f = unicode.SimpleFold(f) {
		if f < utf8.RuneSelf {
			r = f
		}
	}
	if r == '\\' {
		return '/', true
	}
	return unicode.ToLower(r), r < utf8.RuneSelf
}

// pathSet is a set of paths that can be searched for one that touches another path.
type pathSet []foldedPath

type foldedPath struct{ key, path string }

func newPathSet(paths []string) pathSet {
	set := make(pathSet, 0, len(paths))
	for _, p := range paths {
		if p == "" {
			continue
		}
		set = append(set, foldedPath{fold(p), p})
	}
	slices.SortFunc(set, func(a, b foldedPath) int { return strings.Compare(a.key, b.key) })
	return set
}

// touching returns a path of the set that is the given one, is below it, or is a directory above it.
func (s pathSet) touching(key string) (string, bool) {
	if len(s) == 0 {
		return "", false
	}
	if p, ok := s.at(key); ok {
		return p, true
	}
	if i := s.search(key + "/"); i < len(s) && strings.HasPrefix(s[i].key, key+"/") {
		return s[i].path, true
	}
	for above := path.Dir(key); ; above = path.Dir(above) {
		if p, ok := s.at(above); ok || above == "." {
			return p, ok
		}
	}
}

func (s pathSet) at(key string) (string, bool) {
	if i := s.search(key); i < len(s) && s[i].key == key {
		return s[i].path, true
	}
	return "", false
}

func (s pathSet) search(key string) int {
	i, _ := slices.BinarySearchFunc(s, key, func(p foldedPath, key string) int { return strings.Compare(p.key, key) })
	return i
}
