// Package config reads a repository's .stopgate.yml and says which gates a change needs. It opens no file: its caller hands in the
// bytes, from a commit that no agent can have written.
package config

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// FileName is where the configuration stands, relative to the top of the repository.
const FileName = ".stopgate.yml"

// Mode says whether anything is held back.
type Mode string

const (
	// Enforce holds agents and launches to the rules.
	Enforce Mode = "enforce"
	// Observe judges, records and tells everything and blocks nothing.
	Observe Mode = "observe"
)

// Config is a complete configuration: what a file says, and the defaults where it says nothing.
type Config struct {
	Mode   Mode   `json:"mode"`
	Agents Agents `json:"agents"`
	// Kinds are the kinds of file, in the order in which they are tried.
	Kinds []Kind `json:"profiles"`
	Caps  Caps   `json:"caps"`
	// WorktreeRoot is the folder below the main worktree that holds the linked ones: slashes, no "./", never "".
	WorktreeRoot string    `json:"worktree_root"`
	Artifacts    Artifacts `json:"artifacts"`
}

// Agents are names of agents, or patterns of names in which * and ? stand for any characters and any one. An agent may stand in
// several lists: a deployment-engineer works on its own, and reviews CI.
type Agents struct {
	// Coding are those whose report is verified. Never empty.
	Coding []string `json:"coding"`
	// Gate are those whose result is a gate's. Never empty.
	Gate []string `json:"gate"`
	// Ops are those whose work is put before the person and enters no gate by itself.
	Ops []string `json:"ops"`
}

// Caps are how often an agent is sent back for its work before the person is asked: the fail after that goes to the person. Each is at
// least 1.
type Caps struct {
	// TestRunner, Reviewer and SecurityAuditor count how often one gate sends the work back, Total all gates of a task together.
	TestRunner      int `json:"test-runner"`
	Reviewer        int `json:"reviewer"`
	SecurityAuditor int `json:"security-auditor"`
	Total           int `json:"total"`
	// Attempts is how often a coding agent is sent back to mend its report.
	Attempts int `json:"attempts"`
}

// Artifacts is what a project says of its tools' leftovers, beside what is known.
type Artifacts struct {
	Add []Artifact `json:"add"`
	// Protect are patterns of paths, relative to the top of the worktree.
	Protect []string `json:"protect"`
}

// Artifact is one more kind of leftover: a name without folders, at most one * in it for any characters.
type Artifact struct {
	Name string `json:"name"`
	// Dir tells a directory, with everything in it, from a file.
	Dir bool `json:"dir"`
}

// defaults is a configuration file that leaves nothing out. JSON, because reading it needs no YAML and no schema: that it is valid
// is held by a test.
//
//go:embed default.json
var defaults []byte

// Default is the configuration of a repository that has none. The caller may change what it gets.
func Default() Config {
	var c Config
	dec := json.NewDecoder(bytes.NewReader(defaults))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		panic(fmt.Sprintf("decoding the default configuration: %v", err)) // it is part of the program
	}
	return c
}

// IsCoding tells whether agentType names an agent whose report is verified. agentType is as the host spells it, with the namespace of
// a plugin ("stopgate:bug-fixer") or without.
func (c Config) IsCoding(agentType string) bool { return names(c.Agents.Coding, agentType) }

// IsGate tells whether agentType names an agent whose result is a gate's.
func (c Config) IsGate(agentType string) bool { return names(c.Agents.Gate, agentType) }

// IsOps tells whether agentType names an agent whose work enters no gate by itself.
func (c Config) IsOps(agentType string) bool { return names(c.Agents.Ops, agentType) }

// names tells whether one of the patterns fits the agent: its whole type where the pattern has a colon, else the name behind the
// namespace.
func names(patterns []string, agentType string) bool {
	name := agentType[strings.LastIndexByte(agentType, ':')+1:]
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		subject := name
		if strings.Contains(pattern, ":") {
			subject = agentType
		}
		ok, err := path.Match(pattern, subject)
		return err == nil && ok
	})
}

// Protects tells whether a path, or a directory that it lies in, is never to be cleaned up. The path is relative to the top of the
// worktree, as git spells it.
func (a Artifacts) Protects(name string) bool {
	for {
		if fitsAny(a.Protect, name) {
			return true
		}
		parent := path.Dir(name)
		if parent == name || parent == "." {
			return false
		}
		name = parent
	}
}
