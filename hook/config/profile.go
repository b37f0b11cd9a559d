package config

import "slices"

// Application is the kind of every file that no other fits: it asks for the most.
const Application = "application"

// Kind is one kind of file and what a change to a file of it needs.
type Kind struct {
	// Name is made of lower-case words joined by hyphens.
	Name string `json:"kind"`
	// Files are patterns of paths, relative to the top of the worktree.
	Files []string `json:"files"`
	Tests Tests    `json:"tests"`
	// Reviewers are names of agents. None means that nobody reviews such a change.
	Reviewers []string `json:"reviewers"`
	// Security tells that the change is audited.
	Security bool `json:"security"`
}

// Tests says whether gate 1 runs for a kind, and what hangs on it.
type Tests string

const (
	// NoTests means the tests do not run for this kind.
	NoTests Tests = "none"
	// AdvisoryTests means they run beside gate 2, which does not wait for them.
	AdvisoryTests Tests = "advisory"
	// BlockingTests means gate 2 waits until they pass.
	BlockingTests Tests = "blocking"
)

// Role is what a gate does. Its value is also the name of its cap.
type Role string

const (
	// RoleTests runs the full test suite: gate 1.
	RoleTests Role = "test-runner"
	// RoleReview looks at the change: gate 2.
	RoleReview Role = "reviewer"
	// RoleSecurity looks for holes: gate 2, beside the review.
	RoleSecurity Role = "security-auditor"
)

// Of is the cap of a gate of that role.
func (c Caps) Of(role Role) int {
	switch role {
	case RoleTests:
		return c.TestRunner
	case RoleSecurity:
		return c.SecurityAuditor
	default:
		return c.Reviewer
	}
}

// Gate is one gate that a change needs.
type Gate struct {
	Role Role
	// Agent is whom to launch, without the namespace of a plugin unless the configuration names one.
	Agent string
	// Blocking tells that the other gates wait until this one has passed. Only tests may be.
	Blocking bool
	// AskedBy are the files that the gate is for, in the order in which the change listed them. Never empty.
	AskedBy []File
}

// File is a changed file and its kind.
type File struct {
	Path string
	Kind string
}

// Profile is what a change needs: the union of what its files ask for.
type Profile struct {
	// Gates are in the order in which they run: the tests, the reviews in the order of their first file, the audit.
	Gates []Gate
	// Files are the changed files, in the order given.
	Files []File
}

// Gate is the gate of that role, or of the first of several; false where the change needs none.
func (p Profile) Gate(role Role) (Gate, bool) {
	i := slices.IndexFunc(p.Gates, func(g Gate) bool { return g.Role == role })
	if i < 0 {
		return Gate{}, false
	}
	return p.Gates[i], true
}

// Profile says which gates a change of these files needs, and which file asks for which gate. The paths are relative to the top of the
// worktree, as git spells them; of a renamed file both. It is pure.
func (c Config) Profile(paths []string) Profile {
	var p Profile
	tests := Gate{Role: RoleTests, Agent: string(RoleTests)}
	security := Gate{Role: RoleSecurity, Agent: string(RoleSecurity)}
	var reviews []Gate
	for _, name := range paths {
		kind := c.kind(name)
		f := File{Path: name, Kind: kind.Name}
		p.Files = append(p.Files, f)
		if kind.Tests != NoTests {
			tests.AskedBy = append(tests.AskedBy, f)
			tests.Blocking = tests.Blocking || kind.Tests == BlockingTests
		}
		for _, reviewer := range kind.Reviewers {
			i := slices.IndexFunc(reviews, func(g Gate) bool { return g.Agent == reviewer })
			if i < 0 {
				i = len(reviews)
				reviews = append(reviews, Gate{Role: RoleReview, Agent: reviewer})
			}
			reviews[i].AskedBy = append(reviews[i].AskedBy, f)
		}
		if kind.Security {
			security.AskedBy = append(security.AskedBy, f)
		}
	}
	for _, g := range append(append([]Gate{tests}, reviews...), security) {
		if len(g.AskedBy) > 0 {
			p.Gates = append(p.Gates, g)
		}
	}
	return p
}

// kind is the first kind that fits the path.
func (c Config) kind(name string) Kind {
	for _, k := range c.Kinds {
		if fitsAny(k.Files, name) {
			return k
		}
	}
	if i := kindIndex(c.Kinds, Application); i >= 0 {
		return c.Kinds[i]
	}
	return Kind{Name: Application, Tests: BlockingTests, Reviewers: []string{"code-reviewer"}, Security: true}
}
