package step

import (
	"fmt"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// Errand is what the agents that a step launches have to know of a task.
type Errand struct {
	Task, Worktree string
	// Coder is the type of the task's coding agent. Gates are launched from its namespace.
	Coder string
	// Base is what the change was compared with, Files are the first of its proven files, Total is how many there are.
	Base  string
	Files []string
	Total int
}

// within is the Errand with room for that many files.
func (e Errand) within(room int) Errand {
	e.Files, _ = quote.First(e.Files, room)
	return e
}

// launch is the call that launches the agent called name in the coding agent's namespace. order is what it is to do.
func (e Errand) launch(name, description, order string) Call {
	var b strings.Builder
	b.WriteString(launch.Marker{Task: e.Task, Gate: name}.Line() + "\n")
	b.WriteString(e.head())
	e.change(&b)
	b.WriteString(order)
	return Call{
		Tool: agentTool, SubagentType: quote.Clip(launch.Sibling(e.Coder, name), quote.MaxName),
		Description: quote.Clip(description+" "+quote.Line(e.Task), quote.MaxDescription), Prompt: b.String(),
	}
}

func (e Errand) head() string {
	return fmt.Sprintf("TASK: %s\nWORKTREE_PATH: %s\n", quote.String(e.Task, quote.MaxTask), quote.String(e.Worktree, quote.MaxPath))
}

// change lists the files.
func (e Errand) change(b *strings.Builder) {
	if len(e.Files) == 0 {
		return
	}
	fmt.Fprintf(b, "A coding agent has finished this task. Git shows these files as changed against %s:\n", e.Base)
	for _, name := range e.Files {
		fmt.Fprintf(b, "- %s\n", quote.String(name, quote.MaxPath))
	}
	if omitted := e.Total - len(e.Files); omitted > 0 {
		fmt.Fprintf(b, "- and %d more\n", omitted)
	}
}

// gate is the launch of a gate.
func (e Errand) gate(name string) Call {
	const result = "End with one JSON object and nothing else: gate_status (\"PASS\" or \"FAIL\"), the commands you ran%s, and blocking_issues (a list; empty only with PASS)."
	switch config.Role(launch.BaseName(name)) {
	case config.RoleTests:
		return e.launch(name, "Test gate for", "Run the full test suite in that worktree, without other worktrees and dependencies. Change no source file and commit nothing. "+
			fmt.Sprintf(result, ", the counts of tests passed, failed and skipped"))
	case config.RoleSecurity:
		return e.launch(name, "Security gate for", "Audit this change in that worktree for security. Change no file and commit nothing. "+fmt.Sprintf(result, ""))
	}
	skill := ""
	if launch.BaseName(name) == "code-reviewer" {
		skill = ", with the code-review skill if there is one"
	}
	return e.launch(name, "Review gate for", "Review this change in that worktree"+skill+". Change no file and commit nothing. "+fmt.Sprintf(result, ""))
}

// merge is the launch of the branch-manager.
func (e Errand) merge(commitOnly bool) Call {
	if commitOnly {
		return e.launch(gates.BranchManagerAgent, "Commit", "All gates have passed on this worktree as it is now. Commit this work on its feature branch, all of it and nothing else. Do not merge it into the main branch, and push nothing.")
	}
	return e.launch(gates.BranchManagerAgent, "Merge", "All gates have passed on this worktree as it is now, and the person has answered since. Do what they said: if they want it merged, commit and merge this work.")
}

// blockers is the message that sends a coding agent back to work.
func (e Errand) blockers(issues []Issue, omitted int) string {
	found := numbered(issues, omitted)
	if len(issues) == 0 {
		found += "(no issue was named)\n"
	}
	return e.head() + "Your work did not pass the gates. What they found, in their words:\n" + found +
		"Fix this in the worktree. Then answer with the complete JSON report as your whole last message."
}

// ClippedNames are names, each bounded to quote.MaxName characters; never nil.
func ClippedNames(names []string) []string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = quote.Clip(name, quote.MaxName)
	}
	return short
}
