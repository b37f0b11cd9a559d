package config

import "slices"

// Application is the kind of every file that matches no other kind. It needs the most gates.
const Application = "application"

// Kind is one kind of file, with the gates that a change to such a file needs.
type Kind struct {
	// Name is made of lower-case words joined by hyphens.
	Name string `json:"kind"`
	// Files are patterns of paths, relative to the top of the worktree.
	Files []string `json:"files"`
	Tests Tests    `json:"tests"`
	// Reviewers are names of agents. Without any, such a change needs no review.
	Reviewers []string `json:"reviewers"`
	// Security: the change needs a security audit.
	Security bool `json:"security"`
}

// Tests is whether the tests run for a kind, and whether gate 2 waits for them.
type Tests string

const (
	// NoTests means the tests do not run for this kind.
	NoTests Tests = "none"
	// AdvisoryTests means they run beside gate 2, which does not wait for them.
	AdvisoryTests Tests = "advisory"
	// BlockingTests means gate 2 waits until they pass.
	BlockingTests Tests = "blocking"
)

// Role is a gate's job. Its value is also the name of its cap.
type Role string

const (
	// RoleTests runs the full test suite: gate 1.
	RoleTests Role = "test-runner"
	// RoleReview reviews the change: gate 2.
	RoleReview Role = "reviewer"
	// RoleSecurity looks for vulnerabilities: gate 2, beside the review.
	RoleSecurity Role = "security-auditor"
)

// Gate is one gate that a change needs.
type Gate struct {
	// Agent is the agent to launch, with a plugin's namespace only if the configuration has one.
	Agent string
	// Blocking: the other gates wait until this one has passed. Only tests can be blocking.
	Blocking bool
	// AskedBy are the files that need the gate, in the order of the change. Never empty.
	AskedBy []File
}

// File is a changed file and its kind.
type File struct {
	Path string
	Kind string
}

// Profile lists what a change needs: all gates that one of its files needs.
type Profile struct {
	// Gates are in the order in which they run: the tests, the reviews in the order of their first file, the audit.
	Gates []Gate
	// Files are the changed files, in the order given.
	Files []File
}

// Profile returns the gates that a change of these files needs, and the files that need each gate. The paths are relative to the top of the
// worktree, in git's form. A renamed file has both of its paths there.
func (c Config) Profile(paths []string) Profile {
	var p Profile
	tests := Gate{Agent: string(RoleTests)}
	security := Gate{Agent: string(RoleSecurity)}
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
				reviews = append(reviews, Gate{Agent: reviewer})
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

// kind returns the first kind with a pattern that matches the path.
func (c Config) kind(name string) Kind {
	for _, k := range c.Kinds {
		if matchesAny(k.Files, name) {
			return k
		}
	}
	if i := kindIndex(c.Kinds, Application); i >= 0 {
		return c.Kinds[i]
	}
	return Kind{Name: Application, Tests: BlockingTests, Reviewers: []string{"code-reviewer"}, Security: true}
}
