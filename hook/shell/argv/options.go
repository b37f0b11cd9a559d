// Package argv reads the words of a command as programs read them: the program, its options, its operands.
package argv

import (
	"slices"
	"strings"
)

// Options are the arguments of a command, as getopt and git read them: short options together or separate, long ones with or without =, and
// everything after -- as operands.
type Options struct {
	// Operands are the arguments that are no options, in order. Named is how many of them stand before a --; all if there is none. Dashes means that
	// there is one.
	Operands []string
	Named    int
	Dashes   bool
	// Flags are the options, in order.
	Flags []Flag
}

// Flag is one option of a command.
type Flag struct {
	Name  string // "-m", "--message"
	Value string // "" if it has none
}

// Read reads arguments. valued names the options with a value, separated by spaces. The value is the next argument if it is not in
// the same one.
func Read(arguments []string, valued string) Options {
	return read(arguments, valued, false)
}

// ReadLeading is Read for a command whose options end at its first operand.
func ReadLeading(arguments []string, valued string) Options {
	return read(arguments, valued, true)
}

func read(arguments []string, valued string, leading bool) Options {
	var o Options
	takes := strings.Fields(valued)
	for len(arguments) > 0 && (!leading || len(o.Operands) == 0) {
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
			o.Dashes = true
			o.Named = len(o.Operands)
			o.Operands = append(o.Operands, arguments...)
			return o
		case strings.HasPrefix(argument, "--"):
			name, value, has := strings.Cut(argument, "=")
			if !has && slices.Contains(takes, name) {
				value = next()
			}
			o.Flags = append(o.Flags, Flag{name, value})
		case len(argument) > 1 && argument[0] == '-':
			for i := 1; i < len(argument); i++ {
				name := "-" + argument[i:i+1]
				if !slices.Contains(takes, name) {
					o.Flags = append(o.Flags, Flag{name, ""})
					continue
				}
				value := argument[i+1:]
				if value == "" {
					value = next()
				}
				o.Flags = append(o.Flags, Flag{name, value})
				break
			}
		default:
			o.Operands = append(o.Operands, argument)
		}
	}
	o.Named = len(o.Operands)
	o.Operands = append(o.Operands, arguments...)
	return o
}

// Has reports whether one of the options is present, by its full name.
func (o Options) Has(names ...string) bool {
	return slices.ContainsFunc(o.Flags, func(f Flag) bool { return slices.Contains(names, f.Name) })
}

// Only reports whether there are no other options.
func (o Options) Only(names ...string) bool {
	return !slices.ContainsFunc(o.Flags, func(f Flag) bool { return !slices.Contains(names, f.Name) })
}

// Starts reports whether there is a long option that is an abbreviation of one of the names, which git accepts.
func (o Options) Starts(names ...string) bool {
	return slices.ContainsFunc(o.Flags, func(f Flag) bool {
		return len(f.Name) > 2 && slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, f.Name) })
	})
}

// Value returns the value of the last of these options; "" if there is none, or if it has none.
func (o Options) Value(names ...string) string {
	for _, f := range slices.Backward(o.Flags) {
		if slices.Contains(names, f.Name) {
			return f.Value
		}
	}
	return ""
}

// First returns the first operand; "" if there is none.
func (o Options) First() string { return First(o.Operands) }

// Dry reports whether the command does nothing: it has --dry-run, or another option with that meaning.
func (o Options) Dry(also ...string) bool {
	negated := slices.ContainsFunc(o.Flags, func(f Flag) bool { return strings.HasPrefix(f.Name, "--no-d") })
	return !negated && (o.Has("--dry-run") || o.Has(also...))
}

// Given reports whether one of the options is present. Long ones may be abbreviated, as in git.
func (o Options) Given(names ...string) bool { return o.Has(names...) || o.Starts(names...) }

// Rest returns the operands but for the first one.
func (o Options) Rest() []string { return o.Operands[min(1, len(o.Operands)):] }

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

// First returns the first of the arguments; "" if there are none.
func First(arguments []string) string {
	if len(arguments) == 0 {
		return ""
	}
	return arguments[0]
}
