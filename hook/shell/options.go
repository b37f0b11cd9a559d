package shell

import (
	"slices"
	"strings"
)

// options are the arguments of a command, read as getopt and git do: short options together or apart, long ones with or without =,
// and everything behind -- an operand.
type options struct {
	flags    []option
	operands []string
	named    int // how many of the operands stand before --
	dashes   bool
}

type option struct {
	name  string // "-m", "--message"
	value string // "" where it has none
}

// readOptions reads arguments. valued names the options, with spaces between them, whose value is the next argument if it does not
// stand in the same one.
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

// has reports whether one of the options stands there, by its whole name.
func (o options) has(names ...string) bool {
	return slices.ContainsFunc(o.flags, func(f option) bool { return slices.Contains(names, f.name) })
}

// only reports whether no other options stand there.
func (o options) only(names ...string) bool {
	return !slices.ContainsFunc(o.flags, func(f option) bool { return !slices.Contains(names, f.name) })
}

// starts reports whether a long option stands there that git could read as one of the names: it lets them be cut short.
func (o options) starts(names ...string) bool {
	return slices.ContainsFunc(o.flags, func(f option) bool {
		return len(f.name) > 2 && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, f.name) })
	})
}

// value is that of the last of the options that stands there.
func (o options) value(names ...string) string {
	for _, f := range slices.Backward(o.flags) {
		if slices.Contains(names, f.name) {
			return f.value
		}
	}
	return ""
}

// first is the first operand, or "".
func (o options) first() string { return first(o.operands) }

// dry reports whether nothing is done: --dry-run stands there, or another option that means it.
func (o options) dry(also ...string) bool {
	negated := slices.ContainsFunc(o.flags, func(f option) bool { return strings.HasPrefix(f.name, "--no-d") })
	return !negated && (o.has("--dry-run") || o.has(also...))
}
