package object

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CompareNames compares two names as byte strings.
func CompareNames(a, b Name) int { return strings.Compare(string(a), string(b)) }

// IsWithin reports whether name is the path itself or below it.
func IsWithin(name, path string) bool {
	return strings.HasPrefix(name, path) && (len(name) == len(path) || name[len(path)] == '/')
}

// Parents yields the directories above name. The topmost comes first. The root, "", is not among them.
func Parents(name string) func(yield func(dir string) bool) {
	return func(yield func(dir string) bool) {
		for i := range len(name) {
			if name[i] == '/' && !yield(name[:i]) {
				return
			}
		}
	}
}

// JoinName returns the path of name in dir. dir is "" for the root.
func JoinName(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// LastName returns the last element of a path.
func LastName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Name is a path as git stores it, a byte string. Its text form is UTF-8, in which '%' and bytes that are not valid UTF-8 are written as %XX.
type Name string

// MarshalText implements encoding.TextMarshaler, which JSON uses.
func (n Name) MarshalText() ([]byte, error) {
	var text []byte
	for i := 0; i < len(n); {
		r, size := utf8.DecodeRuneInString(string(n[i:]))
		if r == '%' || r == utf8.RuneError && size == 1 {
			text = fmt.Appendf(text, "%%%02X", n[i])
		} else {
			text = append(text, n[i:i+size]...)
		}
		i += size
	}
	return text, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Name) UnmarshalText(text []byte) error {
	var name strings.Builder
	for rest := string(text); rest != ""; {
		plain, after, escaped := strings.Cut(rest, "%")
		name.WriteString(plain)
		if !escaped {
			break
		}
		if len(after) < 2 {
			return fmt.Errorf("reading the name %q: an escape is cut off", text)
		}
		b, err := strconv.ParseUint(after[:2], 16, 8)
		if err != nil {
			return fmt.Errorf("reading the name %q: bad escape %%%s", text, after[:2])
		}
		name.WriteByte(byte(b))
		rest = after[2:]
	}
	*n = Name(name.String())
	return nil
}

// IsASCII reports whether all bytes of a name are ASCII.
func IsASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 {
			return false
		}
	}
	return true
}
