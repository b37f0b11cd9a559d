package shell

import (
	"slices"
	"strings"
)

// options are the arguments of a command, as getopt and git read them: short options together or separate, long ones with or without =, and
// everything after -- as operands.
type options struct {
	flags    []option
	operands []string
	named    int // how many of the operands are before --
	dashes   bool
}

type option struct {
	name  string // "-m", "--message"
	value string // "" if it has none
}

// readOptions reads arguments. valued names the options with a value, separated by spaces. The value is the next argument if it is not in
// the same one.
func readOptions(arguments []string, valued string) options {
	return read(arguments, valued, false)
}

// readLeading is readOptions for a command whose options end at its first operand.
func readLeading(arguments []string, valued string) options {
	return read(arguments, valued, true)
}

func read(arguments []string, valued string, leading bool) options {
	var o options
	takes := strings.Fields(valued)
	for len(arguments) > 0 && (!leading || len(o.operands) == 0) {
		argument := arguments[0]
		arguments = arguments[1:]
		next := func() string {
			if len(arguments) == 0 {
				return ""
			}
			value := arguments[0]
			arguments = arguments[1:]
			return value
		}
		switch {
		case argument == "--":
			o.dashes = true
			o.named = len(o.operands)
			o.operands = append(o.operands, arguments...)
			return o
		case strings.HasPrefix(argument, "--"):
			name, value, has := strings.Cut(argument, "=")
			if !has && slices.Contains(takes, name) {
				value = next()
			}
			o.flags = append(o.flags, option{name, value})
		case len(argument) > 1 && argument[0] == '-':
			for i := 1; i < len(argument); i++ {
				name := "-" + argument[i:i+1]
				if !slices.Contains(takes, name) {
					o.flags = append(o.flags, option{name, ""})
					continue
				}
				value := argument[i+1:]
				if value == "" {
					value = next()
				}
				o.flags = append(o.flags, option{name, value})
				break
			}
		default:
			o.operands = append(o.operands, argument)
		}
	}
	o.named = len(o.operands)
	o.operands = append(o.operands, arguments...)
	return o
}

// has reports whether one of the options is present, by its full name.
func (o options) has(names ...string) bool {
	return slices.ContainsFunc(o.flags, func(f option) bool { return slices.Contains(names, f.name) })
}

// only reports whether there are no other options.
func (o options) only(names ...string) bool {
	return !slices.ContainsFunc(o.flags, func(f option) bool { return !slices.Contains(names, f.name) })
}

// starts reports whether there is a long option that is an abbreviation of one of the names, which git accepts.
func (o options) starts(names ...string) bool {
	return slices.ContainsFunc(o.flags, func(f option) bool {
		return len(f.name) > 2 && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, f.name) })
	})
}

// value returns the value of the last of these options.
func (o options) value(names ...string) string {
	for _, f := range slices.Backward(o.flags) {
		if slices.Contains(names, f.name) {
			return f.value
		}
	}
	return ""
}

// first returns the first operand, or "".
func (o options) first() string { return first(o.operands) }

// dry reports whether the command does nothing: it has --dry-run, or another option with that meaning.
func (o options) dry(also ...string) bool {
	negated := slices.ContainsFunc(o.flags, func(f option) bool { return strings.HasPrefix(f.name, "--no-d") })
	return !negated && (o.has("--dry-run") || o.has(also...))
}

// Operands returns the arguments of a git command that are neither options nor values of options. valued names the options with a value, separated
// by spaces.
func Operands(arguments []string, valued string) []string {
	return readOptions(arguments, valued).operands
}

// Option returns the value of the last of the named options; "" if there is none.
func Option(arguments []string, valued string, names ...string) string {
	return readOptions(arguments, valued).value(names...)
}

// HasOption reports whether one of the named options is present. Long names may be abbreviated, as in git.
func HasOption(arguments []string, valued string, names ...string) bool {
	o := readOptions(arguments, valued)
	return o.has(names...) || o.starts(names...)
}

// WithoutOption returns the arguments without one of the options and its value.
func WithoutOption(arguments []string, names ...string) []string {
	var kept []string
	for i := 0; i < len(arguments); i++ {
		taken := false
		for _, name := range names {
			switch long := strings.HasPrefix(name, "--"); {
			case arguments[i] == name:
				i++
				taken = true
			case long && strings.HasPrefix(arguments[i], name+"="), !long && strings.HasPrefix(arguments[i], name):
				taken = true
			}
			if taken {
				break
			}
		}
		if !taken {
			kept = append(kept, arguments[i])
		}
	}
	return kept
}
