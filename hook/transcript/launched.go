package transcript

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Launched is a launch of an agent, as the transcript of who launched it shows it.
type Launched struct {
	AgentType string
	Prompt    string
	// Name is what the launcher called the agent, so that messages can address it by that; "" for none.
	Name string
	// AgentID is the agent that the result names; "" if there is no result, or it names none.
	AgentID string

	order int
}

// Launches are launches of agents, by their tool uses.
type Launches map[string]Launched

// Of is the launch of the agent: the one whose result names it, else the tool use call, if its result names no agent.
func (l Launches) Of(agentID, call string) (Launched, bool) {
	for _, launched := range l {
		if agentID != "" && launched.AgentID == agentID {
			return launched, true
		}
	}
	launched, ok := l[call]
	return launched, ok && call != "" && launched.AgentID == ""
}

// Called is the agent that was last launched under that name; "" if there is none, or its result does not name it.
func (l Launches) Called(name string) string {
	last, id := -1, ""
	for _, launched := range l {
		if launched.Name == name && launched.order > last {
			last, id = launched.order, launched.AgentID
		}
	}
	return id
}

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
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "tool_use":
			id, _ := text(b.id)
			if name := string(plain(b.name)); r.kind == assistantKind && (name == "Agent" || name == "Task") && id != "" && len(l) < maxLaunches {
				l[id] = Launched{AgentType: inputText(b.input, "subagent_type"), Prompt: inputText(b.input, "prompt"), Name: inputText(b.input, "name"), order: len(l)}
			}
		case "tool_result":
			id, _ := text(b.toolUseID)
			launched, known := l[id]
			if agent, _ := text(nested(r.toolUseResult, "agentId")); known && r.kind == userKind && agent != "" {
				launched.AgentID = agent
				l[id] = launched
			}
		}
	}
}

// SessionPath is the transcript of a session of that id, beside another session's: the host keeps all of them below one folder, in a folder for
// each directory that a session was started in. It is "" if there is none.
func SessionPath(other, id string) string {
	if AgentPath(other, id) == "" { // no id of the host's
		return ""
	}
	beside := filepath.Join(filepath.Dir(other), id+extension)
	if f, err := openRegular(beside); err == nil {
		f.Close()
		return beside
	}
	root := filepath.Dir(filepath.Dir(other))
	folders, err := os.ReadDir(root)
	if err != nil {
		return ""
	}
	for _, folder := range folders {
		path := filepath.Join(root, folder.Name(), id+extension)
		if f, err := openRegular(path); err == nil {
			f.Close()
			return path
		}
	}
	return ""
}

// launches pairs each use of the Agent tool with its result, which names the agent that was launched.
type launches struct {
	asked map[string]string // tool use id -> subagent_type; entries go once the result is seen
	types map[string]string // agent id -> subagent_type
}

// maxLaunches bounds how many launches are remembered, so that no stream fills the memory.
const maxLaunches = 100_000

func (l *launches) take(r *record) {
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "tool_use":
			id, _ := text(b.id)
			if string(plain(b.name)) == "Agent" && id != "" && len(l.asked) < maxLaunches {
				l.asked[id] = inputText(b.input, "subagent_type")
			}
		case "tool_result":
			id, _ := text(b.toolUseID)
			agentType, known := l.asked[id]
			delete(l.asked, id)
			agent, _ := text(nested(r.toolUseResult, "agentId"))
			if _, again := l.types[agent]; known && agent != "" && !again && len(l.types) < maxLaunches {
				l.types[agent] = agentType
			}
		}
	}
}
