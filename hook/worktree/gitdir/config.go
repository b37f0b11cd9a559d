package gitdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
)

// A Config maps the full names of git's configuration variables to their values. Section and variable names are in lower case. If a variable has
// several values, it keeps the last. This package does not use go-git's decoder, because that loses the order of sections, on which includes
// depend, reads "[core] bare" as "bare =", and panics on input that git refuses.
type Config map[string]Value

// A Value is the value of one variable.
type Value struct {
	Text    string
	Present bool // false for a variable without "=", which means true
}

// Get returns the value of the variable, and whether it is set at all.
func (c Config) Get(name string) (string, bool) {
	v, found := c[name]
	return v.Text, found
}

// IsTrue reports whether the variable is set to a value that means true. It returns false for an invalid value.
func (c Config) IsTrue(name string) bool {
	value, err := c.Boolean(name, false)
	return err == nil && value
}

// Boolean reads a boolean as git does (git-config(1), "Values"). It returns otherwise if the variable is not set. It fails on a value that git
// refuses.
func (c Config) Boolean(name string, otherwise bool) (bool, error) {
	v, found := c[name]
	if !found {
		return otherwise, nil
	}
	if !v.Present {
		return true, nil
	}
	switch text := strings.ToLower(v.Text); text {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off", "":
		return false, nil
	default:
		n, err := number(text)
		if err != nil {
			return false, fmt.Errorf("bad boolean value %q for %s", v.Text, name)
		}
		return n != 0, nil
	}
}

// number reads a number in lower case as git reads it where a boolean is wanted: decimal, octal or hexadecimal, with at most one unit of k, m or g.
// It has to fit in 32 bits with its unit (git 2.39).
func number(text string) (int64, error) {
	digits, unit := strings.TrimLeft(text, " \t"), int64(1)
	for name, size := range map[string]int64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if rest, ok := strings.CutSuffix(digits, name); ok {
			digits, unit = rest, size
			break
		}
	}
	if strings.Contains(digits, "_") || strings.ContainsAny(digits, "ob") && !strings.Contains(digits, "x") { // 1_000, 0o7, 0b1: only Go has these
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(digits, 0, 32)
	if err == nil && (n*unit > math.MaxInt32 || n*unit < -math.MaxInt32) {
		err = strconv.ErrRange
	}
	return n * unit, err
}

// MaxConfig is the size in bytes of the largest configuration file that is read.
const MaxConfig = 1 << 20

// ReadFile adds the variables of one file. It does not follow includes, as git does not when it reads the repository's format and extensions. A
// file that does not exist has no variables.
func (c *Config) ReadFile(path string) error {
	return EachVariable(path, func(name string, v Value) error {
		c.Set(name, v)
		return nil
	})
}

// Set sets a variable to one value.
func (c *Config) Set(name string, v Value) {
	if *c == nil {
		*c = Config{}
	}
	(*c)[name] = v
}

// EachVariable calls yield for each variable of the file at path, in the file's order, and stops at the first error. A file that does not exist has
// no variables.
func EachVariable(path string, yield func(name string, v Value) error) error {
	if path == os.DevNull { // GIT_CONFIG_GLOBAL has this value to name no file
		return nil
	}
	content, err := ReadSmall(path, MaxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading configuration: %w", err)
	}
	if err := ParseConfig(content, yield); err != nil {
		return fmt.Errorf("reading configuration %q: %w", path, err)
	}
	return nil
}

// A configParser parses the syntax of git-config(1).
type configParser struct {
	rest    []byte
	line    int
	section string // "section." or "section.subsection."; "" before the first header
}

var errEnd = errors.New("end of configuration")

// ParseConfig calls yield for each variable of a configuration file, in the file's order, and stops at the first error.
func ParseConfig(content []byte, yield func(name string, v Value) error) error {
	p := &configParser{rest: bytes.TrimPrefix(content, []byte("\ufeff")), line: 1}
	for {
		name, value, err := p.variable()
		if errors.Is(err, errEnd) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", p.line, err)
		}
		if err := yield(name, value); err != nil {
			return err
		}
	}
}

// next consumes one byte. It returns '\n' for "\r\n", and also at the end of the input.
func (p *configParser) next() byte {
	if len(p.rest) == 0 {
		return '\n'
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	if c == '\r' && len(p.rest) > 0 && p.rest[0] == '\n' {
		c = '\n'
		p.rest = p.rest[1:]
	}
	if c == '\n' {
		p.line++
	}
	return c
}

// variable reads up to the next variable and including it. It returns errEnd if there is no further one.
func (p *configParser) variable() (string, Value, error) {
	for {
		if len(p.rest) == 0 {
			return "", Value{}, errEnd
		}
		switch c := p.next(); {
		case isSpace(c):
		case c == '#' || c == ';':
			for p.next() != '\n' {
			}
		case c == '[':
			if err := p.header(); err != nil {
				return "", Value{}, err
			}
		case isAlpha(c):
			return p.assignment(c)
		default:
			return "", Value{}, errors.New("bad line")
		}
	}
}

// header reads a section header after its opening bracket.
func (p *configParser) header() error {
	var name []byte
	for {
		switch c := p.next(); {
		case c == ']' && len(name) > 0:
			p.section = string(name) + "."
			return nil
		case c != '\n' && isSpace(c):
			return p.subsection(name)
		case isKey(c) || c == '.':
			name = append(name, lower(c))
		default:
			return errors.New("bad section header")
		}
	}
}

// subsection reads the quoted part of a header, and the closing bracket. A subsection's name keeps its case.
func (p *configParser) subsection(name []byte) error {
	c := p.next()
	for c != '\n' && isSpace(c) {
		c = p.next()
	}
	if c != '"' {
		return errors.New("bad section header")
	}
	name = append(name, '.')
	for {
		switch c = p.next(); c {
		case '\n':
			return errors.New("bad section header")
		case '"':
			if p.next() != ']' {
				return errors.New("bad section header")
			}
			p.section = string(name) + "."
			return nil
		case '\\':
			if c = p.next(); c == '\n' {
				return errors.New("bad section header")
			}
		}
		name = append(name, c)
	}
}

// assignment reads a variable whose name starts with first, and its value.
func (p *configParser) assignment(first byte) (string, Value, error) {
	name := []byte{lower(first)}
	for len(p.rest) > 0 && isKey(p.rest[0]) {
		name = append(name, lower(p.next()))
	}
	c := p.next()
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	full := p.section + string(name)
	switch c {
	case '\n':
		return full, Value{}, nil
	case '=':
		text, err := p.value()
		return full, Value{Text: text, Present: true}, err
	}
	return "", Value{}, errors.New("bad line")
}

// value reads the value after the equals sign.
func (p *configParser) value() (string, error) {
	var text []byte
	end := 0 // spaces in text[end:] belong to the value only if other characters follow
	quoted, comment := false, false
	for {
		c := p.next()
		switch {
		case c == '\n':
			if quoted {
				return "", errors.New("unclosed quote")
			}
			return string(text[:end]), nil
		case comment:
		case isSpace(c) && !quoted:
			if end > 0 || len(text) > 0 {
				text = append(text, c)
			}
		case (c == '#' || c == ';') && !quoted:
			comment = true
		case c == '"':
			quoted = !quoted
			end = len(text)
		case c == '\\':
			switch c = p.next(); c {
			case '\n':
				continue
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'n':
				c = '\n'
			case '\\', '"':
			default:
				return "", errors.New("bad escape")
			}
			text = append(text, c)
			end = len(text)
		default:
			text = append(text, c)
			end = len(text)
		}
	}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r'
}

func isAlpha(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }

func isKey(c byte) bool { return isAlpha(c) || '0' <= c && c <= '9' || c == '-' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
