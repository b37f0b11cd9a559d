package ignore

// These methods are only used by tests.

// String returns the state as git check-attr prints it.
func (a Attribute) String() string {
	switch a.State {
	case Set:
		return "set"
	case Unset:
		return "unset"
	case HasValue:
		return a.Value
	}
	return "unspecified"
}

// None reports whether no attribute asks for a conversion of the path. autoCRLF is true if core.autocrlf is "true" or "input"; then line endings
// are converted unless an attribute prevents it. If None returns false, git need not convert: there may be no driver for the filter, for instance.
func (c Conversion) None(autoCRLF bool) bool {
	return !c.LineEndings(autoCRLF) && c.Ident.State != Set &&
		c.Filter.State != HasValue && c.WorkingTreeEncoding.State != HasValue
}

// Found reports whether a rule matches the path. The rule may be negated.
func (m Match) Found() bool { return m.rule != nil }
