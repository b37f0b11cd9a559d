package ignore

// The tests ask for more than the program.

// String returns the form in which git check-attr prints it.
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

// None reports that no attribute asks for a conversion of the path, so that
// autoCRLF, whether core.autocrlf is true or input, alone decides. False is no
// proof that git converts: a filter may have no driver.
func (c Conversion) None(autoCRLF bool) bool {
	return !c.LineEndings(autoCRLF) && c.Ident.State != Set &&
		c.Filter.State != HasValue && c.WorkingTreeEncoding.State != HasValue
}

// Found reports whether any rule, a negated one included, speaks of the path.
func (m Match) Found() bool { return m.rule != nil }
