// Package config reads a repository's .stopgate.yml and works out which gates a change needs. It opens no file: the caller passes the
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

// FileName is the path of the configuration, relative to the top of the repository.
const FileName = ".stopgate.yml"

// Mode decides whether findings block agents and launches.
type Mode string

const (
	// Enforce blocks agents and launches that break the rules.
	Enforce Mode = "enforce"
	// Observe judges and records everything, reports it, and blocks nothing.
	Observe Mode = "observe"
)

// Config is a complete configuration: the settings of a file, and defaults for the rest.
type Config struct {
	Mode   Mode   `json:"mode"`
	Agents Agents `json:"agents"`
	// Kinds are the kinds of file, in the order in which they are tried.
	Kinds     []Kind    `json:"profiles"`
	Caps      Caps      `json:"caps"`
	Worktrees Worktrees `json:"worktrees"`
	Authorise Authorise `json:"authorise"`
	// Commands are the commands that gates are told to run.
	Commands Commands `json:"commands"`
	// Coverage is the share of lines in percent that the tests have to cover, from 1 to 100; 0 asks for none.
	Coverage int `json:"coverage"`
	// Evidence says for each role of a gate what follows if its transcript does not show what it reports.
	Evidence map[Role]Evidence `json:"evidence"`
	// Scope is the consequence of a change outside the scope in the agent's prompt.
	Scope     Scope     `json:"scope"`
	Artifacts Artifacts `json:"artifacts"`
}

// Commands are commands of the shell, each on one line, for the top of a worktree. stopgate runs none of them: the prompts of gates name them.
type Commands struct {
	// Test runs the whole test suite; "" leaves it to the gate.
	Test string `json:"test"`
	// Lint runs the linters; "" for none.
	Lint string `json:"lint"`
	// From is the manifest that Test was found in; "" if the configuration has it, or none was found.
	From string `json:"from,omitempty"`
}

// Evidence is the consequence if a gate's transcript does not show what the gate reports.
type Evidence string

const (
	// EvidenceRequired means that the pass does not count.
	EvidenceRequired Evidence = "required"
	// EvidenceNoted means that the step says so.
	EvidenceNoted Evidence = "noted"
)

// Scope is the consequence of a change outside the scope in the agent's prompt.
type Scope string

const (
	// ScopeNote means that the reviewer is told.
	ScopeNote Scope = "note"
	// ScopeBlock means that the agent is sent back.
	ScopeBlock Scope = "block"
	// ScopeOff means that changes are not compared with the scope.
	ScopeOff Scope = "off"
)

// RoleOf returns the role of the gate of that name, in any namespace.
func RoleOf(gate string) Role {
	switch role := Role(bare(gate)); role {
	case RoleTests, RoleSecurity:
		return role
	}
	return RoleReview
}

// Agents are names of agents, or patterns in which * means any characters and ? any one. An agent may be in several lists: a
// deployment-engineer works on its own, and reviews CI.
type Agents struct {
	// Coding are agents whose report is verified. Never empty.
	Coding []string `json:"coding"`
	// Gate are agents whose result is a gate's. Never empty.
	Gate []string `json:"gate"`
	// Ops are agents whose work is presented to the person. It does not go through the gates by itself.
	Ops []string `json:"ops"`
	// Orchestrator are agents that launch agents of the protocol, as the session itself does.
	Orchestrator []string `json:"orchestrator"`
}

// Worktrees are the worktrees that coding agents may work in.
type Worktrees struct {
	// Roots are the folders below the main worktree that hold the linked ones, with slashes and without "./".
	Roots []string `json:"roots"`
	// Anywhere means that every linked worktree of the repository counts, in any place.
	Anywhere bool `json:"anywhere"`
	// Main: the main worktree counts too.
	Main bool `json:"main"`
}

// Authorise is whose word the branch-manager needs.
type Authorise struct {
	// Commit is for a commit on a feature branch, Merge for a merge into any other branch and for a push.
	Commit Authority `json:"commit"`
	Merge  Authority `json:"merge"`
	// Ask is when a launch of the branch-manager is put before the person in the client's own dialogue.
	Ask Asking `json:"ask"`
}

// Asking is when the person is asked in a dialogue.
type Asking string

// The times for a dialogue.
const (
	AskAttended Asking = "attended" // if a person attends the session
	AskAlways   Asking = "always"   // always; if nobody attends, the client refuses the launch
	AskNever    Asking = "never"    // nowhere: what the person has said decides
)

// Authority is who authorises an operation of the branch-manager.
type Authority string

const (
	// ByPerson means that the person has answered since all gates passed.
	ByPerson Authority = "person"
	// ByGates means that all gates have passed.
	ByGates Authority = "gates"
)

// Caps bound how often an agent is sent back. The next failure goes to the person. Each is at least 1.
type Caps struct {
	// TestRunner, Reviewer and SecurityAuditor count how often one gate sends the work back, Total all gates of a task together.
	TestRunner      int `json:"test-runner"`
	Reviewer        int `json:"reviewer"`
	SecurityAuditor int `json:"security-auditor"`
	Total           int `json:"total"`
	// Attempts is how often a coding agent is sent back to fix its report.
	Attempts int `json:"attempts"`
}

// Artifacts are a project's settings for the files that its tools leave, in addition to the built-in ones.
type Artifacts struct {
	Add []Artifact `json:"add"`
	// Protect are patterns of paths, relative to the top of the worktree.
	Protect []string `json:"protect"`
}

// Artifact is one more kind of leftover. Its name has no folders and at most one *, for any characters.
type Artifact struct {
	Name string `json:"name"`
	// Dir: it is a directory, with everything in it. Otherwise it is a file.
	Dir bool `json:"dir"`
}

// defaults is a configuration file with every setting. It is JSON, so that reading it needs neither YAML nor a schema. A test checks that it is
// valid.
//
//go:embed default.json
var defaults []byte

// Default returns the configuration of a repository without a file. The caller may change the result.
func Default() Config {
	var c Config
	dec := json.NewDecoder(bytes.NewReader(defaults))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		panic(fmt.Sprintf("decoding the default configuration: %v", err)) // it is part of the program
	}
	return c
}

// IsCoding reports whether agentType is an agent whose report is verified. agentType has the host's form, with a plugin's namespace
// ("stopgate:bug-fixer") or without.
func (c Config) IsCoding(agentType string) bool { return names(c.Agents.Coding, agentType) }

// IsGate reports whether agentType is an agent whose result is a gate's.
func (c Config) IsGate(agentType string) bool { return names(c.Agents.Gate, agentType) }

// IsReviewer reports whether agentType reviews some kind of file. An entry in a kind's list of reviewers with a namespace means any.
func (c Config) IsReviewer(agentType string) bool {
	return slices.ContainsFunc(c.Kinds, func(k Kind) bool {
		return slices.ContainsFunc(k.Reviewers, func(reviewer string) bool {
			return bare(reviewer) == bare(agentType)
		})
	})
}

// IsOps reports whether agentType is an agent whose work is presented to the person.
func (c Config) IsOps(agentType string) bool { return names(c.Agents.Ops, agentType) }

// IsOrchestrator reports whether agentType is an agent that may launch agents of the protocol and is given their steps.
func (c Config) IsOrchestrator(agentType string) bool {
	return names(c.Agents.Orchestrator, agentType)
}

// bare returns the name of an agent without a namespace.
func bare(agentType string) string { return agentType[strings.LastIndexByte(agentType, ':')+1:] }

// names reports whether one of the patterns matches the agent: its whole type if the pattern has a colon, else the name after the
// namespace.
func names(patterns []string, agentType string) bool {
	name := bare(agentType)
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		subject := name
		if strings.Contains(pattern, ":") {
			subject = agentType
		}
		ok, err := path.Match(pattern, subject)
		return err == nil && ok
	})
}

// Protects reports whether a path, or a directory that holds it, must never be cleaned up. The path is relative to the top of the
// worktree, in git's form.
func (a Artifacts) Protects(name string) bool {
	for ; name != "." && name != "/"; name = path.Dir(name) {
		if matchesAny(a.Protect, name) {
			return true
		}
	}
	return false
}
