package shell

import "strings"

// Operands are the arguments of a git command that are no options and no values of options. valued names the options with a value,
// separated by spaces.
func Operands(arguments []string, valued string) []string {
	return readOptions(arguments, valued).operands
}

// Option is the value of the last of the named options; "" if none is there.
func Option(arguments []string, valued string, names ...string) string {
	return readOptions(arguments, valued).value(names...)
}

// HasOption reports whether one of the named options is there. Long names may be abbreviated, as git accepts them.
func HasOption(arguments []string, valued string, names ...string) bool {
	o := readOptions(arguments, valued)
	return o.has(names...) || o.starts(names...)
}

// WithoutOption is the arguments without one of the options and its value.
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
