package transcript

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Launched is a launch of an agent, as the transcript of who launched it shows it.
type Launched struct {
	AgentType string
	Prompt    string
	// Name is the name that the launcher gave the agent, for messages to it; "" for none.
	Name string
	// AgentID is the agent that the result names; "" if there is no result, or it names none.
	AgentID string
	// Workflow is the run of the workflow that was started, whose script launches agents; "" for none.
	Workflow string
	// Unannounced means that it is no launch of an agent by the launcher itself: a workflow, a skill that runs in the agent AgentID, or a prompt of the
	// person that calls a skill.
	Unannounced bool

	order int
}

// Launches are launches of agents, by their tool uses.
type Launches map[string]Launched

// Of returns the launch of the agent: the one whose result names it, else the tool use call, if its result names no agent.
func (l Launches) Of(agentID, call string) (Launched, bool) {
	for _, launched := range l {
		if agentID != "" && launched.AgentID == agentID && !launched.Unannounced {
			return launched, true
		}
	}
	launched, ok := l[call]
	return launched, ok && call != "" && launched.AgentID == "" && !launched.Unannounced
}

// Led returns the launch of the agent with the transcript at path, if no tool use launched it but a workflow or a skill did that is one of them. A skill
// that the person called is known by the turn in which its agent was launched.
func (l Launches) Led(ctx context.Context, path string) (Launched, bool) {
	meta, err := ReadMeta(path)
	if err != nil || !meta.Unannounced {
		return Launched{}, false
	}
	id, run, began := AgentID(path), WorkflowOf(path), readBeginning(ctx, path)
	_, called := l[calledIn(began.PromptID)]
	for _, launched := range l {
		called = called || launched.Unannounced && (run != "" && launched.Workflow == run || run == "" && launched.AgentID == id)
	}
	return Launched{AgentType: meta.AgentType, Prompt: began.Prompt, AgentID: id}, called
}

// calledIn returns the key, among tool uses, of a prompt that calls a skill.
func calledIn(promptID string) string { return "prompt " + promptID }

// Called returns the agent that was last launched under that name; "" if there is none, or if the result of the launch does not name it.
func (l Launches) Called(name string) string {
	last, id := -1, ""
	for _, launched := range l {
		if launched.Name == name && launched.order > last {
			last, id = launched.order, launched.AgentID
		}
	}
	return id
}

// Tools that may launch an agent besides those for that: a script can, and a skill can run in one.
const (
	workflowTool = "Workflow"
	skillTool    = "Skill"
)

// ReadLaunches reads the launches of agents from the transcript of a session or, with nested, of an agent. It fails if the transcript cannot
// be read.
func ReadLaunches(ctx context.Context, path string, nested bool) (Launches, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, fmt.Errorf("open transcript: %w", err)
	}
	defer f.Close()
	launches := Launches{}
	records := newRecordReader(ctx, f, Options{})
	for records.next() {
		if isTrue(records.record.isSidechain) && !nested { // an agent's, in clients that write one file
			continue
		}
		launches.take(&records.record)
	}
	if records.err != nil {
		return nil, fmt.Errorf("read transcript %q: %w", path, records.err)
	}
	return launches, nil
}

func (l Launches) take(r *record) {
	begins := r.beginning()
	calls := strings.HasPrefix(begins, "/") || strings.HasPrefix(begins, "<command-") // as typed, and as a terminal records it
	if id, _ := text(r.promptID); calls && r.kind == userKind && id != "" && len(l) < maxLaunches {
		l[calledIn(id)] = Launched{Unannounced: true, order: len(l)}
	}
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "tool_use":
			id, _ := text(b.id)
			name := string(plain(b.name))
			others := name == workflowTool || name == skillTool
			if r.kind == assistantKind && (name == "Agent" || name == "Task" || others) && id != "" && len(l) < maxLaunches {
				l[id] = Launched{AgentType: inputText(b.input, "subagent_type"), Prompt: inputText(b.input, "prompt"), Name: inputText(b.input, "name"), Unannounced: others, order: len(l)}
			}
		case "tool_result":
			id, _ := text(b.toolUseID)
			launched, known := l[id]
			if run, _ := text(nested(r.toolUseResult, "runId")); known && r.kind == userKind && launched.Workflow == "" {
				launched.Workflow = run
				l[id] = launched
			}
			if agent, _ := text(nested(r.toolUseResult, "agentId")); known && r.kind == userKind && agent != "" && launched.AgentID == "" { // the first result counts
				launched.AgentID = agent
				l[id] = launched
			}
		}
	}
}

// SessionPath returns the transcript of a session, looked up beside another session's: the host keeps all of them below one folder, in a folder for
// each directory that a session was started in. It returns "" if there is none.
func SessionPath(other, id string) string {
	if AgentPath(other, id) == "" { // no id of the host's
		return ""
	}
	root := filepath.Dir(filepath.Dir(other))
	folders := []string{filepath.Base(filepath.Dir(other))}
	entries, _ := os.ReadDir(root) // what cannot be listed has no other transcripts
	for _, entry := range entries {
		folders = append(folders, entry.Name())
	}
	for _, folder := range folders {
		path := filepath.Join(root, folder, id+extension)
		if f, err := openRegular(path); err == nil {
			f.Close()
			return path
		}
	}
	return ""
}

// maxLaunches limits how many launches are remembered, so that no transcript fills the memory.
const maxLaunches = 100_000

// types returns the types of the agents that were launched, by their ids. If several results name one agent, the first launch counts.
func (l Launches) types() map[string]string {
	types := map[string]string{}
	for _, launched := range slices.SortedFunc(maps.Values(l), func(a, b Launched) int { return b.order - a.order }) {
		if launched.AgentID != "" && !launched.Unannounced {
			types[launched.AgentID] = launched.AgentType
		}
	}
	return types
}

// ownWords returns what the launcher said to an agent, without the words of the host around it. A prompt without such words stays as it is. fork means
// that the agent is a fork.
func ownWords(prompt string) (said string, fork bool) {
	return withoutForkFrame(withoutTeamFrame(withoutSkillBase(withoutHarness(prompt))))
}

// skillBase begins the text of a skill, with the folder of the skill's files.
const skillBase = "Base directory for this skill: "

// withoutSkillBase returns the text of a skill without the host's line before it. Another prompt stays as it is.
func withoutSkillBase(prompt string) string {
	if _, text, found := strings.Cut(prompt, "\n\n"); found && strings.HasPrefix(prompt, skillBase) {
		return text
	}
	return prompt
}

// harness begins the prompt of an agent that the script of a workflow launched. After its first line the host indents what the script says (2.1.330).
const harness, indent = "[Workflow harness", "\n  "

// withoutHarness returns what the script of a workflow said to its agent, without the host's words around it. Another prompt stays as it is.
func withoutHarness(prompt string) string {
	if !strings.HasPrefix(prompt, harness) {
		return prompt
	}
	_, said, _ := strings.Cut(prompt, indent)
	return strings.ReplaceAll(said, indent, "\n")
}

// withoutTeamFrame returns what the session said to its teammate, without the host's tags around it (2.1.330). Another prompt stays as it is.
func withoutTeamFrame(prompt string) string {
	if !strings.HasPrefix(prompt, `<teammate-message teammate_id="team-lead"`) {
		return prompt
	}
	_, said, _ := strings.Cut(prompt, ">\n")
	return strings.TrimSuffix(said, "\n</teammate-message>")
}

// The prompt of a fork is a directive behind the host's words to every fork (2.1.330).
const (
	forkFrame     = "<fork-boilerplate>"
	forkDirective = "</fork-boilerplate>\n\nYour directive: "
)

// withoutForkFrame returns the directive of a fork; false for another prompt, which stays as it is.
func withoutForkFrame(prompt string) (directive string, fork bool) {
	if !strings.HasPrefix(prompt, forkFrame) {
		return prompt, false
	}
	if _, directive, fork = strings.Cut(prompt, forkDirective); !fork {
		return prompt, false
	}
	return directive, true
}
