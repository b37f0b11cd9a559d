package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// History has the records of one session.
type History struct {
	agents map[string]*Agent
	order  []string
	// launches are the launch records, oldest first. They are decoded only when needed, since they are long and at most one is used.
	launches []journal.Record
	// reminders counts, by step or alarm, how often it was told apart from an agent's return, minus what was taken back.
	reminders map[string]int
	last      map[string]told // the last of these
	returned  map[string]int  // how often it was taken back
	denied    map[string]bool
	alarms    []Alarm
}

// fold reads a session's records in the order of the journal. Unknown kinds and unreadable data are skipped.
func fold(records []journal.Record) History {
	h := History{agents: map[string]*Agent{}, reminders: map[string]int{}, last: map[string]told{}, returned: map[string]int{}, denied: map[string]bool{}}
	for i, rec := range records {
		switch rec.Kind {
		case KindLaunch:
			h.launches = append(h.launches, rec)
		case KindGit, KindFact: // see Log.GitCommands and Log.Tasks
		case KindReminder:
			if d, ok := Data[Delivery](rec); ok {
				h.reminders[d.StepID]++
				h.last[d.StepID] = told{Delivery: d, at: rec.At}
			}
		case KindAlarm:
			if a, ok := Data[Alarm](rec); ok {
				h.alarms = append(h.alarms, a)
			}
		case KindDenial:
			if d, ok := Data[Denial](rec); ok && !d.Observed {
				h.denied[d.ToolUseID] = true
			}
		case KindReturn:
			if d, ok := Data[Delivery](rec); ok && rec.Agent == "" { // of a reminder
				h.reminders[d.StepID]--
				h.returned[d.StepID]++
				continue
			}
			fallthrough
		default:
			a := h.known(rec.Agent)
			a.typ, a.task = cmp.Or(rec.AgentType, a.typ), cmp.Or(rec.Task, a.task)
			a.add(rec, i+1)
		}
	}
	return h
}

// known returns the agent with that id. It adds the agent if it is new.
func (h *History) known(id string) *Agent {
	a := h.agents[id]
	if a == nil {
		a = &Agent{delivered: map[string]int{}, last: map[string]told{}, returned: map[string]int{}}
		h.agents[id] = a
		h.order = append(h.order, id)
	}
	return a
}

// Agent returns the records of one agent; never nil.
func (h History) Agent(id string) *Agent {
	if a := h.agents[id]; a != nil {
		return a
	}
	return &Agent{}
}

// Knows reports whether the agent has a record.
func (h History) Knows(id string) bool { return h.agents[id] != nil }

// Agents returns the ids of the agents that started or stopped, in the order of their first records.
func (h History) Agents() []string { return h.order }

// Launch returns the record of the launch of the agent with the transcript at path; nil if there is none. A resumed agent keeps its first launch,
// except that a message can give it another task and Baseline. An isolated agent has the Baseline of its start.
func (h History) Launch(path string) *Launch {
	if len(h.launches) == 0 || path == "" {
		return nil
	}
	meta, err := transcript.ReadMeta(path)
	call := meta.ToolUseID
	if meta.Unannounced {
		call = Unannounced(transcript.AgentID(path))
	}
	if err != nil || call == "" {
		return nil
	}
	if l := h.launchAs(meta.Name, meta.AgentType); l != nil {
		return l
	}
	for _, rec := range h.launches {
		if l := readLaunch(rec, call); l != nil {
			if own := h.Agent(transcript.AgentID(path)).isolated; own != nil {
				l.Isolated, l.Baseline = true, own.Baseline
			} else if given, _ := h.reassigned(transcript.AgentID(path)); given != nil {
				l.Baseline, l.task = given.Baseline, given.task
			}
			return l
		}
	}
	return nil
}

// launchAs returns the record of the last launch of a gate or a branch-manager of that type under that name; nil if there is none. The host's notes on
// a teammate name no tool use (2.1.330).
func (h History) launchAs(name, agentType string) *Launch {
	for _, rec := range slices.Backward(h.launches) {
		if name == "" || rec.AgentType != agentType {
			continue
		}
		if l, ok := launchIn(rec); ok && l.Name == name && (l.Role == launch.GateRole || l.Role == launch.MergeRole) {
			return &l
		}
	}
	return nil
}

// reassigned returns the record of the last message that gave a coding agent another task or worktree, with its time; nil if there is none.
func (h History) reassigned(agentID string) (*Launch, time.Time) {
	for _, rec := range slices.Backward(h.launches) {
		if l := readLaunch(rec, ResumedBy(agentID)); l != nil && l.Role == launch.CodingRole {
			return l, rec.At
		}
	}
	return nil, time.Time{}
}

// LaunchOf returns the launch with that tool use; nil if none is recorded.
func (h History) LaunchOf(toolUseID string) *Launch {
	for _, rec := range slices.Backward(h.launches) {
		if l := readLaunch(rec, toolUseID); toolUseID != "" && l != nil {
			return l
		}
	}
	return nil
}

// FirstMarks returns the state of git's own files when the first agent was launched into the worktree called name; nil if it is not recorded.
func (h History) FirstMarks(name string) *worktree.Marks {
	for _, rec := range h.launches {
		if name == "" || !bytes.Contains(rec.Data, []byte(quote.JSON(name))) {
			continue
		}
		if l, ok := Data[Launch](rec); ok && l.Marked != nil && l.Marked.Worktree == name {
			return &l.Marked.Marks
		}
	}
	return nil
}

// MarkedSince returns the state of git's own files, with its time, from when the agent last stopped for good or, if that was later, from the last
// launch for its work. It returns nil if the agent is at work, or if nothing was recorded.
func (h History) MarkedSince(agentID string) (*repochange.Marked, time.Time) {
	return h.MarkedLater(h.Agent(agentID).leftAt())
}

// MarkedLater returns the state of git's own files from the last launch of a gate or branch-manager in the worktree of marked since at, with its time;
// marked and at if there was none, or if marked is nil.
func (h History) MarkedLater(marked *repochange.Marked, at time.Time) (*repochange.Marked, time.Time) {
	if marked == nil {
		return nil, at
	}
	for _, rec := range slices.Backward(h.launches) {
		if rec.At.Before(at) {
			break
		}
		if !bytes.Contains(rec.Data, []byte(quote.JSON(marked.Worktree))) {
			continue
		}
		l, ok := Data[Launch](rec)
		if ok && (l.Role == launch.GateRole || l.Role == launch.MergeRole) && l.Marked != nil && l.Marked.Worktree == marked.Worktree {
			return l.Marked, rec.At
		}
	}
	return marked, at
}

// ResumedBy returns the id that replaces the tool use in the record of a message. Such a message resumed a branch-manager, or gave a coding agent
// that had ended another task or worktree.
func ResumedBy(agentID string) string { return byMessage + agentID }

// Unannounced returns the id that replaces the tool use in the record of the launch of an agent that no tool use launched (transcript.Meta.Unannounced).
func Unannounced(agentID string) string { return unannounced + agentID }

const (
	byMessage   = "message to "
	unannounced = "first use of "
)

// LastLaunch returns the record of the agent's launch or, if later, of the message that last resumed it; nil if there is none. Only branch-managers
// have such records of messages. If the client's notes do not name the launch, it is the last one of that type.
func (h History) LastLaunch(path, agentType string) *Launch {
	for _, rec := range slices.Backward(h.launches) {
		if l := readLaunch(rec, ResumedBy(transcript.AgentID(path))); l != nil {
			return l
		}
	}
	if l := h.Launch(path); l != nil {
		return l
	}
	for _, rec := range slices.Backward(h.launches) {
		if l, ok := launchIn(rec); ok && rec.AgentType == agentType {
			return &l
		}
	}
	return nil
}

// Beginning is what is known about an agent that begins a run.
type Beginning struct {
	// Coding means that it is a coding agent.
	Coding bool
	// Task and Worktree are from its launch; "" if unknown.
	Task, Worktree string
	// Isolated means that its launch asked for a worktree of its own.
	Isolated bool
	// Certain means that Task was not guessed from the order of launches.
	Certain bool
}

// Starting returns what is known about an agent that begins a run. It uses the first source that exists: the earlier stops of a resumed agent; the
// launch that the host's notes name (they are beside its transcript, at path); and, if the notes are not written yet, what all launches of its type
// that can be its own have in common. Without a recorded launch, the agent's type decides.
func (h History) Starting(agent gates.Agent, path string, c config.Config) Beginning {
	if a := h.Agent(agent.ID); a.lastStop() != nil {
		last := a.lastStop()
		if given, at := h.reassigned(agent.ID); given != nil && at.After(last.at) {
			return Beginning{Coding: true, Task: given.task, Worktree: given.Worktree, Certain: true}
		}
		return Beginning{Coding: last.Verdict.OfCoder(), Task: a.task, Worktree: last.Worktree, Certain: true}
	}
	if l := h.Launch(path); l != nil {
		return Beginning{Coding: l.Role != launch.GateRole && l.Role != launch.MergeRole && l.Role != launch.OpsRole && l.Role != launch.OtherRole, Task: l.task, Worktree: l.Worktree, Isolated: l.Isolated, Certain: true}
	}
	role, _ := launch.RoleOf(c, agent.Type, "")
	byName := Beginning{Coding: role == launch.CodingRole}
	if meta, err := transcript.ReadMeta(path); err == nil && meta.ToolUseID != "" {
		return byName // its own launch is not recorded; the recorded ones led to other agents
	}
	all, left := h.possibleLaunches(agent.Type)
	b := common(left, byName)
	b.Certain = b.Task != "" && common(all, Beginning{}).Task == b.Task
	return b
}

// possibleLaunches returns all launches of a type, and those that remain if each started agent of the type takes one. The host starts agents nearly
// in the order of their launches.
func (h History) possibleLaunches(agentType string) (all, left []Launch) {
	for _, rec := range h.launches {
		if l, ok := launchIn(rec); ok && rec.AgentType == agentType && !strings.HasPrefix(l.ToolUseID, byMessage) {
			all = append(all, l)
		}
	}
	started := 0
	for _, a := range h.agents {
		if a.typ == agentType && (a.runs > 0 || len(a.stops) > 0) {
			started++
		}
	}
	return all, all[min(started, len(all)):]
}

// common returns what the launches have in common. Coding is true if one of them is of a coding agent. Without launches it returns byName.
func common(launches []Launch, byName Beginning) Beginning {
	if len(launches) == 0 {
		return byName
	}
	b := Beginning{Task: launches[0].task, Worktree: launches[0].Worktree}
	for _, l := range launches {
		b.Isolated = b.Isolated || l.Isolated
		b.Coding = b.Coding || l.Role == launch.CodingRole
		if l.task != b.Task {
			b.Task = ""
		}
		if l.Worktree != b.Worktree {
			b.Worktree = ""
		}
	}
	return b
}

// Inquiry returns what the records of the session contribute to the inspection of the agent's stop; the other fields are zero. launched is the agent's
// launch; nil if none is recorded.
func (h History) Inquiry(agentID string, launched *Launch) inspect.Inquiry {
	a := h.Agent(agentID)
	return inspect.Inquiry{
		Launch: launched.Seen(), Run: a.resumed.Seen(), Marked: a.markedBefore(launched), Denied: h.denied,
		Reported: a.reported(), Earlier: a.Reports(), Coders: h.otherCoders(agentID),
	}
}

// otherCoders returns the other coding agents of the session, as the inspection needs them.
func (h History) otherCoders(id string) []inspect.OtherCoder {
	own := h.Agent(id)
	var list []inspect.OtherCoder
	for _, other := range h.order {
		a := h.agents[other]
		if other == id || a.began == 0 {
			continue
		}
		end := max(a.ended, a.gone)
		coder := inspect.OtherCoder{
			AgentID: other, AgentType: a.typ, Running: a.AtWork(), Gone: a.InRun() && !a.AtWork(),
			SinceLaunch: own.first > 0 && end > own.first, SinceRun: end > 0 && end > own.began,
		}
		for _, stop := range a.stops {
			if stop.order > own.first && stop.Verdict != rule.Rejected {
				coder.Stops = append(coder.Stops, inspect.PastStop{Worktree: stop.Worktree, Touched: stop.Touched})
			}
		}
		list = append(list, coder)
	}
	return list
}

// Reminded counts how often the orchestrator was told, at the end of a turn, of a step that a task owes. stepID is the step's id. by is the agent
// whose stop led to it, if that was the last event of the task.
func (h History) Reminded(stepID, by string, owed gates.Step) int {
	n := h.reminders[stepID]
	if h.Agent(by).toldAtStop(owed) {
		n++
	}
	return n
}

// TakenBack reports whether a step that a task owes was recorded as told at the end of a turn, and taken back because the transcript does not show it.
func (h History) TakenBack(stepID string) bool {
	return h.reminders[stepID] <= 0 && h.returned[stepID] > 0
}

// outdated reports whether a later stop of another agent led to another step of the same task. Agents that run side by side can return in another
// order than they stopped in. The step delivered last must be the one decided last. The verdict on a coding agent's own work is outdated only if the
// work is verified and a gate has stopped since: the script of a workflow launches gates before any step is delivered.
func (h History) outdated(agentID string, next *step.Step) bool {
	verified := next.Verdict == rule.Verified && next.Action == gates.Deploy
	if !next.IsOfTask() && !verified {
		return false
	}
	order := h.Agent(agentID).lastStop().order
	for id, other := range h.agents {
		if id != agentID && slices.ContainsFunc(other.stops, func(stop Stop) bool {
			return stop.order > order && !(verified && stop.Verdict.OfCoder()) && stop.Step != nil && launch.TaskKey(stop.Step.TaskID) == launch.TaskKey(next.TaskID)
		}) {
			return true
		}
	}
	return false
}

// Alarms returns the alarms of the session that were not told yet.
func (h History) Alarms() []Alarm {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(h.alarms), func(a Alarm) bool {
		again := seen[a.ID]
		seen[a.ID] = true
		return again || h.reminders[a.ID] > 0
	})
}

// HasAlarm reports whether the alarm is recorded.
func (h History) HasAlarm(id string) bool {
	return slices.ContainsFunc(h.alarms, func(a Alarm) bool { return a.ID == id })
}

// SettingsBefore returns the fingerprint of a settings file from the newest launch of the session that recorded it; false if none did.
func (h History) SettingsBefore(path string) (print string, ok bool) {
	for _, rec := range slices.Backward(h.launches) {
		var l struct {
			Settings map[string]string `json:"settings"`
		}
		if json.Unmarshal(rec.Data, &l) == nil && l.Settings != nil {
			print, ok = l.Settings[path]
			return print, ok
		}
	}
	return "", false
}
